"""What the library of Temporal says becomes a line, and is said once."""

import logging

import pytest

pytest.importorskip("temporalio")

from treadle.executor.temporal.worker_log import Lines


def test_a_page_becomes_a_line_and_is_told_once() -> None:
    told: list[str] = []
    logger = logging.Logger("temporalio")
    logger.addHandler(Lines(told.append))
    for run in ("r1", "r2"):
        try:
            raise ValueError("the store is gone\nand more of it")
        except ValueError:
            logger.exception(f"Failed handling activation on workflow with run ID {run}")
    logger.warning("Failing legacy query request {'run_id': 'r1'}")
    logger.warning("Network error {'error': 'Status'}\nand more of it")
    logger.info("Beginning worker shutdown")
    assert [
        "Failed handling activation on workflow: the store is gone",
        "Network error",
    ] == told

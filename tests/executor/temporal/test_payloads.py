"""Large payloads in an object storage that refuses, and that loses what it was given."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("temporalio")
pytest.importorskip("s3fs")

from tests.bucket import Bucket, a_bucket
from tests.executor.temporal.conftest import HEADER, Crew, wait_until
from tests.temporal_server import needs_temporal

pytestmark = needs_temporal
FLOW = f"""{HEADER}
steps:
  - {{id: ask, type: gate, message: "go on?"}}
  - {{id: big, type: shell, run: "echo big >> bigs; head -c 300000 /dev/zero | tr '\\\\0' x"}}
  - {{id: size, type: shell, run: "printf %s \\"$BIG\\" | wc -c",
     env: {{BIG: "{{{{ steps.big.output.stdout[:100000] }}}}"}}}}
"""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with a_bucket("shared") as made:
        yield made


class Shop:
    """A crew whose payloads are in a bucket."""

    def __init__(self, crew: Crew, bucket: Bucket) -> None:
        self.crew, self.bucket = crew, bucket
        self.run = crew.queue  # an id of its own: the server is there for all
        self.variables = {**bucket.variables, "TREADLE_PAYLOADS": "s3://shared/treadle"}
        (crew.project / "flow.yml").write_text(FLOW)
        crew.hire(**self.variables)

    def call(self, *words: str) -> tuple[int, str, str]:
        variables = {
            "TEMPORAL_ADDRESS": self.crew.server.address,
            "TREADLE_TASK_QUEUE": self.crew.queue,
        }
        return self.crew.call(*words, "--on", "temporal", **self.variables, **variables)

    def status(self) -> Any:
        code, out, err = self.call("status", self.run, "--json")
        assert code == 0, err
        return json.loads(out)

    def log(self) -> str:
        return (self.crew.project / "worker0.log").read_text()


@pytest.fixture
def shop(crew: Crew, bucket: Bucket) -> Shop:
    return Shop(crew, bucket)


def test_a_step_whose_result_cannot_be_kept_waits_and_is_not_done_again(shop: Shop) -> None:
    assert 0 == shop.call("run", "flow.yml", "--lenient", "--run-id", shop.run)[0]
    shop.bucket.is_locked = True
    assert 0 == shop.call("resume", shop.run, "--choice", "approve", "--detach")[0]
    told = "/big is done, and waits: cannot keep payloads in 's3://shared/treadle': Forbidden"
    wait_until(lambda: told in shop.log())
    shop.bucket.is_locked = False
    wait_until(lambda: shop.status()["status"] == "completed")
    assert (["big"], "100000") == (
        shop.crew.lines("bigs"),
        shop.status()["results"]["size"]["output"]["stdout"].strip(),
    )


def test_a_payload_that_is_lost_is_told_by_commands_and_workers(shop: Shop) -> None:
    assert 0 == shop.call("run", "flow.yml", "--lenient", "--run-id", shop.run)[0]
    assert 0 == shop.call("resume", shop.run, "--choice", "approve")[0]
    kept = dict(shop.bucket.objects)
    for change, wanted in (
        ({}, "it is not there"),
        ({path: body[:-1] + b"!" for path, body in kept.items()}, "it is damaged"),
    ):
        shop.bucket.objects = change
        code, out, err = shop.call("status", shop.run)
        assert (2, "", True) == (code, out, f"'s3://shared/treadle': {wanted}" in err), err
        assert f"error TR875: run '{shop.run}' cannot be read from Temporal: the payload" in err
        assert ("Traceback" in shop.log(), wanted in shop.log()) == (False, True)
    shop.bucket.objects = kept
    assert "completed" == shop.status()["status"]


def test_a_plan_that_cannot_be_kept_begins_no_run(shop: Shop) -> None:
    large = f"{FLOW}  - {{id: large, type: shell, run: 'echo {'y' * 70_000}'}}\n"
    (shop.crew.project / "large.yml").write_text(large)
    shop.bucket.is_locked = True
    code, _, err = shop.call("run", "large.yml", "--lenient", "--run-id", shop.run)
    wanted = "error TR873: cannot keep payloads in 's3://shared/treadle': Forbidden"
    assert (2, True) == (code, wanted in err)
    assert (2, True) == (
        shop.call("status", shop.run)[0],
        "TR904" in shop.call("status", shop.run)[2],
    )

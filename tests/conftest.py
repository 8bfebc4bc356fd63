"""What the suites share: where snapshots stand, and how long a slow proof may take."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

ROOT = Path(__file__).parent.parent
IS_PROOF = "TREADLE_PROOF_SECONDS" in os.environ

# CI, and whoever asks for proofs, looks at twice as many examples as a developer waits for.
settings.register_profile("proof", max_examples=100)
settings.register_profile("quick", max_examples=50)
settings.load_profile("proof" if IS_PROOF else "quick")


class TextSnapshot(SingleFileSnapshotExtension):
    """One readable text file a snapshot, under snapshots/<module>/<case>.txt."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        module = Path(test_location.filepath).stem.removeprefix("test_")
        return str(ROOT / "snapshots" / module)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        name = super().get_snapshot_name(test_location=test_location, index=index)
        _, bracket, case = name.partition("[")
        return case.rstrip("]") if bracket else name


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare with a text file under snapshots/."""
    return snapshot.use_extension(TextSnapshot)


@pytest.fixture
def proof_seconds() -> float:
    """How long a slow proof may take: TREADLE_PROOF_SECONDS, one second where it is not set."""
    return float(os.environ.get("TREADLE_PROOF_SECONDS", "1"))

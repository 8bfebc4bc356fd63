"""The diagnostics about installed workflows, packages and catalogs: TR950 to TR984."""

from treadle.plan.entry import Entry, error, warning

LIBRARY_ENTRIES: tuple[Entry, ...] = (
    error("TR950", "not-a-package", "cannot install '{source}': {reason}"),
    error("TR951", "refused-address", "nothing is fetched from '{url}': {reason}"),
    error("TR952", "cannot-fetch", "cannot fetch '{url}': {reason}"),
    error("TR953", "refused-archive", "the archive '{archive}' is refused: {reason}"),
    error("TR954", "refused-package", "the package '{source}' is refused: {reason}"),
    error(
        "TR955",
        "broken-package",
        "nothing was installed: the workflow of '{source}' has errors",
    ),
    error("TR956", "refused-id", "'{id}' cannot be the id of an installed workflow: {reason}"),
    error(
        "TR957",
        "not-installed",
        "no workflow '{id}' is installed",
        "'treadle list' shows what is installed, 'treadle search' what could be",
    ),
    error(
        "TR958",
        "disabled-workflow",
        "workflow '{id}' is disabled",
        "'treadle enable {id}' allows it again",
    ),
    error(
        "TR959",
        "damaged-registry",
        "the registry of installed {noun}s cannot be used: {reason}",
        "bring '{path}' back from version control",
    ),
    error(
        "TR960",
        "link-in-project",
        "'{path}' is a symbolic link, and nothing is read or written through it",
        "put the file or folder itself there",
    ),
    error("TR961", "refused-catalog", "the catalog '{catalog}' is refused: {reason}"),
    error("TR962", "wrong-catalog-list", "the catalogs of '{path}' cannot be used: {reason}"),
    error(
        "TR963",
        "not-in-catalogs",
        "no catalog has a {noun} '{id}'",
        "'{command} search' lists what there is, '{command} catalog list' where it is looked for",
    ),
    error(
        "TR964",
        "discovery-only",
        "'{id}' stands in the catalog '{catalog}', from which nothing is installed",
        "look at the {noun}, then install it from its address: {command} add {id} --from URL",
    ),
    error(
        "TR965",
        "not-agreed",
        "nothing was installed: nobody has agreed to {what}",
        "'--yes' agrees beforehand",
    ),
    error(
        "TR966",
        "not-as-locked",
        "'{id}' is not what the lock file says: {reason}",
        "'treadle verify --accept' locks what is there; adding it again brings the old back",
    ),
    error("TR967", "damaged-lock", "the lock file '{path}': {reason}"),
    error("TR968", "unknown-version", "no catalog has version '{version}' of '{id}'"),
    error("TR969", "left-as-it-was", "{what} was left as it was: {reason}"),
    error("TR970", "no-such-catalog", "no catalog was removed with the number {number}: {reason}"),
    error(
        "TR971",
        "unusable-credentials",
        "the credentials in '{path}' cannot be used: {reason}",
        "'treadle explain TR971' shows the form of the file",
    ),
    error(
        "TR972",
        "step-type-is-there",
        "nothing was added: the project has a step type '{type}' already",
        "'--force' replaces it",
    ),
    warning(
        "TR980",
        "breaks-callers",
        "{doing} breaks {callers}",
        "'treadle validate {ids}' tells what is wrong afterwards",
    ),
)

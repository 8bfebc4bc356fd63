"""The diagnostics about what a plan needs and does not find: TR726 to TR734."""

from treadle.plan.entry import Entry, strict, warning

REQUIREMENT_ENTRIES: tuple[Entry, ...] = (
    strict(
        "TR726",
        "agent-not-installed",
        "{steps}: the program '{program}' of integration '{integration}' is not on the PATH",
    ),
    strict("TR727", "agent-cannot-be-called", "{steps}: {reason}"),
    strict(
        "TR728",
        "agent-lacks-command",
        "{steps}: integration '{integration}' finds no command '{command}': there is no {place}",
    ),
    strict(
        "TR729", "needs-program", "{steps}: the program '{program}' is not on the PATH", "{install}"
    ),
    strict("TR730", "needs-path", "{steps}: the {kind} '{path}' does not exist"),
    strict(
        "TR731",
        "needs-spec-kit-version",
        "the workflow needs Spec Kit {range}, and {found}",
    ),
    warning(
        "TR732",
        "other-integration",
        "{steps}: the workflow names '{integration}' nowhere under 'requires'",
        "it was written for {integrations}",
    ),
    warning(
        "TR733",
        "unreadable-requirement",
        "'requires.speckit_version' is no range of versions: '{range}'",
        "write it like '>=0.8.5' or '>=0.8.5, <2'",
    ),
    strict(
        "TR734",
        "auto-without-default",
        "{steps}: 'auto' stands for the project's own integration, and the project names none",
    ),
)

"""The diagnostics about a source text and its shape: TR1xx and TR2xx."""

from treadle.plan.entry import Entry, error, lenient, strict, warning

SOURCE_ENTRIES: tuple[Entry, ...] = (
    # 1xx: the YAML source
    error("TR101", "unreadable-file", "cannot read '{path}': {reason}"),
    error(
        "TR102",
        "not-utf8",
        "the file is not UTF-8: byte {byte} at offset {offset}",
        "save the file as UTF-8",
    ),
    error("TR103", "yaml-syntax", "not YAML: {reason}"),
    error(
        "TR104",
        "too-large",
        "the file has {size} bytes, more than the {limit} that are allowed",
        "split the workflow",
    ),
    error("TR105", "too-deep", "nested deeper than {limit} levels"),
    error(
        "TR106",
        "too-many-aliases",
        "aliases make this document larger than {limit} nodes",
        "write the repeated part once",
    ),
    error("TR107", "duplicate-key", "key '{key}' is given twice", "remove one of the two"),
    error("TR108", "several-documents", "a workflow file holds one document, this is a second one"),
    error("TR109", "empty-document", "the file is empty", "start with 'treadle new'"),
    error("TR110", "not-a-mapping", "a workflow is a mapping at its top level, this is {kind}"),
    error("TR111", "number-too-long", "this integer has more than {limit} digits"),
    error("TR112", "key-not-text", "a key must be plain text, this is {kind}"),
    error("TR113", "unknown-tag", "the tag '{tag}' has no meaning here", "remove the tag"),
    warning(
        "TR114",
        "yaml-1.1-value",
        "'{text}' is {here} here and {there} under Spec Kit (YAML 1.1)",
        "put it in quotes to mean text, or write {instead}",
    ),
    error("TR115", "not-finite", "'{text}' is not a finite number"),
    error(
        "TR116",
        "unknown-alias",
        "no anchor before this is called '{name}'",
        "put text that begins with '*' in quotes",
    ),
    error("TR117", "recursive-alias", "the alias '{name}' stands inside what it repeats"),
    error("TR118", "bad-merge", "'<<' merges a mapping or a list of mappings, not {kind}"),
    error("TR119", "tag-mismatch", "the tag '{tag}' does not fit {found}"),
    warning(
        "TR121",
        "unused-ignore",
        "nothing is found here that '{ignored}' could hide",
        "remove the code, or the comment",
    ),
    warning(
        "TR122",
        "malformed-ignore",
        "this comment ignores nothing: {reason}",
        "write '# treadle: ignore[TR501] reason'",
    ),
    warning(
        "TR123",
        "firm-error",
        "'{ignored}' is an error in both modes, which cannot be ignored",
        "mend it, and remove the code",
    ),
    # 2xx: the shape
    error("TR201", "missing-key", "{where} needs the key '{key}'"),
    strict("TR202", "unknown-key", "unknown key '{key}' in {where}"),
    error("TR203", "wrong-type", "'{key}' must be {expected}, not {found}"),
    error("TR204", "bad-value", "'{key}' must be {expected}, not {found}"),
    error("TR205", "empty-value", "'{key}' must not be empty"),
    error("TR206", "unknown-step-type", "unknown step type '{type}'"),
    error(
        "TR207",
        "bad-workflow-id",
        "'{id}' is not a workflow id",
        "lower-case letters, digits and inner hyphens",
    ),
    error("TR208", "bad-version", "'{version}' is not a version", 'three numbers: "1.0.0"'),
    error("TR209", "schema-version", "schema_version {found} is not known", 'write "1.0"'),
    error("TR210", "unknown-requirement", "unknown key '{key}' in 'requires'"),
    error(
        "TR211",
        "requires-permissions",
        "'requires.permissions' grants and denies nothing",
        "remove it and put a gate before the step",
    ),
    error(
        "TR212",
        "gate-without-reject",
        "'on_reject: {on_reject}' needs an option 'reject' or 'abort'",
        "add one of them to 'options', or write 'on_reject: skip'",
    ),
    error(
        "TR213",
        "bad-condition",
        "a condition is true, false or one whole {{{{ }}}} block, not {found}",
    ),
    strict(
        "TR214",
        "bad-step-id",
        "'{id}' is not a portable step id",
        "letters, digits, '_' and '-'",
    ),
    error("TR215", "reserved-step-id", "a step id must not hold ':'", "'{instead}'"),
    strict("TR216", "malformed-addition", "'{key}' must be {expected}, not {found}"),
    lenient(
        "TR217", "treadle-only", "'{key}' is known to treadle only", "Spec Kit ignores this key"
    ),
    error("TR218", "slot-in-fan-out", "a slot cannot stand inside a fan-out"),
    strict("TR219", "equal-cases", "the case '{key}' is given twice, the first one wins"),
    error("TR220", "capture-bytes-without-capture", "'capture_max_bytes' needs 'capture: true'"),
    error("TR221", "bad-output-name", "'{name}' cannot be the name of an output"),
    error("TR222", "refused-key", "{where} cannot have the key '{key}'"),
    strict("TR223", "odd-value", "'{key}' must be {expected}, not {found}"),
)

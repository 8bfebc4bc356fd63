"""The catalogue of diagnostics: every code that treadle can report, once.

Codes are never reused. 1xx YAML source, 2xx shape, 3xx names and scope, 4xx types and
expressions, 5xx control and data flow, 6xx plan and limits, 7xx inputs and answers refused, 8xx
steps at run time, 9xx journal, replay and versions.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; OFF findings are never shown."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One diagnostic: its code, name, weight in both modes, message template and hint."""

    code: str
    name: str
    message: str
    hint: str | None
    strict: Severity
    lenient: Severity

    def severity(self, *, lenient: bool) -> Severity:
        """Return the weight of this finding in the given mode."""
        return self.lenient if lenient else self.strict


def _error(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """An error in both modes: Spec Kit refuses it as well, or nobody could mean it."""
    return Entry(
        code=code,
        name=name,
        message=message,
        hint=hint,
        strict=Severity.ERROR,
        lenient=Severity.ERROR,
    )


def _strict(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """An error in strict mode, a warning in lenient mode: Spec Kit lets it pass."""
    return Entry(
        code=code,
        name=name,
        message=message,
        hint=hint,
        strict=Severity.ERROR,
        lenient=Severity.WARNING,
    )


def _warning(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """A warning in both modes."""
    return Entry(
        code=code,
        name=name,
        message=message,
        hint=hint,
        strict=Severity.WARNING,
        lenient=Severity.WARNING,
    )


def _lenient(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """A warning in lenient mode only: about files that should also run under Spec Kit."""
    return Entry(
        code=code,
        name=name,
        message=message,
        hint=hint,
        strict=Severity.OFF,
        lenient=Severity.WARNING,
    )


ENTRIES: tuple[Entry, ...] = (
    # 1xx: the YAML source
    _error("TR101", "unreadable-file", "cannot read '{path}': {reason}"),
    _error(
        "TR102",
        "not-utf8",
        "the file is not UTF-8: byte {byte} at offset {offset}",
        "save the file as UTF-8",
    ),
    _error("TR103", "yaml-syntax", "not YAML: {reason}"),
    _error(
        "TR104",
        "too-large",
        "the file has {size} bytes, more than the {limit} that are allowed",
        "split the workflow",
    ),
    _error("TR105", "too-deep", "nested deeper than {limit} levels"),
    _error(
        "TR106",
        "too-many-aliases",
        "aliases make this document larger than {limit} nodes",
        "write the repeated part once",
    ),
    _error("TR107", "duplicate-key", "key '{key}' is given twice", "remove one of the two"),
    _error(
        "TR108", "several-documents", "a workflow file holds one document, this is a second one"
    ),
    _error("TR109", "empty-document", "the file is empty", "start with 'treadle new'"),
    _error("TR110", "not-a-mapping", "a workflow is a mapping at its top level, this is {kind}"),
    _error("TR111", "number-too-long", "this integer has more than {limit} digits"),
    _error("TR112", "key-not-text", "a key must be plain text, this is {kind}"),
    _error("TR113", "unknown-tag", "the tag '{tag}' has no meaning here", "remove the tag"),
    _warning(
        "TR114",
        "yaml-1.1-value",
        "'{text}' is {here} here and {there} under Spec Kit (YAML 1.1)",
        "put it in quotes to mean text, or write {instead}",
    ),
    _error("TR115", "not-finite", "'{text}' is not a finite number"),
    _error(
        "TR116",
        "unknown-alias",
        "no anchor before this is called '{name}'",
        "put text that begins with '*' in quotes",
    ),
    _error("TR117", "recursive-alias", "the alias '{name}' stands inside what it repeats"),
    _error("TR118", "bad-merge", "'<<' merges a mapping or a list of mappings, not {kind}"),
    _error("TR119", "tag-mismatch", "the tag '{tag}' does not fit {found}"),
    # 2xx: the shape
    _error("TR201", "missing-key", "{where} needs the key '{key}'"),
    _strict("TR202", "unknown-key", "unknown key '{key}' in {where}"),
    _error("TR203", "wrong-type", "'{key}' must be {expected}, not {found}"),
    _error("TR204", "bad-value", "'{key}' must be {expected}, not {found}"),
    _error("TR205", "empty-value", "'{key}' must not be empty"),
    _error("TR206", "unknown-step-type", "unknown step type '{type}'"),
    _error(
        "TR207",
        "bad-workflow-id",
        "'{id}' is not a workflow id",
        "lower-case letters, digits and inner hyphens",
    ),
    _error("TR208", "bad-version", "'{version}' is not a version", 'three numbers: "1.0.0"'),
    _error("TR209", "schema-version", "schema_version {found} is not known", 'write "1.0"'),
    _error("TR210", "unknown-requirement", "unknown key '{key}' in 'requires'"),
    _error(
        "TR211",
        "requires-permissions",
        "'requires.permissions' grants and denies nothing",
        "remove it and put a gate before the step",
    ),
    _error(
        "TR212",
        "gate-without-reject",
        "'on_reject: {on_reject}' needs an option 'reject' or 'abort'",
        "add one of them to 'options', or write 'on_reject: skip'",
    ),
    _error(
        "TR213",
        "bad-condition",
        "a condition is true, false or one whole {{{{ }}}} block, not {found}",
    ),
    _strict(
        "TR214",
        "bad-step-id",
        "'{id}' is not a portable step id",
        "letters, digits, '_' and '-'",
    ),
    _error("TR215", "reserved-step-id", "a step id must not hold ':'", "'{instead}'"),
    _strict("TR216", "malformed-addition", "'{key}' must be {expected}, not {found}"),
    _lenient(
        "TR217", "treadle-only", "'{key}' is known to treadle only", "Spec Kit ignores this key"
    ),
    _error("TR218", "slot-in-fan-out", "a slot cannot stand inside a fan-out"),
    _strict("TR219", "equal-cases", "the case '{key}' is given twice, the first one wins"),
    _error("TR220", "capture-bytes-without-capture", "'capture_max_bytes' needs 'capture: true'"),
    _error("TR221", "bad-output-name", "'{name}' cannot be the name of an output"),
    _error("TR222", "refused-key", "{where} cannot have the key '{key}'"),
    _strict("TR223", "odd-value", "'{key}' must be {expected}, not {found}"),
    # 3xx: names and scope
    _error("TR301", "duplicate-step-id", "the step id '{id}' is used twice"),
    _strict("TR302", "unknown-input", "no input is called '{name}'"),
    _strict("TR303", "unknown-step", "no step is called '{name}'"),
    _strict("TR304", "later-step", "step '{name}' has not run yet at this place"),
    _strict("TR305", "unknown-output", "the output of step '{step}' has no '{field}'"),
    _strict("TR306", "unknown-filter", "no filter is called '{name}'"),
    _strict("TR307", "unknown-name", "nothing is called '{name}'"),
    _strict("TR308", "unknown-record-field", "a step has no '{field}'"),
    _strict("TR309", "unknown-context-field", "'context' has no '{field}'"),
    _error("TR310", "undeclared-verdict-input", "no input is called '{name}'"),
    _error("TR311", "verdict-in-fan-out", "'verdict_input' cannot be used inside a fan-out"),
    _error("TR312", "unknown-awaited-step", "no step before this one is called '{name}'"),
    _error("TR313", "awaits-itself", "a fan-in cannot wait for itself"),
    _strict("TR314", "item-outside-fan-out", "'item' has a value only inside a fan-out"),
    _strict("TR315", "fan-in-outside", "'fan_in' has a value only in the output of a fan-in"),
    _error(
        "TR316",
        "verdict-cannot-be-reset",
        "'on_reject: retry' resets '{name}' to \"\", which its enum does not allow",
        'add "" to the enum',
    ),
    _strict(
        "TR317",
        "private-step",
        "step '{name}' is private to the items of '{fan_out}'",
        "read steps.{fan_out}.output.results",
    ),
    _strict("TR318", "unknown-test", "no test is called '{name}'"),
    _strict("TR319", "unknown-integration", "no integration is called '{name}'"),
    _error(
        "TR320",
        "secret-outside-env",
        "the secret '{name}' may be used in 'env' only",
        "give it to the step as an environment variable",
    ),
    _strict("TR321", "unused-options", "integration '{name}' has no use for '{key}'"),
    _strict(
        "TR322",
        "always-empty",
        "'{field}' of step '{step}' is always empty: its output is not captured",
        "write 'capture: true' at step '{step}'",
    ),
    # 4xx: expressions and types
    _strict("TR401", "expression-syntax", "{reason}"),
    _strict("TR402", "unclosed-block", "'{{{{' is never closed, so this stays plain text"),
    _strict("TR403", "expression-too-deep", "nested deeper than {limit} levels"),
    _strict("TR404", "expression-too-long", "more than {limit} words and signs in one expression"),
    _strict("TR405", "filter-arguments", "{reason}"),
    _strict("TR406", "not-an-expression", "{what} cannot be used in an expression"),
    _warning("TR407", "differs-from-spec-kit", "{here} here; {there} under Spec Kit"),
    _strict("TR408", "unknown-argument", "{reason}"),
    _error("TR410", "bad-default", "the default of '{name}' {reason}"),
    _strict("TR411", "bad-declaration", "'{name}' is not a valid declaration: {reason}"),
    _strict("TR412", "slow-pattern", "this pattern repeats a repetition and can take for ever"),
    _strict("TR413", "remote-reference", "'$ref' must point into this declaration ('#/…')"),
    _strict("TR414", "type-mismatch", "{reason}"),
    _strict(
        "TR415",
        "odd-input-name",
        "'{name}' is not a portable input name",
        "letters, digits, '_' and '-', with a letter or '_' first",
    ),
    _strict("TR416", "bad-pattern", "this pattern cannot be used: {reason}"),
    # 5xx: control and data flow
    _warning("TR501", "unused-input", "nothing reads the input '{name}'", "use it, or remove it"),
    # 6xx: plans and limits
    _error("TR601", "not-a-plan", "not a plan: {reason}"),
    _error("TR602", "plan-digest", "the plan was changed after it was compiled"),
    _error("TR603", "plan-format", "plan format {found} is not known to this version"),
    _error(
        "TR604",
        "workflow-call",
        "calls of other workflows cannot be run by this version",
        "run the called workflow by itself",
    ),
    # 7xx: inputs and answers refused
    _error("TR701", "missing-input", "input '{name}' is required"),
    _error("TR702", "wrong-input-type", "input '{name}' must be {expected}, not {found}"),
    _error("TR703", "input-not-allowed", "input '{name}' must be one of {expected}, not {found}"),
    _error("TR704", "input-constraint", "input '{name}' {reason}"),
    _strict("TR705", "undeclared-input", "no input is called '{name}'"),
    _error("TR706", "missing-secret", "the secret '{name}' must be given again"),
    _error("TR707", "malformed-input", "'{text}' is not NAME=VALUE"),
    _error("TR708", "unreadable-input", "cannot read the value of '{name}': {reason}"),
    _error("TR709", "ambiguous-environment", "{names} share the variable {variable}"),
    _error("TR710", "unknown-choice", "'{choice}' is not an option of gate '{gate}'"),
    _error("TR711", "no-open-gate", "{reason}"),
    _error("TR712", "several-open-gates", "more than one gate is open: {gates}"),
    # 8xx: steps at run time
    _error("TR801", "expression-failed", "{reason}"),
    _error("TR802", "missing-command", "'{key}' came out as a missing value"),
    _error("TR803", "exit-code", "exited with code {exit_code}"),
    _error("TR804", "timed-out", "timed out after {timeout_s} s"),
    _error("TR805", "output-not-json", "stdout is not JSON: {reason}"),
    _error("TR806", "output-schema", "the output does not fit its schema: {reason}"),
    _error("TR807", "items-not-a-list", "'items' must be a list, not {found}"),
    _error("TR808", "cannot-dispatch", "{reason}"),
    _error("TR809", "verdict-not-text", "the verdict '{name}' must be text, not {found}"),
    _error("TR810", "unknown-verdict", "the verdict '{value}' matches no option"),
    _error("TR811", "gate-rejected", "rejected at gate '{gate}'"),
    _error("TR812", "value-not-text", "'{key}' must be text, not {found}"),
    _error("TR813", "cannot-start", "cannot start: {reason}"),
    _error("TR814", "program-missing", "the program '{program}' is not installed"),
    _error("TR815", "github-refused", "{reason}"),
    # 9xx: journal, replay, versions
    _error("TR901", "damaged-journal", "the journal of run '{run}' is damaged: {reason}"),
    _error("TR902", "newer-format", "run '{run}' was written by a newer version of treadle"),
    _error("TR903", "run-busy", "run '{run}' is being worked on by {holder}"),
    _error("TR904", "unknown-run", "no run is called '{run}'"),
    _error("TR905", "not-resumable", "run '{run}' is {status} and cannot be resumed"),
    _error("TR906", "run-id-used", "a run called '{run}' exists already"),
    _error("TR907", "bad-run-id", "'{run}' is not a run id", "letters, digits, '_' and '-'"),
    _error("TR908", "cannot-write", "cannot write '{path}': {reason}"),
    _error("TR909", "ambiguous-run", "'{run}' is the beginning of several runs: {runs}"),
)

BY_CODE = {entry.code: entry for entry in ENTRIES}


def message(code: str, **fields: object) -> str:
    """Return the message of `code` with its fields filled in.

    Errors: KeyError for a code that is not in the catalogue or a field that is not given.
    """
    return BY_CODE[code].message.format(**fields)


def error_text(code: str, **fields: object) -> str:
    """Return the message of `code` followed by the code itself, as the error of a run shows it.

    Errors: KeyError as for `message`.
    """
    return f"{message(code, **fields)} [{code}]"

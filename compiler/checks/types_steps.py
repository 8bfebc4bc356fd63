"""TR427, TR428, TR431: values that a step cannot use, and cases that its value never has."""

from msgspec.structs import replace

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.fixes import rename
from treadle.compiler.steps.scope import Declaration, cases_of
from treadle.compiler.suggestions import closest
from treadle.compiler.typed import types
from treadle.compiler.typed.type_rules import Scalar
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow, describe
from treadle.compiler.typed.types import Type
from treadle.compiler.workflow import Workflow
from treadle.plan.binding import input_read
from treadle.plan.coercion import from_data
from treadle.plan.expression import Single, Text, Value
from treadle.plan.json_text import parse_json
from treadle.plan.steps import CommandStep, FanOutStep, GithubStep, PromptStep, SwitchStep
from treadle.plan.text import as_text

MAX_SHOWN = 6
# The keys whose whole value is looked at.
WHOLE = frozenset({"items", "expression", "integration", "model", "repository", "number", "label"})


def check_steps_of_types(workflow: TypedWorkflow, report: Report) -> None:
    """Report items that are no list, cases that never match, and names that are no text.

    Before and after::

        inputs:
          size: {enum: [small, large], default: small}
        steps:
          - id: route
            type: switch
            expression: "{{ inputs.size }}"
            cases: {big: []}                      # TR428
    """
    for typed in workflow.sites:
        declared = typed.site.step
        if declared is None or typed.site.key not in WHOLE:
            continue
        step = workflow.workflow.by_path.get(declared.path)
        match step:
            case FanOutStep() if typed.site.key == "items":
                _check_items(step.items, typed, report)
            case SwitchStep() if typed.site.key == "expression":
                _check_cases(step.expression, declared, workflow.workflow, typed, report)
            case CommandStep() | PromptStep() if typed.site.key in ("integration", "model"):
                value = step.integration if typed.site.key == "integration" else step.model
                _check_text(value, typed, report)
            case GithubStep() if typed.site.key in ("repository", "label"):
                value = step.repository if typed.site.key == "repository" else step.label
                _check_text(value, typed, report)
            case GithubStep() if typed.site.key == "number":
                _check_text(step.number, typed, report, or_else=types.NUMBERS)


def _check_items(value: Value, typed: TypedSite, report: Report) -> None:
    if isinstance(value, Text):
        report.add("TR427", _whole(typed), found="text", hint="leave one block and nothing else")
        return
    found = _type_of(value, typed)
    if found is None or not found.kinds - {"null"} or "array" in found.kinds:
        return
    hint = "write '| from_json' for JSON, or '| split(…)'" if found.kinds & {"string"} else None
    report.add("TR427", typed.span(typed.site.expression.tree), hint=hint, found=describe(found))


def _check_cases(
    value: Value, step: Declaration, workflow: Workflow, typed: TypedSite, report: Report
) -> None:
    found = _type_of(value, typed)
    is_coerced = _is_number_given(value, workflow)
    if found is not None and is_coerced:
        found = _coerced(found)
    texts = possible_texts(found) if found is not None else None
    if found is None or texts is None or not found.kinds - {"null"}:
        return
    what = typed.words(typed.site.expression.tree)
    for key, entry in cases_of(step.node):
        if key in texts or (not is_coerced and _is_notation(key, found)):
            continue
        near = _near(key, texts)
        hint = f"did you mean '{near}'?" if near is not None else _listed(texts)
        is_taken = near is None or any(near == other for other, _ in cases_of(step.node))
        # What a branch does is for its author to weigh: it was never run.
        fix = None if is_taken else rename(entry.key.span, key, str(near), is_safe=False)
        report.add("TR428", entry.key.span, hint=hint, fix=fix, case=key, what=what)


def possible_texts(type_: Type) -> tuple[str, ...] | None:
    """Return the texts that a switch can compare with its cases, None when they are not known.

    A number has one as it was declared; see `_is_notation`.

    >>> from treadle.compiler.typed.types import BOOLEAN, TEXT
    >>> possible_texts(BOOLEAN), possible_texts(TEXT)
    (('True', 'False'), None)
    """
    if type_.kinds & {"array", "object"}:
        return None
    scalars: tuple[Scalar, ...] | None = type_.values
    if scalars is None:
        if type_.kinds - {"null"} != {"boolean"}:
            return None
        scalars = (True, False)
    found = [as_text(value).strip() for value in scalars]
    return (*found, *([""] if "null" in type_.kinds else []))


def _is_number_given(value: Value, workflow: Workflow) -> bool:
    """Return whether a value is an input that is a number, and so a whole one has no point."""
    name = input_read(value)
    schema = workflow.input_schema(name) if name is not None else None
    return schema is not None and schema.get("type") in types.NUMBERS


def _coerced(type_: Type) -> Type:
    if type_.values is None:
        return type_
    values = (from_data(value, "number") for value in type_.values)
    return replace(type_, values=tuple(v for v in values if isinstance(v, int | float)))


def _is_notation(key: str, type_: Type) -> bool:
    """Return whether a text is that of a number of a type: JSON has 1 as well as 1.0."""
    try:
        number = parse_json(key)
    except ValueError:
        return False
    return as_text(number) == key and types.fits(type_, number)


def _check_text(
    value: Value, typed: TypedSite, report: Report, *, or_else: frozenset[str] = frozenset()
) -> None:
    found = _type_of(value, typed)
    if found is None or not found.kinds or found.kinds & {"string", "null", *or_else}:
        return
    span = typed.span(typed.site.expression.tree)
    wanted = "a number or text" if or_else else "text"
    report.add("TR431", span, key=typed.site.key, wanted=wanted, found=describe(found))


def _type_of(value: Value, typed: TypedSite) -> Type | None:
    """Return the type of a value that is the whole expression of a site."""
    if isinstance(value, Single) and value.expression is typed.site.expression:
        return typed.of(value.expression.tree)
    return None


def _near(key: str, texts: tuple[str, ...]) -> str | None:
    same = next((text for text in texts if text.lower() == key.strip().lower()), None)
    return same or closest(key, [text for text in texts if text])


def _listed(texts: tuple[str, ...]) -> str | None:
    shown = [f"'{text}'" for text in texts if text]
    return f"it can be {', '.join(shown)}" if 0 < len(shown) <= MAX_SHOWN else None


def _whole(typed: TypedSite) -> Span:
    return typed.site.scalar.span

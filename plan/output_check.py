"""Whether the outputs of a workflow are what their schemas promise to whoever reads them."""

from collections.abc import Mapping

from treadle.plan.acceptance import acceptor
from treadle.plan.catalogue import error_text
from treadle.plan.expression import Json
from treadle.plan.patterns import is_found
from treadle.plan.plan import Plan
from treadle.plan.problems import clause


def output_fault(plan: Plan, outputs: Mapping[str, Json]) -> str | None:
    """Return what is wrong with the first output that breaks its schema, None if none does."""
    for name, value in outputs.items():
        schema = plan.outputs[name].schema
        fault = _fault(value, schema) if schema is not None else None
        if fault is not None:
            return error_text("TR343", name=name, id=plan.id, reason=fault)
    return None


def _fault(value: Json, schema: Mapping[str, Json]) -> str | None:
    fits = acceptor(schema, search=is_found)
    if fits is not None and fits(value):
        return None
    # Most outputs need no judge, who takes longer to import than a small plan to run.
    from treadle.plan.validation import Validator

    violations = Validator(schema).violations(value)
    if not violations:
        return None
    first = violations[0]
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first.path)
    return f"{place} {clause(first)}".strip()

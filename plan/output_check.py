"""Whether values are what their schemas promise to whoever reads them."""

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
        fault = misfit(value, schema) if schema is not None else None
        if fault is not None:
            return error_text("TR343", name=name, id=plan.id, reason=" ".join(fault).strip())
    return None


def misfit(value: Json, schema: Mapping[str, Json]) -> tuple[str, str] | None:
    """Return the first thing in a value that breaks its schema, None if nothing does.

    Shapes: the place inside the value, "" for all of it, and what is wrong there as a clause:
    ``(".port", "must be an integer, not 'x'")``.
    """
    fits = acceptor(schema, search=is_found)
    if fits is not None and fits(value):
        return None
    # Most values need no judge, who takes longer to import than a small plan to run.
    from treadle.plan.validation import Validator

    violations = Validator(schema).violations(value)
    if not violations:
        return None
    first = violations[0]
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first.path)
    return place, clause(first)

"""What a finding weighs for somebody whose file is to run under Spec Kit 1.2.3 as well.

The findings are those of lenient mode, which looks at everything that differs; each that says
"not there" or "otherwise there" is an error, all others keep the weight of the mode asked for.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec.structs import replace

from treadle.compiler.diagnostics import Diagnostic
from treadle.plan.catalogue import BY_CODE, Severity

# YAML 1.1, what only treadle knows, expressions, and what a step means.
DIFFERENCES = frozenset(("TR114", "TR217", "TR407", "TR620", "TR621"))


class Compat(StrEnum):
    """Another program that files can be checked for."""

    SPEC_KIT = "spec-kit"


def for_spec_kit(found: Iterable[Diagnostic], *, lenient: bool) -> tuple[Diagnostic, ...]:
    """Return the findings of a lenient compilation with their weight for Spec Kit.

    Shapes: with `lenient`, what Spec Kit accepts and runs alike stays a warning.
    """
    weighed = (replace(d, severity=_severity(d, lenient=lenient)) for d in found)
    return tuple(d for d in weighed if d.severity is not Severity.OFF)


def _severity(found: Diagnostic, *, lenient: bool) -> Severity:
    if found.code in DIFFERENCES:
        return Severity.ERROR
    return BY_CODE[found.code].severity(lenient=lenient)

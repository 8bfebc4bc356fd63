"""Text to plan or diagnostics, without clock, environment or network.

The public names are imported on first use: whoever shows a diagnostic or runs a compiled plan
does not pay for YAML, JSON Schema and Jinja2.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.compiler.compile import Compilation, compile_bytes, compile_file, compile_text
    from treadle.compiler.composing.step_types import Available
    from treadle.compiler.diagnostics import Diagnostic

_HOMES = {"Available": "composing.step_types", "Diagnostic": "diagnostics"}
__all__ = [
    "Available",
    "Compilation",
    "Diagnostic",
    "compile_bytes",
    "compile_file",
    "compile_text",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # a measured start-up win, see above

    home = _HOMES.get(name, "compile")
    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    return found

"""The JSON Schemas (2020-12) of everything that treadle reads or writes, by name."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def load(name: str) -> dict[str, Any]:
    """Return the schema called `name`, such as ``"workflow"`` or ``"plan"``.

    Errors: FileNotFoundError for a name that is not one of the files beside this module.
    """
    text = (_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def overlay_for_editors() -> dict[str, Any]:
    """Return the schema of overlays with that of steps in it: an editor looks into one file."""
    whole = load("overlay")
    edit = whole["$defs"]["edit"]
    step = {**edit["properties"]["step"], "$ref": "#/$defs/step"}
    own = {**whole["$defs"], "edit": {**edit, "properties": {**edit["properties"], "step": step}}}
    return {**whole, "$defs": {**load("workflow")["$defs"], **own}}

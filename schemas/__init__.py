"""The JSON Schemas (2020-12) of everything that treadle reads or writes, by name."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Return the schema called `name`, such as ``"workflow"`` or ``"plan"``.

    Errors: FileNotFoundError for a name that is not one of the files beside this module.
    """
    text = (files(__package__) / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema

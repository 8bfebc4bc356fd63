"""What a plan knows of a step type that treadle does not bring: its name and its two schemas.

Who performs such a step is no part of it: the same signature is read out of a workflow file, out
of the project and out of an installed package, and two are the same when their digests are.
"""

from collections.abc import Mapping

from msgspec import Struct

from treadle.plan.canonical import digest
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import Kind
from treadle.plan.subschemas import walk

MAX_NAME = 100

_NAME = lazy_pattern(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
# Kinds of steps in workflow files or in plans; a type of that name could not be told apart.
BUILT_IN = frozenset(kind.value for kind in Kind)
# What stands under `type` of an input: to look for step types of these names would be for nothing.
_OF_VALUES = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))


class StepSignature(Struct, frozen=True, kw_only=True):
    """What a step type takes and gives.

    Shapes: both schemas are JSON Schemas (2020-12) of objects. `package` is the distribution that
    performs such steps, as pip knows it.
    """

    name: str
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json]
    description: str | None = None
    package: str | None = None

    @property
    def digest(self) -> str:
        """What two signatures have in common that promise the same."""
        return digest({"input": self.input_schema, "output": self.output_schema})


def is_taken(name: str) -> bool:
    """Whether a word under `type` never is the name of a step type of somebody's own."""
    return name in BUILT_IN or name in _OF_VALUES


def name_fault(name: object) -> str | None:
    """Return why a step type cannot have a name, None when it can.

    >>> name_fault("notify"), name_fault("shell")
    (None, 'treadle has a step type of that name')
    """
    if not isinstance(name, str):
        return "it is not text"
    if name in BUILT_IN:
        return "treadle has a step type of that name"
    if name in _OF_VALUES:
        return "it is a type of values"
    if not _NAME.fullmatch(name):
        return "lower-case letters, digits and inner hyphens only"
    return f"it has more than {MAX_NAME} characters" if len(name) > MAX_NAME else None


def schema_fault(schema: object) -> str | None:
    """Return why something cannot be a schema of a step type, None when it can.

    Errors: none. Imports jsonschema, which is slow: for schemas that no compiler has read.
    """
    if not isinstance(schema, Mapping):
        return "it is no mapping"
    if schema.get("type") != "object":
        return "its 'type' must be 'object'"
    from jsonschema import Draft202012Validator, SchemaError

    try:
        digest(schema)
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path))
        return f"{error.message} (at '{place}')" if place else error.message
    except (ValueError, TypeError, RecursionError) as error:
        return f"it is not JSON: {error}"
    for _, inner in walk(schema):
        reference = inner.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return f"'{reference}' leads out of the schema"
    return None

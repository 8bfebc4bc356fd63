"""The inputs of a workflow that is called: what its caller gives, by its own declarations.

One rule serves the compiler, which checks what is written, and the executor. A secret is never
given as a value: the caller names one of its own, and only the name goes on.
"""

from collections.abc import Mapping

from treadle.plan.expression import Json, Node, Op, Single, Value
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.problems import Problem, problem

MAX_DEPTH = 16  # calls inside calls
# The keys of a call's output that no output of a workflow can have.
RESERVED = ("workflow", "status", "error", "aborted")

_ONLY_SECRETS = "takes a secret of the workflow that calls, as '{{ inputs.NAME }}' and no more"


def bind(
    declared: Mapping[str, Json],
    provided: Mapping[str, Json],
    *,
    secrets: Mapping[str, str | None],
    previous: Mapping[str, Json] | None = None,
    integration: str | None = None,
) -> Resolved:
    """Return the values of the inputs, or everything that is wrong with them.

    Shapes: `declared` is a `Plan.inputs`. `secrets` maps the secret inputs that are given to the
    secrets that they stand for, None for those that are given something else. With `previous`
    the values are merged over the ones that the call had. `integration` is the project's own.
    """
    inputs = InputSet(declared)
    public = InputSet(_without(declared, inputs.secrets)) if inputs.secrets else inputs
    given = {
        name: Given(value=value, is_text=False)
        for name, value in provided.items()
        if name not in inputs.secrets
    }
    if previous is None:
        resolved = public.resolve(given, lenient=False, integration=integration)
    else:
        resolved = public.merge(previous, given, lenient=False, integration=integration)
    wrong = tuple(_secret_problems(inputs, secrets))
    held = {name: source for name, source in secrets.items() if source is not None}
    return Resolved(
        values=resolved.values,
        secrets=held,
        problems=resolved.problems + wrong,
        missing=resolved.missing,
        changed=resolved.changed,
    )


def input_read(value: Value) -> str | None:
    """Return the input that a value is as a whole: ``{{ inputs.token }}``; None for any other."""
    if not isinstance(value, Single):
        return None
    tree = value.expression.tree
    if tree.op is not Op.GET or not isinstance(tree.args[0], Node):
        return None
    base, name = tree.args[0], tree.args[1]
    is_input = base.op is Op.NAME and base.args[0] == "inputs"
    return str(name) if is_input else None


def _without(declared: Mapping[str, Json], names: frozenset[str]) -> Mapping[str, Json]:
    properties, required = declared.get("properties"), declared.get("required")
    kept = properties if isinstance(properties, Mapping) else {}
    listed = required if isinstance(required, list) else []
    return {
        **declared,
        "properties": {name: schema for name, schema in kept.items() if name not in names},
        "required": [name for name in listed if name not in names],
    }


def _secret_problems(inputs: InputSet, secrets: Mapping[str, str | None]) -> list[Problem]:
    found = []
    for name in (name for name in inputs.names if name in inputs.secrets):
        if name not in secrets and name in inputs.required:
            found.append(problem("TR701", name))
        elif name in secrets and secrets[name] is None:
            found.append(problem("TR704", name, reason=_ONLY_SECRETS))
    return found

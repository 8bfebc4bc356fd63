"""What a workflow says under `requires`: the versions and agents that it was written for.

Spec Kit looks at none of the values, so none is refused: what has another form is not there.
"""

from treadle.compiler.reading import keys, nodes
from treadle.plan.expression import Json
from treadle.plan.plan import Requires

# The lists under `integrations`: any of them, or all of them; for the author's words both name
# the agents that the workflow is for.
_LISTS = ("any", "all")


def requires(root: nodes.Mapping) -> Requires | None:
    """Return what a workflow says of its surroundings, None when that is nothing.

    Before and after::

        requires:                            Requires(speckit_version=">=0.8.5",
          speckit_version: ">=0.8.5"                  integrations=("claude", "gemini"))
          integrations: {any: [claude, gemini]}
    """
    node = keys.mapping(root, "requires")
    if node is None:
        return None
    found = Requires(speckit_version=_version(node), integrations=_integrations(node))
    return found if found != Requires() else None


def _version(node: nodes.Mapping) -> str | None:
    scalar = keys.scalar(node, "speckit_version")
    value = scalar.value if scalar is not None else None
    # The number 1.0 is a version that lacks its quotes.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = str(value) if is_number or isinstance(value, str) else ""
    return text.strip() or None


def _integrations(node: nodes.Mapping) -> tuple[str, ...]:
    listed = node.get("integrations")
    value: Json = nodes.plain(listed) if listed is not None else None
    lists = [value.get(key) for key in _LISTS] if isinstance(value, dict) else [value]
    names = [name for each in lists if isinstance(each, list) for name in each]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))

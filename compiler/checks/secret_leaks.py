"""TR535: what is named like a secret is declared as one.

Where a declared secret may be read is looked at in `secrets` and `verdicts`.
"""

from collections.abc import Mapping

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import keys, nodes
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

_WORD = lazy_pattern(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_SECRET_WORDS = frozenset(
    ("credential", "credentials", "passphrase", "passwd", "password", "secret", "token")
)
_SECRET_KEYS = frozenset(("access key", "api key", "private key", "secret key"))


def check_secret_leaks(workflow: Workflow, report: Report) -> None:
    """Report every password, token or key that is declared like any other input.

    Before and after::

        inputs:
          api_token: {type: string, required: true}                  # TR535
          api_token: {type: string, required: true, secret: true}    # fine
    """
    declared = keys.mapping(workflow.root, "inputs")
    for entry in declared.entries if declared is not None else ():
        name = str(entry.key.value)
        schema = workflow.input_schema(name)
        if schema is not None and _is_secret_name(name) and _is_unmarked(entry, schema):
            report.add("TR535", entry.key.span, name=name)


def _is_secret_name(name: str) -> bool:
    """Tell whether a name means a secret, by its last words.

    >>> _is_secret_name("GITHUB_TOKEN"), _is_secret_name("apiKey"), _is_secret_name("max_tokens")
    (True, True, False)
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[-1] in _SECRET_WORDS or " ".join(words[-2:]) in _SECRET_KEYS)


def _is_unmarked(entry: nodes.Entry, schema: Mapping[str, Json]) -> bool:
    # With 'secret: false' the author has decided.
    is_decided = isinstance(entry.value, nodes.Mapping) and entry.value.entry("secret") is not None
    is_open = schema.get("type") == "string" and not schema.keys() & {"enum", "const"}
    return is_open and not is_decided and not schema.get("default")

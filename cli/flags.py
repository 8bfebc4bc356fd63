"""Options whose value may be left out, which are flags to the parser of the command line."""

from collections.abc import Sequence

FIX_ALL = "--fix-all"

_PLAIN_FLAGS = {"--fix=safe": "--fix", "--fix=all": FIX_ALL}


def with_plain_flags(arguments: Sequence[str]) -> list[str]:
    """Return arguments in which ``--fix=all`` is a flag.

    An option whose value may be left out would take the path behind it for its value.
    """
    options = list(arguments)
    end = options.index("--") if "--" in options else len(options)
    return [*(_PLAIN_FLAGS.get(each, each) for each in options[:end]), *options[end:]]

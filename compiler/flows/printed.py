"""What a shell step prints when that is known: the author's own words, numbers or nothing.

Only lines that are recognised as a whole count; all others may print anything.
"""

import re

from treadle.plan.lazy_pattern import lazy_pattern

_BETWEEN_COMMANDS = lazy_pattern(r"&&|\|\||;|\n")
_TO_STREAM = lazy_pattern(r"[0-9]?>&[0-9]")
_OWN_WORDS = r"[^$`|&<*?]*"
_KNOWN = tuple(
    re.compile(form)
    for form in (
        # the author's own words
        rf"(?:echo|printf)(?:[ \t]{_OWN_WORDS})?",
        # nothing
        rf"(?:true|false|:|exit|test|\[|mkdir|touch|sleep|cd|rm|mv|cp|set)(?:[ \t]{_OWN_WORDS})?",
        # numbers and hashes
        r"wc -[clmw](?: < [\w./-]+)?",
        r"(?:.*[^|])?\| *(?:wc -[clmw]|grep -c [^|]*|tr -d '?\"? ?\"?'?)",
        r"grep -c [^|]*",
        r"nproc|id -[gu]",
        r"date(?: -u)?(?: [\"']?\+[%\w:.-]+[\"']?)?",
        r"git rev-parse(?: --(?:short(?:=[0-9]+)?|verify))* HEAD",
        r"git rev-list --count [^|]*",
    )
)
_AFTER_COUNT = lazy_pattern(r"\| *tr -d [\"' ]+$")


def is_known(run: str) -> bool:
    """Tell whether nothing that comes from outside is in what a shell text prints.

    >>> is_known("mkdir -p out && echo done"), is_known("git branch --show-current")
    (True, False)
    """
    text = _TO_STREAM.sub("", run)
    return all(_is_known_command(part.strip()) for part in _BETWEEN_COMMANDS.split(text))


def _is_known_command(command: str) -> bool:
    counted = _AFTER_COUNT.sub("", command).strip()
    return not counted or any(form.fullmatch(counted) for form in _KNOWN)

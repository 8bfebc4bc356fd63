"""Asking a person at a terminal: the question goes to stderr, the answer comes from stdin."""

import sys
from collections.abc import Sequence
from getpass import getpass
from select import select

_LOOK_AGAIN_S = 0.5


def read_line(prompt: str) -> str | None:
    """Return a line that somebody types, None at the end of the input.

    Errors: KeyboardInterrupt.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    try:
        _wait_for_a_line()
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        # What comes next begins on a line of its own, as the shell's prompt should.
        print(file=sys.stderr)
        raise
    if not line:
        print(file=sys.stderr)
        return None
    return line.rstrip("\n")


def _wait_for_a_line() -> None:
    """Wait until somebody at the terminal has typed a line.

    A Ctrl-C in the instant before a read begins would be heeded only when the read is over.
    """
    while sys.stdin.isatty() and not select([sys.stdin], [], [], _LOOK_AGAIN_S)[0]:
        pass


def read_secret(prompt: str) -> str | None:
    """Return a line that is typed unseen, None at the end of the input.

    Errors: KeyboardInterrupt.
    """
    while True:
        try:
            return getpass(prompt, stream=sys.stderr)
        except EOFError:
            return None
        except UnicodeError:
            print("refused: it holds bytes that are not UTF-8", file=sys.stderr)


def chosen(text: str, choices: Sequence[str]) -> str | None:
    """Return the choice that a text means: its name in any case, or its number from 1.

    >>> chosen("APPROVE", ("approve", "reject")), chosen("2", ("approve", "reject"))
    ('approve', 'reject')
    """
    word = text.strip()
    if word in choices:
        return word
    named = next((choice for choice in choices if choice.lower() == word.lower()), None)
    return named if named is not None else numbered(word, choices)


def numbered(text: str, choices: Sequence[str]) -> str | None:
    """Return the choice that stands under a number, counted from 1.

    >>> numbered("2", ("approve", "reject")), numbered("3", ("approve", "reject"))
    ('reject', None)
    """
    word = text.strip()
    found = [choice for number, choice in enumerate(choices, 1) if word == str(number)]
    return found[0] if found else None

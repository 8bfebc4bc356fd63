"""Numbers of things in the words of people."""


def plural(noun: str, count: int) -> str:
    """Return a noun as it stands behind a number.

    >>> plural("file", 1), plural("file", 0)
    ('file', 'files')
    """
    return noun if count == 1 else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Return a number of things.

    >>> counted(1, "run"), counted(2, "run")
    ('1 run', '2 runs')
    """
    return f"{count} {plural(noun, count)}"

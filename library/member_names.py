"""Names of files inside packages: each stays inside its package on every system.

Source: the rules of Windows for file names are the strictest, and packages travel.
"""

import re
import unicodedata
from collections.abc import Iterable

from treadle.plan.lazy_pattern import lazy_pattern

MAX_DEPTH = 16
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 1024

_FORBIDDEN = frozenset('<>:"|?*')
_DEVICE = lazy_pattern(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE
)
# Control characters, invisible marks that change how a name reads, and half surrogate pairs.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def check_name(name: str) -> str:
    """Return a member's name without the slash of a folder.

    Errors: ValueError with the reason.
    """
    if not name:
        raise ValueError("a member has no name")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        raise ValueError(f"{name!r} holds a control character")
    path = name.removesuffix("/")
    if "\\" in path:
        raise ValueError(f"'{name}' holds a backslash")
    if path.startswith("/") or not path:
        raise ValueError(f"'{name}' is an absolute path")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise ValueError(f"a name has more than {MAX_PATH_BYTES} bytes")
    parts = path.split("/")
    if len(parts) > MAX_DEPTH:
        raise ValueError(f"'{name[:60]}' lies more than {MAX_DEPTH} folders deep")
    for part in parts:
        _check_part(part, name)
    return path


def check_together(names: Iterable[tuple[str, bool]]) -> None:
    """Look that no two members are the same file anywhere, and none lies inside a file.

    Shapes: pairs of a checked name and whether it is a folder.
    Errors: ValueError with the reason.
    """
    known: dict[tuple[str, ...], tuple[str, bool]] = {}
    for name, is_folder in names:
        key = _key(name)
        if key in known:
            other = known[key][0]
            both = f"'{name}' is there twice" if other == name else f"'{other}' and '{name}'"
            raise ValueError(both if other == name else f"{both} are one file on some systems")
        known[key] = (name, is_folder)
    for key, (name, _) in known.items():
        for length in range(1, len(key)):
            around = known.get(key[:length])
            if around is not None and not around[1]:
                raise ValueError(f"'{name}' lies inside the file '{around[0]}'")


def _check_part(part: str, name: str) -> None:
    if part in ("", "."):
        raise ValueError(f"'{name}' is not a plain path")
    if part == "..":
        raise ValueError(f"'{name}' leads out of the package")
    if len(part.encode()) > MAX_NAME_BYTES:
        raise ValueError(f"a name has more than {MAX_NAME_BYTES} bytes")
    if not _FORBIDDEN.isdisjoint(part):
        raise ValueError(f"'{name}' holds a character that Windows forbids")
    if part[0] == " " or part[-1] in " .":
        raise ValueError(f"'{name}' begins or ends with a blank or a dot")
    if _DEVICE.fullmatch(part.partition(".")[0].rstrip(" ")):
        raise ValueError(f"'{name}' is the name of a device of Windows")


def _key(name: str) -> tuple[str, ...]:
    """Return what file systems compare that ignore case and the composition of letters."""
    return tuple(unicodedata.normalize("NFC", part.casefold()) for part in name.split("/"))

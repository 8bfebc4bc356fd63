"""Sizes of files in the words of people."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def byte_size(count: int) -> str:
    """Return a number of bytes in the unit that suits it.

    >>> byte_size(0), byte_size(4096), byte_size(5_500_000), byte_size(150 * 1024**3)
    ('0 B', '4.0 KiB', '5.2 MiB', '150 GiB')
    """
    size, power = float(count), 0
    while size >= _STEP and power < len(_UNITS) - 1:
        size, power = size / _STEP, power + 1
    is_whole = power == 0 or size >= 99.95
    return f"{size:.{0 if is_whole else 1}f} {_UNITS[power]}"

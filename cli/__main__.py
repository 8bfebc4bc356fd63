"""``python -m treadle.cli`` is the program as well."""

from treadle.cli import program

program()

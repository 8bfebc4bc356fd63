"""The settings of a project: ``treadle.toml``, or ``[tool.treadle]`` in ``pyproject.toml``.

The nearest folder upwards that has either decides; where both stand, it is ``treadle.toml``. What
is wrong with the file refuses the command: a report under half of its settings misleads.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from treadle import schemas
from treadle.cli.checking.selection import (
    PathIgnores,
    Selection,
    Weight,
    code_meant,
    is_firm,
    is_known,
)
from treadle.cli.project.temporal_settings import TemporalSettings, from_table
from treadle.cli.rejection import Rejected
from treadle.plan import catalogue
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.expression import Json
from treadle.plan.problems import Problem, Violation

FILE = "treadle.toml"
PYPROJECT = "pyproject.toml"

_USER_TABLES = ("run", "executor")
_TYPES = {
    "boolean": "true or false",
    "string": "text",
    "integer": "a whole number",
    "array": "a list",
    "object": "a table",
}


class RunSettings(Struct, frozen=True, kw_only=True):
    """What is said about runs: the tables [run] and [executor].

    Shapes: `on_pause` is a line of shell. Units: `max_processes` counts from 1.
    """

    on_pause: str | None = None
    max_processes: int | None = None
    temporal: TemporalSettings = TemporalSettings()

    def over(self, other: "RunSettings") -> "RunSettings":
        """Return these settings, with those of the other where nothing is said here."""
        limit = self.max_processes if self.max_processes is not None else other.max_processes
        return RunSettings(
            on_pause=self.on_pause or other.on_pause,
            max_processes=limit,
            temporal=self.temporal.over(other.temporal),
        )


class Configuration(Struct, frozen=True, kw_only=True):
    """What a project says about its checks and its runs.

    Shapes: `folder` is where the file stands, None when there is none.
    """

    folder: Path | None = None
    lenient: bool = False
    selection: Selection = field(default_factory=Selection)
    runs: RunSettings = RunSettings()

    def path_of(self, path: str) -> str:
        """Return a path as the patterns of the file see it: relative to its folder."""
        if self.folder is None:
            return path
        return Path(os.path.relpath(os.path.abspath(path), self.folder)).as_posix()


def find_configuration(start: Path, environment: Mapping[str, str]) -> Configuration:
    """Return the settings that hold in a folder.

    Looks upwards to the root of the git work tree, and never into the home folder from below.

    Errors: Rejected with TR101 or TR611 to TR615.
    """
    start = start.resolve()
    home = Path(environment["HOME"]).resolve() if environment.get("HOME") else None
    for folder in (start, *start.parents):
        if folder != start and folder == home:
            break
        for name in (FILE, PYPROJECT):
            found = _read(folder / name)
            if found is not None:
                return found
        if (folder / ".git").exists():
            break
    return Configuration()


def find_user_settings(environment: Mapping[str, str]) -> RunSettings:
    """Return what the user says about runs of all projects.

    It stands in ``treadle/treadle.toml`` of the user's folder of settings, which has the tables
    about runs and no other: the same files have the same findings on every machine.

    Errors: Rejected with TR101 or TR611 to TR613.
    """
    home = environment.get("HOME")
    folder = environment.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    if not folder:
        return RunSettings()
    path = Path(folder) / "treadle" / FILE
    source = _source(path)
    if source is None:
        return RunSettings()
    schema = schemas.load("configuration")
    known = {name: _table(schema["properties"])[name] for name in _USER_TABLES}
    try:
        return _configuration(_parsed(source, path), path, {**schema, "properties": known}).runs
    except Rejected as rejected:
        # The project's file has the same name.
        hint = f"this is {path}"
        raise Rejected(*(replace(each, hint=hint) for each in rejected.problems)) from None


def _read(path: Path) -> Configuration | None:
    source = _source(path)
    if source is None:
        return None
    if path.name == PYPROJECT and b"treadle" not in source:
        return None
    data = _parsed(source, path)
    if path.name == PYPROJECT:
        tools = data.get("tool")
        own = tools.get("treadle") if isinstance(tools, Mapping) else None
        if own is None:
            return None
        return _configuration(own, path, schemas.load("configuration"))
    return _configuration(data, path, schemas.load("configuration"))


def _source(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise Rejected.because("TR101", path=path, reason=error.strerror) from error


def _parsed(source: bytes, path: Path) -> Mapping[str, Json]:
    import tomllib  # most projects have no such file

    try:
        data: Mapping[str, Json] = tomllib.loads(source.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        raise Rejected.because("TR611", path=path.name, reason=reason) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise Rejected.because("TR611", path=path.name, reason=reason) from error
    return data


def _configuration(data: Json, path: Path, schema: Mapping[str, Json]) -> Configuration:
    # jsonschema takes long to import, and most projects have no such file.
    from treadle.plan.validation import Validator

    problems = [
        problem
        for violation in Validator(schema).violations(data)
        for problem in _problems(violation, path)
    ]
    if not problems and isinstance(data, Mapping):
        problems = list(_unusable_codes(data, path))
    if problems or not isinstance(data, Mapping):
        raise Rejected(*problems)
    return Configuration(
        folder=path.parent,
        lenient=data.get("lenient") is True,
        selection=_selection(data),
        runs=_run_settings(data),
    )


def _run_settings(data: Mapping[str, Json]) -> RunSettings:
    on_pause = _table(data.get("run")).get("on_pause")
    executor = _table(data.get("executor"))
    limit = executor.get("max_processes")
    return RunSettings(
        on_pause=str(on_pause) if on_pause is not None else None,
        max_processes=limit if isinstance(limit, int) else None,
        temporal=from_table(executor),
    )


def _selection(data: Mapping[str, Json]) -> Selection:
    rules = _tables(data.get("per-path"))
    return Selection(
        select=_texts(data["select"]) if "select" in data else None,
        ignore=_texts(data.get("ignore")),
        weights=tuple(
            Weight(codes=codes, severity=Severity(str(severity)))
            for codes, severity in _table(data.get("severity")).items()
        ),
        per_path=tuple(
            PathIgnores(path=str(rule["path"]), ignore=_texts(rule["ignore"])) for rule in rules
        ),
    )


def _problems(violation: Violation, path: Path) -> Iterator[Problem]:
    """Yield what is wrong at a place of the file, in the words of the file."""
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in violation.path)
    match violation.keyword:
        case "additionalProperties":
            known = list(_table(violation.schema.get("properties")))
            for key in _table(violation.found):
                if key not in known:
                    yield _problem("TR612", path, hint=_hint(key, known), key=_below(where, key))
        case "required":
            for key in _texts(violation.limit):
                if key not in _table(violation.found):
                    expected = f"have '{key}'"
                    yield _problem("TR613", path, key=where, expected=expected)
        case "pattern":
            code = str(violation.found)
            yield _problem("TR614", path, hint=code_meant(code), named=code)
        case "enum":
            *others, last = (f"'{name}'" for name in _texts(violation.limit))
            expected = f"be {', '.join(others)} or {last}"
            yield _problem("TR613", path, key=where, expected=expected)
        case "type":
            expected = f"be {_TYPES[str(violation.limit)]}"
            yield _problem("TR613", path, key=where or "tool.treadle", expected=expected)
        case "minimum":
            yield _problem("TR613", path, key=where, expected=f"be at least {violation.limit}")
        case _:
            yield _problem("TR613", path, key=where, expected="not be empty")


def _unusable_codes(data: Mapping[str, Json], path: Path) -> Iterator[Problem]:
    """Yield what is wrong with codes that look like codes."""
    weights = _table(data.get("severity"))
    ignored = [*_texts(data.get("ignore"))]
    for rule in _tables(data.get("per-path")):
        ignored += _texts(rule["ignore"])
    for code in dict.fromkeys((*_texts(data.get("select")), *ignored, *weights)):
        if not is_known(code):
            yield _problem("TR614", path, hint=code_meant(code), named=code)
    lowered = [code for code, severity in weights.items() if severity != Severity.ERROR.value]
    for code in dict.fromkeys((*ignored, *lowered)):
        if code in BY_CODE and is_firm(code):
            yield _problem("TR615", path, named=code)


def _problem(code: str, path: Path, *, hint: str | None = None, **fields: object) -> Problem:
    message = catalogue.message(code, path=path.name, **fields)
    return Problem(code=code, field="", message=message, hint=hint or BY_CODE[code].hint)


def _hint(word: str, known: list[str]) -> str:
    # The compiler's guesses; most settings files have no mistake.
    from treadle.compiler.suggestions import did_you_mean

    return did_you_mean(word, known) or "known: " + ", ".join(sorted(known))


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _table(value: object) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _tables(value: Json) -> tuple[Mapping[str, Json], ...]:
    return tuple(_table(item) for item in value) if isinstance(value, list) else ()


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

"""The table of agents: what is known about the program of each integration.

All knowledge about an agent stands in integrations.json; nothing here knows an agent by name.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct

# A word of a command line, or words that are left out together when a blank in them is empty.
Line: TypeAlias = tuple[str | tuple[str, ...], ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """How the name of a command is written for an agent.

    Shapes: `dots` replaces the dots of the name; with `is_idempotent` a name that has the
    hyphenated prefix already does not get it twice.
    """

    prefix: str
    dots: str
    is_idempotent: bool = False


class Slash(Struct, frozen=True, kw_only=True):
    """The line for prompts that match `pattern` as a whole, whose groups fill its blanks."""

    pattern: str
    line: Line


class Permission(Struct, frozen=True, kw_only=True):
    """Words that let an agent act without asking.

    Shapes: the first of `variables` that is not blank decides: `granted_by` lists the values
    that give permission and, if it is empty, `denied_by` those that take it away.
    """

    words: tuple[str, ...]
    variables: tuple[str, ...]
    granted_by: tuple[str, ...]
    denied_by: tuple[str, ...]


class Manifest(Struct, frozen=True, kw_only=True):
    """A list of installed files that tells the layout before the files themselves do."""

    path: str
    files: str
    skills: str


class CommandsLayout(Struct, frozen=True, kw_only=True):
    """The older layout of a project, in which an agent finds commands, not skills.

    Shapes: `files` and `skills` are patterns of paths in the project: the layout is this one if
    one of `files` is there and none of `skills`. `invocation` None: the arguments alone.
    """

    invocation: Invocation | None
    line: Line | None
    files: tuple[str, ...]
    skills: tuple[str, ...]
    manifest: Manifest | None


class Plugin(Struct, frozen=True, kw_only=True):
    """Another way to start the program: the words that do, and those that show it is there."""

    words: tuple[str, ...]
    probe: tuple[str, ...]


class Option(Struct, frozen=True, kw_only=True):
    """An option that a step may set. Shapes: no `values`: any text."""

    flag: str
    values: tuple[str, ...]


class Integration(Struct, frozen=True, kw_only=True):
    """What is known about one agent.

    Shapes: `line` is None when there is no command line. `reference` describes the one thing
    that `integration_args`, or else the extra arguments of the environment, must begin with.
    `places` are where a project may hold a command, with the blanks {command} and {dashed};
    `install` is a page that tells how to get the program.
    """

    key: str
    program: str
    invocation: Invocation
    line: Line | None
    slash: Slash | None
    permission: Permission | None
    commands_layout: CommandsLayout | None
    plugin: Plugin | None
    reference: str | None
    options: Mapping[str, Option]
    places: tuple[str, ...] = ()
    install: str | None = None


def integration(key: str) -> Integration | None:
    """Return the integration of that key, or None."""
    entry = _table()["integrations"].get(key)
    return None if entry is None else _integration(key)


@cache
def known() -> tuple[str, ...]:
    """Return the keys of all integrations, sorted."""
    return tuple(sorted(_table()["integrations"]))


def core_commands() -> tuple[str, ...]:
    """Return the commands of Spec Kit itself, without the prefix ``speckit.``, sorted."""
    return tuple(sorted(_table()["core_commands"]))


@cache
def _table() -> dict[str, Any]:
    from importlib.resources import files  # 3 ms, and many workflows have no agent

    text = (files(__package__) / "integrations.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def _integration(key: str) -> Integration:
    entry = _table()["integrations"][key]
    plugin = entry.get("plugin")
    slash = entry.get("slash")
    return Integration(
        key=key,
        program=entry.get("program", key),
        invocation=_invocation(entry["invocation"]),
        line=_line(entry.get("line")),
        slash=Slash(pattern=slash["pattern"], line=_words(slash["line"])) if slash else None,
        permission=_permission(entry.get("permission")),
        commands_layout=_commands_layout(entry.get("commands_layout")),
        plugin=Plugin(words=tuple(plugin["words"]), probe=tuple(plugin["probe"]))
        if plugin
        else None,
        reference=entry.get("reference"),
        options={
            name: Option(flag=option["flag"], values=tuple(option.get("values", ())))
            for name, option in entry.get("options", {}).items()
        },
        places=tuple(entry.get("places", ())),
        install=entry.get("install"),
    )


def _invocation(form: str) -> Invocation:
    entry = _table()["invocations"][form]
    return Invocation(
        prefix=entry["prefix"], dots=entry["dots"], is_idempotent=entry.get("once", False)
    )


def _line(words: list[Any] | None) -> Line | None:
    return None if words is None else _words(words)


def _words(words: list[Any]) -> Line:
    return tuple(word if isinstance(word, str) else tuple(word) for word in words)


def _permission(entry: dict[str, Any] | None) -> Permission | None:
    if entry is None:
        return None
    return Permission(
        words=tuple(entry["words"]),
        variables=tuple(entry["variables"]),
        granted_by=tuple(entry.get("granted_by", ())),
        denied_by=tuple(entry.get("denied_by", ())),
    )


def _commands_layout(entry: dict[str, Any] | None) -> CommandsLayout | None:
    if entry is None:
        return None
    form = entry["invocation"]
    return CommandsLayout(
        invocation=None if form == "arguments" else _invocation(form),
        line=_line(entry.get("line")),
        files=_paths(entry["files"]),
        skills=_paths(entry["skills"]),
        manifest=Manifest(**entry["manifest"]) if "manifest" in entry else None,
    )


def _paths(patterns: list[str]) -> tuple[str, ...]:
    """Write out the core commands that a pattern stands for."""
    commands: list[str] = _table()["core_commands"]
    return tuple(
        pattern.replace("{core}", command)
        for pattern in patterns
        for command in (commands if "{core}" in pattern else commands[:1])
    )

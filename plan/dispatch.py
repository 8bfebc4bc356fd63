"""From a step's wish to the words that start an agent.

A function of its arguments alone: what the environment and the project have to say is given.
"""

import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath

from msgspec import Struct

from treadle.plan.expression import Json
from treadle.plan.integrations import Integration, Invocation, Line, Permission
from treadle.plan.lazy_pattern import lazy_pattern

_BLANK = lazy_pattern(r"\{(\w+)\}")


class Layout(StrEnum):
    """Which of the two layouts of its commands a project has for an agent."""

    SKILLS = "skills"
    COMMANDS = "commands"


class DispatchError(Exception):
    """A wish that an agent cannot be given, with the reason for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Wish(Struct, frozen=True, kw_only=True):
    """What an agent is asked to do.

    Shapes: with a `command`, `text` holds its arguments, otherwise it is the prompt. `programs`
    are the ways to start the agent (see `programs`); `project` is an absolute path.
    """

    text: str
    command: str | None = None
    model: str | None = None
    programs: tuple[tuple[str, ...], ...]
    project: str
    environment: Mapping[str, str]
    layout: Layout = Layout.SKILLS
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Json]


def programs(
    integration: Integration, environment: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    """Return the ways to start an agent's program, the preferred one first.

    Shapes: a way of more than one word is a plugin that has to be probed.
    """
    plugin = integration.plugin
    override = environment.get(_variable(integration, "EXECUTABLE"), "").strip()
    if not override:
        own = (integration.program,)
        return (own,) if plugin is None else (own, plugin.words)
    if plugin is not None and PurePath(override).name == plugin.words[0]:
        return ((override, *plugin.words[1:]),)
    return ((override,),)


def check(integration: Integration, wish: Wish) -> None:
    """Refuse a wish for an agent without a command line, or with things that it does not take.

    Errors: DispatchError.
    """
    if integration.line is None:
        raise DispatchError(f"integration '{integration.key}' has no command line")
    if wish.arguments and integration.reference is None:
        raise DispatchError(f"integration '{integration.key}' takes no 'integration_args'")
    if len(wish.arguments) > 1:
        raise DispatchError(f"'integration_args' holds one value: {integration.reference}")
    for name, value in wish.options.items():
        option = integration.options.get(name)
        if option is None:
            raise DispatchError(f"integration '{integration.key}' has no option '{name}'")
        if not isinstance(value, str) or not value.strip():
            raise DispatchError(f"the option '{name}' must be text that is not empty")
        if option.values and value not in option.values:
            known = ", ".join(f"'{known}'" for known in option.values)
            raise DispatchError(f"the option '{name}' must be one of {known}")


def argv(integration: Integration, wish: Wish, *, program: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command line of an agent for a wish that was checked.

    Shapes: `program` is one of the wish's ways to start it; its first word comes first.
    Errors: DispatchError for the arguments that the environment adds.
    """
    prompt = _prompt(integration, wish)
    line, slash = _line(integration, wish, prompt=prompt)
    lists = {
        "program": program,
        "extra": _extra(integration, wish),
        "permission": _permitted(integration.permission, wish.environment),
        "options": _options(integration, wish),
    }
    texts = {
        "prompt": prompt,
        "model": wish.model or "",
        "project": wish.project,
        "command": _stem(wish.command or ""),
        **slash,
    }
    return _filled(line, lists, texts=texts)


def _prompt(integration: Integration, wish: Wish) -> str:
    """Return the prompt, or the way the agent wants a command to be called."""
    if wish.command is None:
        return wish.text
    form: Invocation | None = integration.invocation
    if wish.layout is Layout.COMMANDS and integration.commands_layout is not None:
        form = integration.commands_layout.invocation
    if form is None:
        return wish.text
    name = _stem(wish.command).replace(".", form.dots)
    lead, _, word = form.prefix.rpartition("speckit")
    if form.is_idempotent and wish.command.startswith(f"speckit{word}"):
        invocation = f"{lead}{name}"
    else:
        invocation = f"{form.prefix}{name}"
    return f"{invocation} {wish.text}" if wish.text else invocation


def _stem(command: str) -> str:
    return command.removeprefix("speckit.")


def _line(integration: Integration, wish: Wish, *, prompt: str) -> tuple[Line, Mapping[str, str]]:
    """Return the line to fill, with the texts that its pattern found in the prompt."""
    layout = integration.commands_layout
    is_command = wish.command is not None and wish.layout is Layout.COMMANDS
    if is_command and layout is not None and layout.line is not None:
        return layout.line, {}
    if integration.slash is not None:
        match = re.fullmatch(integration.slash.pattern, prompt, re.DOTALL)
        if match is not None:
            return integration.slash.line, match.groupdict(default="")
    return integration.line or (), {}


def _extra(integration: Integration, wish: Wish) -> tuple[str, ...]:
    """Return the step's own arguments, or else those of the environment."""
    variable = _variable(integration, "EXTRA_ARGS")
    source = "'integration_args'" if wish.arguments else variable
    try:
        words = wish.arguments or tuple(shlex.split(wish.environment.get(variable, "").strip()))
    except ValueError as error:
        reason = str(error).lower()
        raise DispatchError(f"{variable} cannot be split into words: {reason}") from None
    needed = integration.reference
    if needed is None:
        return words
    if not words:
        raise DispatchError(f"'integration_args' or {variable} must give {needed}")
    if not words[0].strip() or words[0].startswith("-"):
        raise DispatchError(f"{source} must begin with {needed}")
    return words


def _permitted(permission: Permission | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    if permission is None:
        return ()
    values = (environment.get(name, "").strip().lower() for name in permission.variables)
    value = next((value for value in values if value), "")
    if permission.granted_by:
        return permission.words if value in permission.granted_by else ()
    return () if value in permission.denied_by else permission.words


def _options(integration: Integration, wish: Wish) -> tuple[str, ...]:
    words: list[str] = []
    for name, value in wish.options.items():
        words += (integration.options[name].flag, str(value))
    return tuple(words)


def _variable(integration: Integration, what: str) -> str:
    return f"SPECKIT_INTEGRATION_{integration.key.upper().replace('-', '_')}_{what}"


def _filled(
    line: Line, lists: Mapping[str, tuple[str, ...]], *, texts: Mapping[str, str]
) -> tuple[str, ...]:
    """Fill the blanks of a line; a group of words with an empty blank is left out."""
    words: list[str] = []
    for word in line:
        if isinstance(word, tuple):
            names = [name for part in word for name in _BLANK.findall(part)]
            if all(texts[name] for name in names):
                words += (_written(part, texts) for part in word)
        elif word[1:-1] in lists:
            words += lists[word[1:-1]]
        else:
            words.append(_written(word, texts))
    return tuple(words)


def _written(word: str, texts: Mapping[str, str]) -> str:
    return _BLANK.sub(lambda blank: texts[blank[1]], word)

"""The inputs of a workflow: the only place where values are coerced, defaulted and validated.

A first run, a resume, a default in the source and an answer at a gate take the same path, so
that none of them accepts what another refuses.
"""

import difflib
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from treadle.plan.acceptance import Acceptor, acceptor
from treadle.plan.canonical import canonical
from treadle.plan.coercion import (
    TextParser,
    Unfit,
    flaw,
    from_data,
    from_text,
    is_same,
    readings,
)
from treadle.plan.expression import Json
from treadle.plan.patterns import is_found
from treadle.plan.problems import UNCHECKABLE, Problem, from_violation, problem, shown

if TYPE_CHECKING:  # see `_validator`
    from treadle.plan.validation import Validator

AUTO = "auto"
INTEGRATION = "integration"

ORDER_KEY = "x-order"
PROMPT_KEY = "x-prompt"
SECRET_KEY = "x-secret"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Given(Struct, frozen=True, kw_only=True):
    """A value that came from outside.

    Shapes: `is_text` for text of a command line or an environment, whose meaning depends on the
    declared type; otherwise `value` is data of a file or of a caller.
    """

    value: Json
    is_text: bool


class Resolved(Struct, frozen=True, kw_only=True):
    """All values of a run's inputs, or everything that is wrong with them.

    Shapes: with problems, nothing may be run. `values` holds no secret; `missing` are the names
    that could still be asked for, each with a problem of its own; `changed` are the names whose
    value is not the stored one.
    """

    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def new_values(self, given: Collection[str]) -> dict[str, Json]:
        """Return the values that are given just now, and those that are not the stored ones."""
        return {n: v for n, v in self.values.items() if n in given or n in self.changed}

    def without_secrets(self, secrets: Collection[str]) -> "Resolved":
        """Leave out secrets and what is wrong with them, where somebody else has them."""
        problems = tuple(each for each in self.problems if each.field not in secrets)
        missing = tuple(name for name in self.missing if name not in secrets)
        return replace(self, secrets={}, problems=problems, missing=missing)


class Question(Struct, frozen=True, kw_only=True):
    """What a terminal needs in order to ask for an input.

    Shapes: `type_word` is a type of JSON Schema, None where the declaration leaves it open;
    `choices` is empty when everything of the type may be given.
    """

    name: str
    text: str
    type_word: str | None
    choices: tuple[Json, ...]
    default: Given | None
    is_required: bool
    is_secret: bool


class InputSet:
    """The declared inputs of a plan.

    Shapes: `schema` is the one object schema that the compiler made; `parse_yaml` reads the text
    of lists and mappings that is not JSON (ValueError for what is not YAML either).
    """

    def __init__(self, schema: Mapping[str, Json], *, parse_yaml: TextParser | None = None) -> None:
        self._schema = schema
        self._parse_yaml = parse_yaml
        self._properties = _declarations(schema)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all inputs, as declared."""
        order = self._schema.get(ORDER_KEY)
        listed = [str(name) for name in order] if isinstance(order, list) else []
        known = [name for name in listed if name in self._properties]
        return (*known, *(name for name in self._properties if name not in known))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of the inputs that are never stored or shown."""
        return frozenset(n for n, d in self._properties.items() if d.get(SECRET_KEY) is True)

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the inputs without which nothing runs; one with a default is not here."""
        listed = self._schema.get("required")
        return frozenset(str(name) for name in listed) if isinstance(listed, list) else frozenset()

    def declaration(self, name: str) -> Mapping[str, Json]:
        """Return the JSON Schema of an input. Errors: KeyError for an undeclared name."""
        return self._properties[name]

    def describe(self, name: str) -> Question:
        """Return what is needed to ask for an input. Errors: KeyError for an undeclared name."""
        declared = self._properties[name]
        text = declared.get(PROMPT_KEY) or declared.get("description") or name
        choices = declared.get("enum")
        has_default = "default" in declared
        return Question(
            name=name,
            text=str(text),
            type_word=_type_word(declared),
            choices=tuple(choices) if isinstance(choices, list) else (),
            default=Given(value=declared["default"], is_text=False) if has_default else None,
            is_required=name in self.required,
            is_secret=name in self.secrets,
        )

    def json_schema(self) -> dict[str, Json]:
        """Return the inputs as a JSON Schema for other programs, in declared order."""
        properties: dict[str, Json] = {}
        for name in self.names:
            shown_keys = {k: v for k, v in self._properties[name].items() if k != SECRET_KEY}
            hidden: dict[str, Json] = {"writeOnly": True} if name in self.secrets else {}
            properties[name] = {**shown_keys, **hidden}
        return {
            "$schema": _DIALECT,
            "type": "object",
            "properties": properties,
            "required": [name for name in self.names if name in self.required],
            "additionalProperties": False,
        }

    def resolve(
        self,
        given: Mapping[str, Given],
        *,
        lenient: bool,
        integration: str | None,
        environment: Mapping[str, Given] | None = None,
    ) -> Resolved:
        """Return the values of a first run: given, else of the environment, else the default.

        Shapes: `integration` is the project's own, which the value "auto" stands for.
        Errors: none; see `Resolved.problems`.
        """
        sources = {**(environment or {}), **given}
        undeclared = self._undeclared(given)
        settled = self._settle(sources, integration=integration, owed=frozenset())
        return _with_undeclared(settled, undeclared, lenient=lenient)

    def merge(
        self,
        stored: Mapping[str, Json],
        given: Mapping[str, Given],
        *,
        lenient: bool,
        integration: str | None,
        environment: Mapping[str, Given] | None = None,
        held: frozenset[str] = frozenset(),
    ) -> Resolved:
        """Return the values of a resume: given over stored, all of them validated again.

        Shapes: `held` are the secrets that the run had, which must be given again. Of the
        environment only secrets and absent required inputs are taken.
        """
        known = {n: Given(value=v, is_text=False) for n, v in stored.items()}
        wanted = (self.secrets | self.required) - known.keys()
        filling = {n: g for n, g in (environment or {}).items() if n in wanted}
        owed = self.secrets & (self.required | held)
        settled = self._settle({**filling, **known, **given}, integration=integration, owed=owed)
        changed = tuple(
            name
            for name, value in settled.values.items()
            if name not in stored or not is_same(value, stored[name])
        )
        undeclared = self._undeclared(given)
        return _with_undeclared(replace(settled, changed=changed), undeclared, lenient=lenient)

    def _undeclared(self, given: Mapping[str, Given]) -> tuple[Problem, ...]:
        found = []
        for name in given:
            if name not in self._properties:
                near = difflib.get_close_matches(name, self.names, 1)
                hint = f"did you mean '{near[0]}'?" if near else self._known_names()
                found.append(problem("TR705", name, hint=hint))
        return tuple(found)

    def _known_names(self) -> str:
        listed = ", ".join(f"'{name}'" for name in self.names)
        return f"the inputs are {listed}" if listed else "this workflow has no inputs"

    def _settle(
        self, sources: Mapping[str, Given], *, integration: str | None, owed: frozenset[str]
    ) -> Resolved:
        """Coerce, default and validate: the path that every value takes."""
        values: dict[str, Json] = {}
        problems: list[Problem] = []
        missing: list[str] = []
        for name in self.names:
            declared = self._properties[name]
            given = sources.get(name)
            if given is None and "default" in declared:
                given = Given(value=declared["default"], is_text=False)
            if given is not None:
                outcome = self._coerce(name, _without_auto(name, given, integration))
                if isinstance(outcome, Problem):
                    problems.append(outcome)
                else:
                    values[name] = outcome.value
            elif name in owed or name in self.required:
                missing.append(name)
                problems.append(problem("TR706" if name in owed else "TR701", name))
        problems += self._violations(values)
        secrets = {n: _secret_text(sources[n], v) for n, v in values.items() if n in self.secrets}
        public = {n: v for n, v in values.items() if n not in self.secrets}
        return Resolved(
            values=public,
            secrets=secrets,
            problems=tuple(problems),
            missing=tuple(missing),
            changed=tuple(public),
        )

    def _coerce(self, name: str, given: Given) -> "Given | Problem":
        """Return the value in its declared type, as data."""
        value, declared = given.value, self._properties[name]
        reason = flaw(value)
        if reason is not None:
            return problem("TR704", name, reason=reason)
        type_word = _type_word(declared)
        if not given.is_text or not isinstance(value, str):
            outcome = from_data(value, type_word)
        elif type_word is None:
            outcome = self._reading(name, value)
        else:
            outcome = from_text(value, type_word, self._parse_yaml)
        if isinstance(outcome, Unfit):
            found = "the value given" if name in self.secrets else shown(value)
            return problem("TR702", name, expected=outcome.expected, found=found)
        reason = flaw(outcome)
        if reason is not None:
            return problem("TR704", name, reason=reason)
        return Given(value=outcome, is_text=False)

    def _reading(self, name: str, text: str) -> Json:
        """Return the first meaning of a text that fits a declaration without a type."""
        found = [value for value in readings(text) if flaw(value) is None]
        return next((value for value in found if not self._violations({name: value})), found[0])

    def _violations(self, values: Mapping[str, Json]) -> tuple[Problem, ...]:
        """Validate coerced values; a part of the inputs is enough."""
        found: dict[Problem, None] = {}
        for name, value in values.items():
            fits = self._acceptors[name]
            if fits is not None and fits(value):
                continue
            is_auto = name == INTEGRATION and value == AUTO
            for violation in self._validator.violations({name: value}):
                if violation.keyword == UNCHECKABLE:
                    violation = replace(violation, path=(name,))
                # Without a path it is about the other inputs, which are not looked at here.
                if violation.path and not (is_auto and violation.keyword == "enum"):
                    found.setdefault(from_violation(violation, hidden=self.secrets))
        return tuple(found)

    @cached_property
    def _acceptors(self) -> Mapping[str, Acceptor | None]:
        return {n: acceptor(d, search=is_found) for n, d in self._properties.items()}

    @cached_property
    def _validator(self) -> "Validator":
        # jsonschema takes longer to import than a small plan to run; most values need no judge.
        from treadle.plan.validation import Validator

        return Validator(self._schema)


def _declarations(schema: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {name: d for name, d in properties.items() if isinstance(d, Mapping)}


def _type_word(declared: Mapping[str, Json]) -> str | None:
    word = declared.get("type")
    return word if isinstance(word, str) else None


def _without_auto(name: str, given: Given, integration: str | None) -> Given:
    """Replace the word that stands for the project's own integration."""
    if name == INTEGRATION and given.value == AUTO and integration is not None:
        return replace(given, value=integration)
    return given


def _secret_text(given: Given, value: Json) -> str:
    if isinstance(given.value, str):
        return given.value
    return value if isinstance(value, str) else canonical(value).decode("utf-8")


def _with_undeclared(
    settled: Resolved, undeclared: tuple[Problem, ...], *, lenient: bool
) -> Resolved:
    if lenient:
        return replace(settled, warnings=settled.warnings + undeclared)
    return replace(settled, problems=undeclared + settled.problems)

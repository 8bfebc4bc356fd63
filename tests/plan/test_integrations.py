import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas
from treadle.plan.integrations import integration, known

WITHOUT_COMMAND_LINE = (
    "cline",
    "firebender",
    "generic",
    "kilocode",
    "lingma",
    "none",
    "shai",
    "trae",
    "zed",
)


def test_the_table_fits_its_schema() -> None:
    table = json.loads((files("treadle.plan") / "integrations.json").read_text())

    assert [] == list(Draft202012Validator(schemas.load("integration")).iter_errors(table))


def test_every_integration_can_be_read() -> None:
    assert list(known()) == [entry.key for entry in map(integration, known()) if entry]
    assert 43 == len(known())


def test_a_key_that_nobody_knows_is_none() -> None:
    assert integration("clod") is None


def test_some_integrations_have_no_command_line() -> None:
    entries = [entry for entry in map(integration, known()) if entry]

    assert WITHOUT_COMMAND_LINE == tuple(entry.key for entry in entries if entry.line is None)


def test_one_integration_takes_arguments_and_options() -> None:
    entries = [entry for entry in map(integration, known()) if entry]

    assert [("docker-agent", ["agent", "safety"])] == [
        (entry.key, sorted(entry.options))
        for entry in entries
        if entry.reference is not None or entry.options
    ]


@pytest.mark.parametrize("key", ["bob", "copilot"])
def test_two_integrations_have_an_older_layout(key: str) -> None:
    entry = integration(key)

    assert entry is not None
    assert entry.commands_layout is not None

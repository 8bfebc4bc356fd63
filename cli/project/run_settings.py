"""What holds for the runs of a command: the environment, the project's file, the user's file."""

from collections.abc import Mapping

from treadle.cli.project.configuration import RunSettings, find_user_settings
from treadle.cli.project.temporal_settings import from_variables
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings

LIMIT_VARIABLE = "TREADLE_MAX_PROCESSES"


def run_settings(settings: Settings, environment: Mapping[str, str]) -> RunSettings:
    """Return the settings of runs; the environment comes first, the user's file last.

    Errors: Rejected with TR101, TR611 to TR615 or TR720.
    """
    project = settings.configuration.runs
    return _from_environment(environment).over(project.over(find_user_settings(environment)))


def _from_environment(environment: Mapping[str, str]) -> RunSettings:
    temporal = from_variables(environment)
    text = environment.get(LIMIT_VARIABLE, "").strip()
    if not text:
        return RunSettings(temporal=temporal)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise Rejected.because("TR720", variable=LIMIT_VARIABLE, found=text)
    return RunSettings(max_processes=int(text), temporal=temporal)

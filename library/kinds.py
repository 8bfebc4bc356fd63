"""The two kinds of things that a project installs: workflows, and step types in packages.

Everything about fetching, keeping and removing is the same for both; what differs is data here.

Source: Spec Kit 1.2.3, whose files, keys and variables these are; `treadle.lock` is ours.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from msgspec import Struct

from treadle.library.ids import id_fault
from treadle.library.member_names import check_name
from treadle.library.refusal import Refused
from treadle.plan.problems import shown
from treadle.plan.step_types import BUILT_IN, MAX_NAME

WORKFLOW_FILE = "workflow.yml"
STEP_FILE = "step.yml"
STEP_CODE = "__init__.py"
TYPE_SUFFIX = ".yml"
LOCK_NAME = "treadle.lock"
CACHE_NAME = ".cache"

_WORKFLOWS_FOLDER = PurePosixPath(".specify", "workflows")
_STEP_REGISTRY = "step-registry.json"
# What stands in the folder of the step types beside them.
_BESIDE_STEPS = frozenset({CACHE_NAME, _STEP_REGISTRY, LOCK_NAME})


class Kind(Struct, frozen=True, kw_only=True):
    """How things of one kind are called, and where a project keeps them.

    Shapes: `key` is the member of registries, lock files and catalogs that holds them; `command`
    is what their verbs begin with. `single_name` says how the only file of a package is called,
    by the name that it came with and the id that it is to have; `main_file` finds the file that a
    package is about, given the names of all, or raises ValueError with the reason for which there
    is none.
    """

    noun: str
    key: str
    command: str
    folder: PurePosixPath
    registry_name: str
    install_lock: str
    catalogs_name: str
    catalog_variable: str
    cache_prefix: str
    entry_file: str
    refused_id: str
    unknown: str
    fault: Callable[[object], str | None]
    single_name: Callable[[str, str | None], str]
    main_file: Callable[[Iterable[str], str | None], str]

    def check_id(self, id: object) -> str:
        """Return an id that may name a folder. Errors: Refused with the code of the kind."""
        reason = self.fault(id)
        if reason is None and isinstance(id, str):
            return id
        named = (shown(id) if isinstance(id, str) else f"'{type(id).__name__}'").strip("'")
        raise Refused.because(self.refused_id, id=named, source=named, reason=reason)

    def not_installed(self, id: str) -> Refused:
        """Return the refusal of what is not there."""
        return Refused.because(self.unknown, id=id, type=id)


def step_id_fault(id: object) -> str | None:
    """Return why something cannot be the id of a step package, None when it can.

    >>> step_id_fault("deploy_v2"), step_id_fault("../etc")
    (None, 'it is no plain name')
    """
    if not isinstance(id, str):
        return "it is not text"
    if len(id) > MAX_NAME:
        return f"it has more than {MAX_NAME} characters"
    if id in BUILT_IN:
        return "treadle has a step type of that name"
    try:
        is_plain = check_name(id) == id and "/" not in id
    except ValueError:
        is_plain = False
    if not is_plain or id.startswith(".") or id != id.strip():
        return "it is no plain name"
    if id.lower() in _BESIDE_STEPS or id.lower().endswith(TYPE_SUFFIX):
        return "a file of that name holds something else"
    return None


def _workflow_main(names: Iterable[str], wanted: str | None) -> str:
    if WORKFLOW_FILE in names:
        return WORKFLOW_FILE
    raise ValueError(f"no {WORKFLOW_FILE} at its root")


def _step_single(name: str, wanted: str | None) -> str:
    is_named = name.endswith(TYPE_SUFFIX) or wanted is None
    return name if is_named else f"{wanted}{TYPE_SUFFIX}"


def _step_main(names: Iterable[str], wanted: str | None) -> str:
    """Find the `step.yml` of a package of Spec Kit, or the one file that declares a type."""
    found = sorted(name for name in names if "/" not in name)
    if STEP_FILE in found:
        if STEP_CODE not in found:
            raise ValueError(f"a package with a {STEP_FILE} needs an {STEP_CODE} beside it")
        return STEP_FILE
    if wanted is not None and f"{wanted}{TYPE_SUFFIX}" in found:
        return f"{wanted}{TYPE_SUFFIX}"
    types = [name for name in found if name.endswith(TYPE_SUFFIX)]
    if len(types) != 1:
        raise ValueError(f"it has {len(types)} files '*{TYPE_SUFFIX}', and one is needed")
    return types[0]


WORKFLOWS = Kind(
    noun="workflow",
    key="workflows",
    command="treadle",
    folder=_WORKFLOWS_FOLDER,
    registry_name="workflow-registry.json",
    install_lock=".workflow-install.lock",
    catalogs_name="workflow-catalogs.yml",
    catalog_variable="SPECKIT_WORKFLOW_CATALOG_URL",
    cache_prefix="workflow-catalog",
    entry_file=WORKFLOW_FILE,
    refused_id="TR956",
    unknown="TR957",
    fault=id_fault,
    single_name=lambda _, wanted: WORKFLOW_FILE,
    main_file=_workflow_main,
)
STEPS = Kind(
    noun="step type",
    key="steps",
    command="treadle step",
    folder=_WORKFLOWS_FOLDER / "steps",
    registry_name=_STEP_REGISTRY,
    install_lock=".step-install.lock",
    catalogs_name="step-catalogs.yml",
    catalog_variable="SPECKIT_STEP_CATALOG_URL",
    cache_prefix="step-catalog",
    entry_file=STEP_FILE,
    refused_id="TR748",
    unknown="TR749",
    fault=step_id_fault,
    single_name=_step_single,
    main_file=_step_main,
)

"""What a package would bring, as a tree: every command in full, and nothing of it disguised."""

from collections.abc import Iterator, Sequence

from treadle.cli.plans.plan_diff import diff_outline
from treadle.cli.text.byte_sizes import byte_size
from treadle.cli.text.counted import counted
from treadle.cli.text.outline import Outline
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import one_line
from treadle.library.acts import Act, ActKind, SecretUse
from treadle.library.appraise import Appraisal
from treadle.library.callers import BrokenCaller
from treadle.library.package import Package

_TITLES = {
    ActKind.SHELL: "runs commands",
    ActKind.NETWORK: "reaches agents and the network",
    ActKind.OTHER: "does more",
}
_MAX_FILES = 12
_MAX_FAULTS = 6


def package_outline(appraisal: Appraisal, paint: Paint) -> Outline:
    """Return what would be installed, and what that would do."""
    plan, package = appraisal.plan, appraisal.obtained.package
    count = len(package.files)
    files = f"{counted(count, 'file')}, {byte_size(package.size)}"
    notes = [f"from {one_line(package.label, 200)} ({files})"]
    if appraisal.is_same:
        notes.append("the same files are installed already")
    children = [*act_outlines(appraisal.acts, appraisal.secrets, paint)]
    if count > 1:
        children.append(files_outline(package, paint))
    if appraisal.old is not None and appraisal.difference is not None and not appraisal.is_same:
        changes = diff_outline(appraisal.old, plan, appraisal.difference, paint)
        told = changes.children or (Outline(title="nothing that a plan shows"),)
        children.append(Outline(title=paint("changes", Role.QUIET), children=told))
    if appraisal.breaks:
        told = tuple(caller_outline(caller, paint) for caller in appraisal.breaks)
        children.append(Outline(title=paint("breaks what is installed", Role.ERROR), children=told))
    version = paint(f"{_versions(appraisal)}  {one_line(plan.name)}", Role.QUIET)
    return Outline(
        title=f"{paint(plan.id, Role.NAME)} {version}",
        notes=tuple(notes),
        children=tuple(children),
    )


def act_outlines(
    acts: Sequence[Act], secrets: Sequence[SecretUse], paint: Paint
) -> Iterator[Outline]:
    """Yield what a plan does, one tree for each kind of doing."""
    for kind, title in _TITLES.items():
        found = [act for act in acts if act.kind is kind]
        if found:
            inside = tuple(_act_outline(act, paint) for act in found)
            yield Outline(title=paint(title, Role.WARNING), children=inside)
    if secrets:
        names = tuple(Outline(title=_secret_line(secret, paint)) for secret in secrets)
        yield Outline(title=paint("takes secrets", Role.WARNING), children=names)
    if not acts and not secrets:
        yield Outline(title="runs no command, reaches no network, takes no secret")


def caller_outline(caller: BrokenCaller, paint: Paint) -> Outline:
    """Return an installed workflow that would no longer do, and why."""
    lines = [
        f"{fault.path}:{fault.found.span.line}:{fault.found.span.column}: "
        f"{fault.found.code}: {fault.found.message}"
        for fault in caller.faults[:_MAX_FAULTS]
    ]
    if len(caller.faults) > _MAX_FAULTS:
        lines.append(f"… and {len(caller.faults) - _MAX_FAULTS} more")
    notes = tuple(one_line(line, 300) for line in lines)
    return Outline(title=paint(one_line(caller.id), Role.NAME), notes=notes)


def plainly(text: str) -> str:
    """Return a text with everything that a terminal would not show as it is spelled out.

    >>> plainly("rm\\x1b[8m -rf ~")
    'rm\\\\x1b[8m -rf ~'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def files_outline(package: Package, paint: Paint) -> Outline:
    """Return the names of a package's files, the first of them when there are many."""
    names = [
        f"{plainly(name)}{' (executable)' if name in package.executables else ''}"
        for name in package.files
    ]
    if len(names) > _MAX_FILES:
        names[_MAX_FILES:] = [f"… and {len(names) - _MAX_FILES} more"]
    inside = tuple(Outline(title=name) for name in names)
    return Outline(title=paint("brings files", Role.QUIET), children=inside)


def _act_outline(act: Act, paint: Paint) -> Outline:
    lines = plainly(act.text).strip("\n").split("\n")
    return Outline(title=paint(one_line(act.path), Role.QUIET), notes=tuple(lines))


def _secret_line(secret: SecretUse, paint: Paint) -> str:
    where = f"  into {', '.join(map(one_line, secret.readers))}" if secret.readers else "  unused"
    return f"{paint(one_line(secret.name), Role.NAME)}{where}"


def _versions(appraisal: Appraisal) -> str:
    new = appraisal.plan.version
    old = (appraisal.replaces or {}).get("version") if appraisal.is_there else None
    return new if old in (None, new) else f"{one_line(str(old))} → {new}"

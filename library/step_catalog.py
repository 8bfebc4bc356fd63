"""Step types of a catalog: an archive or a file as of workflows, or the single files of a package.

Source: Spec Kit 1.2.3: `url` or `step_yml_url`, `init_url`, `extra_files` and a digest for each.
"""

import hashlib
from collections.abc import Mapping

from treadle.library.archive import MAX_BYTES, MAX_MEMBER_BYTES, MAX_MEMBERS, Member
from treadle.library.catalog import Listed
from treadle.library.credentials import Credentials
from treadle.library.download import download
from treadle.library.kinds import STEP_CODE, STEP_FILE, STEPS
from treadle.library.member_names import check_name, check_together
from treadle.library.package import Package, packed
from treadle.library.refusal import Refused
from treadle.plan.expression import Json

_REQUIRED = frozenset({STEP_FILE, STEP_CODE})


def is_in_files(listed: Listed) -> bool:
    """Whether a catalog lists the files of a package of Spec Kit one by one."""
    name = listed.text("url").partition("?")[0].rpartition("/")[2]
    return bool(listed.text("step_yml_url") or listed.text("init_url")) or name == STEP_FILE


def package_of_files(listed: Listed, credentials: Credentials) -> Package:
    """Fetch the files of a package and look that they are what the catalog says.

    Errors: Refused with TR950, TR951, TR952 or TR954.
    """
    addresses = _addresses(listed)
    digests = _digests(listed, addresses)
    members: list[Member] = []
    size = 0
    for name, url in addresses.items():
        content = download(url, limit=MAX_MEMBER_BYTES, credentials=credentials).content
        size += len(content)
        if size > MAX_BYTES:
            raise _refused(listed, f"it has more than {MAX_BYTES} bytes")
        digest = hashlib.sha256(content).hexdigest()
        if digests and digests[name] != digest:
            reason = f"'{name}' has the digest {digest}, and the catalog says {digests[name]}"
            raise _refused(listed, reason)
        members.append(Member(name=name, content=content, is_executable=False))
    return packed(tuple(members), label=addresses[STEP_FILE], kind=STEPS)


def plain_digest(text: str) -> str:
    """Return a digest of a catalog as it is compared.

    >>> plain_digest("SHA256:AB")
    'ab'
    """
    return text.lower().removeprefix("sha256:")


def _addresses(listed: Listed) -> Mapping[str, str]:
    """Return where each file of a package is, by its name in the package."""
    url = listed.text("step_yml_url") or listed.text("url")
    code = listed.text("init_url")
    if not code and url.endswith(STEP_FILE):
        code = url.removesuffix(STEP_FILE) + STEP_CODE
    if not url or not code:
        missing = "url" if not url else "init_url"
        reason = f"the catalog '{listed.source.name}' gives no '{missing}'"
        raise Refused.because("TR950", source=listed.id, reason=reason)
    more = {name: where for name, where in _extra(listed).items() if not _is_required(name)}
    try:
        names = [check_name(name) for name in (STEP_FILE, STEP_CODE, *more)]
        check_together((name, False) for name in names)
    except ValueError as error:
        raise _refused(listed, f"'extra_files': {error}") from error
    if len(names) > MAX_MEMBERS:
        raise _refused(listed, f"it holds more than {MAX_MEMBERS} files")
    return dict(zip(names, (url, code, *more.values()), strict=True))


def _extra(listed: Listed) -> Mapping[str, str]:
    found = listed.data.get("extra_files")
    return {name: str(url) for name, url in found.items()} if isinstance(found, Mapping) else {}


def _digests(listed: Listed, addresses: Mapping[str, str]) -> Mapping[str, str]:
    told: Json = listed.data.get("sha256")
    if told is None:
        return {}
    if not isinstance(told, Mapping) or told.keys() != addresses.keys():
        named = ", ".join(f"'{name}'" for name in addresses)
        raise _refused(listed, f"'sha256' is to hold a digest for each of {named}")
    return {name: plain_digest(str(digest)) for name, digest in told.items()}


def _is_required(name: str) -> bool:
    return name.replace("\\", "/").removeprefix("./").casefold() in _REQUIRED


def _refused(listed: Listed, reason: str) -> Refused:
    return Refused.because("TR954", source=listed.id, reason=reason)

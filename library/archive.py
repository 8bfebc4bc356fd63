"""Reading archives of strangers, in memory: nothing of one touches the disk before it is judged.

Only plain files and folders are taken. Count, size, ratio and depth are bounded before anything is
unpacked; what a header says is never trusted for what is read.
"""

import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from msgspec import Struct

from treadle.library.member_names import check_name, check_together

MAX_MEMBERS = 512
MAX_MEMBER_BYTES = 10 * 1024 * 1024
MAX_BYTES = 50 * 1024 * 1024
MAX_RATIO = 200
# Below this, no ratio does harm.
_SMALL_BYTES = 1024 * 1024
_MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
_END = struct.Struct("<4s4H2LH")  # the end record of the central directory, APPNOTE.TXT 4.3.16
_MEMBER_HEAD = 46
_LARGE_LOCATOR = b"PK\x06\x07"
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_ENCRYPTED = 0x1
_SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    OverflowError,
    IndexError,
    KeyError,
)


class Member(Struct, frozen=True, kw_only=True):
    """A file of an archive."""

    name: str
    content: bytes
    is_executable: bool


def is_archive_name(name: str) -> bool:
    """Whether a file name promises an archive.

    >>> is_archive_name("pack.tgz"), is_archive_name("flow.yml")
    (True, False)
    """
    return name.lower().endswith((".zip", ".tar.gz", ".tgz"))


def is_archive(content: bytes) -> bool:
    """Whether bytes begin as an archive does."""
    return content.startswith((_ZIP, _GZIP))


def read_archive(content: bytes, *, name: str) -> tuple[Member, ...]:
    """Return the files of an archive, whose name says of which kind it is when it is known.

    Errors: ValueError with the reason for which it is refused.
    """
    promised = name.lower()
    is_zip = content.startswith(_ZIP)
    if not is_archive(content):
        raise ValueError("it is neither a zip nor a gzip file")
    if is_archive_name(promised) and promised.endswith(".zip") != is_zip:
        raise ValueError("its name says one kind of archive, its content another")
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        return tuple(_zip_members(content) if is_zip else _tar_members(content))
    except _BROKEN as error:
        told = " ".join(str(error).split())[:80]
        raise ValueError(f"it is damaged: {told or type(error).__name__}") from error


def _zip_members(content: bytes) -> Iterator[Member]:
    _check_directory(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        # The library cuts a name at its first NUL.
        names = [check_name(info.orig_filename) for info in infos]
        check_together((name, info.is_dir()) for name, info in zip(names, infos, strict=True))
        for name, info in zip(names, infos, strict=True):
            _check_zip_info(name, info)
        _check_sizes([info.file_size for info in infos], packed=len(content))
        for name, info in zip(names, infos, strict=True):
            if info.is_dir():
                continue
            with archive.open(info) as file:
                read = file.read(MAX_MEMBER_BYTES + 1)
            if len(read) != info.file_size:
                raise ValueError(f"'{name}' is not as long as it says")
            mode = info.external_attr >> 16
            yield Member(name=name, content=read, is_executable=bool(mode & stat.S_IXUSR))


def _check_directory(content: bytes) -> None:
    """Bound the central directory before it is read as a whole.

    Source: APPNOTE.TXT 4.3.16; the record that is looked at is the one that the library takes.
    """
    tail = content[-(_END.size + 0xFFFF) :]
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise ValueError("it is damaged: no directory")
    _, disk, first_disk, here, count, size, _, comment = _END.unpack_from(tail, at)
    start = len(content) - len(tail) + at
    if at + _END.size + comment != len(tail):
        raise ValueError("something stands behind its directory")
    if content[max(start - 20, 0) : start].startswith(_LARGE_LOCATOR):
        raise ValueError("it is a ZIP64 archive")
    if disk or first_disk or here != count:
        raise ValueError("it is one of several volumes")
    if count > MAX_MEMBERS:
        raise ValueError(f"it holds more than {MAX_MEMBERS} members")
    if size > min(_MAX_DIRECTORY_BYTES, start) or size < count * _MEMBER_HEAD:
        raise ValueError("it is damaged: a directory of an impossible size")
    if content[start - size : start].count(b"PK\x01\x02") > MAX_MEMBERS:
        raise ValueError(f"it holds more than {MAX_MEMBERS} members")


def _check_zip_info(name: str, info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise ValueError(f"'{name}' is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ValueError(f"'{name}' is a device, a pipe or a socket")
    if mode & _SPECIAL_BITS:
        raise ValueError(f"'{name}' would run as its owner (setuid)")
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(f"'{name}' is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"'{name}' is compressed in a way that cannot be bounded")
    if info.file_size > _SMALL_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise ValueError(f"'{name}' is packed more than {MAX_RATIO} times")


def _tar_members(content: bytes) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(_unzipped(content)), mode="r:") as archive:
        infos: list[tarfile.TarInfo] = []
        for info in archive:
            infos.append(info)
            if len(infos) > MAX_MEMBERS:
                raise ValueError(f"it holds more than {MAX_MEMBERS} members")
        names = [
            check_name(info.name.removeprefix("./") or ".") for info in infos if not _is_root(info)
        ]
        infos = [info for info in infos if not _is_root(info)]
        check_together((name, info.isdir()) for name, info in zip(names, infos, strict=True))
        for name, info in zip(names, infos, strict=True):
            _check_tar_info(name, info)
        _check_sizes([info.size for info in infos], packed=len(content))
        for name, info in zip(names, infos, strict=True):
            file = archive.extractfile(info)
            if file is None:
                continue
            read = file.read(MAX_MEMBER_BYTES + 1)
            if len(read) != info.size:
                raise ValueError(f"'{name}' is not as long as it says")
            yield Member(name=name, content=read, is_executable=bool(info.mode & stat.S_IXUSR))


def _is_root(info: tarfile.TarInfo) -> bool:
    """Whether a member is the folder itself, as ``tar -C folder .`` writes it."""
    return info.isdir() and info.name == "."


def _unzipped(content: bytes) -> bytes:
    """Return what a gzip file holds, without ever holding more than is allowed."""
    limit = MAX_BYTES + 2 * 1024 * MAX_MEMBERS
    parts, size, rest = [], 0, content
    while rest:
        stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        part = stream.decompress(rest, limit - size + 1)
        parts.append(part)
        size += len(part)
        if size > limit:
            raise ValueError(f"it holds more than {MAX_BYTES} bytes")
        if not stream.eof:
            raise ValueError("it is damaged: it ends too early")
        rest = stream.unused_data.lstrip(b"\0")
    if size > _SMALL_BYTES and size > MAX_RATIO * len(content):
        raise ValueError(f"it is packed more than {MAX_RATIO} times")
    return b"".join(parts)


def _check_tar_info(name: str, info: tarfile.TarInfo) -> None:
    if info.issym() or info.islnk():
        raise ValueError(f"'{name}' is a link")
    if info.isdev():
        raise ValueError(f"'{name}' is a device or a pipe")
    if info.issparse():
        raise ValueError(f"'{name}' is a sparse file")
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        raise ValueError(f"'{name}' is neither a file nor a folder")
    if info.mode & _SPECIAL_BITS:
        raise ValueError(f"'{name}' would run as its owner (setuid)")
    if info.size < 0:
        raise ValueError(f"'{name}' is damaged")


def _check_sizes(sizes: list[int], *, packed: int) -> None:
    if len(sizes) > MAX_MEMBERS:
        raise ValueError(f"it holds more than {MAX_MEMBERS} members")
    if max(sizes, default=0) > MAX_MEMBER_BYTES:
        raise ValueError(f"it holds a file of more than {MAX_MEMBER_BYTES} bytes")
    if sum(sizes) > MAX_BYTES:
        raise ValueError(f"it holds more than {MAX_BYTES} bytes")
    if sum(sizes) > _SMALL_BYTES and sum(sizes) > MAX_RATIO * packed:
        raise ValueError(f"it is packed more than {MAX_RATIO} times")

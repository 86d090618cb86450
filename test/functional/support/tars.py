"""Makes layers: tars in memory, member by member."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import hashlib
import io
import lzma
import os
import pathlib
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Mapping

MTIME = 1_700_000_000
GZIP, ZSTD, XZ, BZIP2 = "gzip", "zstd", "xz", "bzip2"
COMPRESSIONS = (GZIP, ZSTD, XZ, BZIP2)


@dataclasses.dataclass(frozen=True)
class Member:
    """One entry of a tar: what tarfile needs to write it."""

    info: tarfile.TarInfo
    content: bytes = b""


def member(name: str, kind: bytes, mode: int, content: bytes = b"", **fields: object) -> Member:
    """Any member. `fields` are attributes of tarfile.TarInfo: uid, gid, mtime, linkname, devmajor, pax_headers, ..."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime, info.size = kind, mode, MTIME, len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return Member(info, content)


def file(name: str, content: bytes | str = b"", mode: int = 0o644, **fields: object) -> Member:
    data = content.encode() if isinstance(content, str) else content
    return member(name, tarfile.REGTYPE, mode, data, **fields)


def folder(name: str, mode: int = 0o755, **fields: object) -> Member:
    return member(name, tarfile.DIRTYPE, mode, **fields)


def symlink(name: str, target: str, **fields: object) -> Member:
    return member(name, tarfile.SYMTYPE, 0o777, linkname=target, **fields)


def hard_link(name: str, target: str, **fields: object) -> Member:
    return member(name, tarfile.LNKTYPE, 0o644, linkname=target, **fields)


def fifo(name: str, mode: int = 0o644) -> Member:
    return member(name, tarfile.FIFOTYPE, mode)


def device(name: str, major: int, minor: int, mode: int = 0o600, kind: bytes = tarfile.CHRTYPE) -> Member:
    return member(name, kind, mode, devmajor=major, devminor=minor)


def whiteout(name: str) -> Member:
    """Hides `name` of the layers below."""
    parent, _, base = name.rpartition("/")
    return file(f"{parent}/.wh.{base}" if parent else f".wh.{base}")


def opaque(name: str) -> Member:
    """Hides all that the layers below have in the directory `name`."""
    return file(f"{name}/.wh..wh..opq")


def xattrs(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Fields for member(): extended attributes, the way GNU tar and docker store them."""
    return {"pax_headers": {f"SCHILY.xattr.{name}": value for name, value in values.items()}}


def make_tar(members: Iterable[Member], format: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as tar:
        for entry in members:
            tar.addfile(entry.info, io.BytesIO(entry.content))
    return stream.getvalue()


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def run_filter(*command: str) -> Callable[[bytes], bytes]:
    return lambda data: subprocess.run(command, input=data, capture_output=True, check=True).stdout


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    GZIP: lambda data: gzip.compress(data, mtime=0),
    ZSTD: run_filter("zstd", "-q", "-c"),
    XZ: lzma.compress,
    BZIP2: bz2.compress,
}


def compress(data: bytes, compression: str | None) -> bytes:
    return COMPRESSORS[compression](data) if compression else data


def busybox() -> pathlib.Path:
    """Debian's static busybox."""
    found = shutil.which("busybox", path="/bin:/usr/bin")
    assert found, "busybox is missing: ./dev setup test"
    return pathlib.Path(found)


APPLETS = (
    "sh cat echo ls true false env id pwd sleep stat touch rm mkdir mount grep head tail wc hostname ip test seq kill "
    "readlink chmod chown find sort tty stty ulimit nproc date cut tr sed awk dd df"
).split()


def busybox_members() -> list[Member]:
    """A root file system of a few MB that a shell can live in."""
    folders = [folder(name) for name in ("bin", "etc", "dev", "proc", "sys", "root", "home", "var")]
    users = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n"
    groups = "root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n"
    return [
        *folders,
        folder("tmp", 0o1777),
        folder("home/alice", uid=1000, gid=1000),
        file("etc/passwd", users),
        file("etc/group", groups),
        file("bin/busybox", busybox().read_bytes(), 0o755),
        *(symlink(f"bin/{applet}", "busybox") for applet in APPLETS),
    ]


def folder_members(root: pathlib.Path, below: str = "") -> list[Member]:
    """Members for the files of a folder of this machine: real names, modes, links and sizes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(root, below or os.path.basename(root))
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        return [Member(info, tar.extractfile(info).read() if info.isreg() else b"") for info in tar]  # type: ignore[union-attr]

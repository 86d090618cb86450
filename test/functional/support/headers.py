"""Tars block by block: headers that no honest writer would write, all of them under a right checksum."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable

from support.tars import MTIME

BLOCK = 512
END = b"\0" * (2 * BLOCK)
SIZE, MTIME_FIELD, UID, DEVICE_MAJOR = 124, 136, 108, 329  # where the fields begin
GNU_SPARSE, GNU_EXTENDED, GNU_REAL_SIZE = 386, 482, 483
RUNS_IN_HEADER, RUNS_IN_BLOCK = 4, 21


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % BLOCK)


def octal(number: int, width: int = 12) -> bytes:
    return b"%0*o\0" % (width - 1, number)


def base_256(number: int, width: int = 12) -> bytes:
    """A number as GNU writes those that octal digits cannot hold: big-endian, two's complement, the first bit set."""
    data = bytearray(number.to_bytes(width, "big", signed=True))
    data[0] |= 0x80
    return bytes(data)


def sealed(block: bytes, changes: dict[int, bytes] | None = None) -> bytes:
    """The header block with bytes changed at some offsets, and the checksum that fits."""
    made = bytearray(block)
    for offset, data in ({148: b" " * 8} | (changes or {})).items():
        made[offset : offset + len(data)] = data
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def header(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, changes: dict[int, bytes] | None = None) -> bytes:
    """One block in the GNU dialect. `size` is honest; `changes` are the lies."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime, info.size = kind, 0o644, MTIME, size
    return sealed(info.tobuf(tarfile.GNU_FORMAT), changes)


def pax(*records: tuple[str, str | bytes], kind: bytes = tarfile.XHDTYPE) -> bytes:
    """An extended header. Unlike tarfile's, it may have a key several times."""
    text = b"".join(pax_record(key.encode(), value.encode() if isinstance(value, str) else value) for key, value in records)
    return header("pax", kind, len(text)) + padded(text)


def pax_record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + len(str(len(rest)))
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


Runs = Iterable[tuple[int, int]]


def gnu_runs(runs: Runs, room: int) -> bytes:
    """Offset and length of each run, in the room that a header or an extension block has for `room` of them."""
    data = b"".join(octal_or_256(number) for run in runs for number in run)
    return data.ljust(room * 24, b"\0")


def octal_or_256(number: int) -> bytes:
    return octal(number) if 0 <= number < 8**11 else base_256(number)


def gnu_sparse(name: str, runs: Runs, real_size: int, data: bytes) -> bytes:
    """A member in GNU's old sparse format, without what ends the archive."""
    all_runs = list(runs)
    first, rest = all_runs[:RUNS_IN_HEADER], all_runs[RUNS_IN_HEADER:]
    changes = {GNU_SPARSE: gnu_runs(first, RUNS_IN_HEADER), GNU_EXTENDED: b"\1" if rest else b"\0", GNU_REAL_SIZE: octal_or_256(real_size)}
    made = header(name, tarfile.GNUTYPE_SPARSE, len(data), changes)
    blocks = []
    for begin in range(0, len(rest), RUNS_IN_BLOCK):
        more = b"\1" if begin + RUNS_IN_BLOCK < len(rest) else b"\0"
        blocks.append((gnu_runs(rest[begin : begin + RUNS_IN_BLOCK], RUNS_IN_BLOCK) + more).ljust(BLOCK, b"\0"))
    return made + b"".join(blocks) + padded(data)


def pax_sparse(name: str, version: str, runs: Runs, real_size: int | str, data: bytes, count: int | None = None) -> bytes:
    """The same in one of the PAX formats: "0.0", "0.1" and "1.0". `count` is how many runs it says there are."""
    all_runs = list(runs)
    said = str(len(all_runs) if count is None else count)
    records: list[tuple[str, str | bytes]] = []
    if version == "1.0":
        records += [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", str(real_size))]
        lines = [said, *(str(number) for run in all_runs for number in run)]
        data = padded("".join(f"{line}\n" for line in lines).encode()) + data
    else:
        records += [("GNU.sparse.size", str(real_size)), ("GNU.sparse.numblocks", said)]
        if version == "0.1":
            records.append(("GNU.sparse.map", ",".join(str(number) for run in all_runs for number in run)))
        for offset, length in all_runs if version == "0.0" else ():
            records += [("GNU.sparse.offset", str(offset)), ("GNU.sparse.numbytes", str(length))]
    records.append(("GNU.sparse.name", name))
    return pax(*records) + header("GNUSparseFile.0/x", size=len(data)) + padded(data)

"""Tar headers whose numbers and records lie: sizes, owners, times, PAX headers, long names. All under a right checksum."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest

from support.archives import Image
from support.headers import DEVICE_MAJOR, END, MTIME_FIELD, SIZE, UID, base_256, header, padded, pax
from support.hostile import MEMORY, assert_one_line, assert_whole, docker, refused, refused_layer, within
from support.hostile import kept  # noqa: F401 (a fixture)
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver


def member(changes: dict[int, bytes] | None = None, data: bytes = b"in", name: str = "f") -> bytes:
    return header(name, size=len(data), changes=changes) + padded(data)


NUMBERS: dict[str, tuple[bytes, str]] = {
    "size -1 in base 256": (member({SIZE: base_256(-1)}), "size is negative"),
    "size of all bits": (member({SIZE: b"\xff" * 12}), "size is negative"),
    "size 2^63": (member({SIZE: base_256(2**63)}), "size is not a number"),
    "size 2^90": (member({SIZE: base_256(2**90)}), "size is not a number"),
    "size 2^63 - 1": (member({SIZE: base_256(2**63 - 1)}), "beyond 2^63"),
    "size 2^62": (member({SIZE: base_256(2**62)}), "unexpected end of data"),
    "size of a few more blocks": (member({SIZE: base_256(9000)}), "unexpected end of data"),
    "size -1 in digits": (member({SIZE: b"-0000000001\0"}), "size is negative"),
    "size of letters": (member({SIZE: b"00000000abc\0"}), "size is not a number"),
    "size with a 9": (member({SIZE: b"00000000009\0"}), "size is not a number"),
    "owner -1": (member({UID: base_256(-1, 8)}), "uid is negative"),
    "owner 2^32": (member({UID: base_256(2**32, 8)}), "user ID 4294967296"),
    "time 2^64": (member({MTIME_FIELD: base_256(2**64)}), "mtime is not a number"),
    "time of letters": (member({MTIME_FIELD: b"yesterday\0\0\0"}), "mtime is not a number"),
    "a device Linux cannot have": (header("f", b"3", 0, {DEVICE_MAJOR: base_256(2**31, 8)}), "device number"),
    "a negative device": (header("f", b"3", 0, {DEVICE_MAJOR: base_256(-1, 8)}), "is negative"),
}


@pytest.mark.parametrize(("layer", "words"), NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_that_lie(kept: Nacre, tmp_path: pathlib.Path, layer: bytes, words: str) -> None:
    done = refused_layer(kept, tmp_path, layer + END, words)
    assert "member 'f'" in done.err


@pytest.mark.parametrize(("layer", "words"), NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_that_lie_about_the_archive(kept: Nacre, tmp_path: pathlib.Path, layer: bytes, words: str) -> None:
    """The same members in front of an image, read from a file by their headers and from a pipe in one pass."""
    (tmp_path / "bad.tar").write_bytes(layer + END)
    assert_one_line(kept("load", "-i", tmp_path / "bad.tar").fails(1))
    refused(kept, layer + END)


@pytest.mark.parametrize("changes", [{SIZE: base_256(2)}, {UID: base_256(2**32 - 1, 8)}, {MTIME_FIELD: base_256(-1)},
                                     {MTIME_FIELD: base_256(-(2**63))}, {MTIME_FIELD: base_256(2**63 - 1)}], ids=str)  # fmt: skip
def test_numbers_in_base_256_that_are_right(nacre: Nacre, tmp_path: pathlib.Path, changes: dict[int, bytes]) -> None:
    nacre("load", stdin=docker(tmp_path, Image([member(changes) + END], ["odd:1"]))).ok()
    assert nacre("cat", "odd:1:/f").ok().out == "in"
    nacre("cp", "odd:1:/f", tmp_path / "out").ok()
    assert_whole(nacre)


def raw(text: bytes) -> bytes:
    """An extended header of any bytes."""
    return header("pax", b"x", len(text)) + padded(text)


BIG = 2**63
RECORDS: dict[str, tuple[bytes, str]] = {
    "no length": (raw(b"path=abcd\n"), "a record without a length"),
    "length 0": (raw(b"0 path=a\n"), "a record"),
    "a negative length": (raw(b"-9 path=a\n"), "the length of a record is wrong"),
    "a length beyond the header": (raw(b"99 path=a\n"), "the length of a record is wrong"),
    "a length beyond all numbers": (raw(b"99999999999999999999 path=a\n"), "the length of a record is wrong"),
    "a length that is too short": (raw(b"9 path=ab\n"), "does not end where its length says"),
    "no key": (raw(b"10 pathab\n"), "a record without a key"),
    "no new line": (raw(b"10 path=ab"), "does not end where its length says"),
    "a NUL in a path": (pax(("path", "a\0b")), "NUL"),
    "a NUL in a key": (pax(("SCHILY.xattr.user.a\0b", "v")), "NUL"),
    "size -1": (pax(("size", "-1")), "size is negative"),
    "size 2^63": (pax(("size", str(BIG))), "size is not a number"),
    "size 2^63 - 1": (pax(("size", str(BIG - 1))), "beyond 2^63"),
    "size 1e3": (pax(("size", "1e3")), "size is not a number"),
    "size of many blocks": (pax(("size", "9000")), "unexpected end of data"),
    "a size that hides the data": (pax(("size", "0")), "wrong checksum"),
    "owner -1": (pax(("uid", "-1")), "uid is negative"),
    "owner 2^32": (pax(("gid", str(2**32))), "group ID 4294967296"),
    "owner of letters": (pax(("uid", "root")), "uid"),
    "time of letters": (pax(("mtime", "yesterday")), "'yesterday' is not a time"),
    "time 2^64": (pax(("mtime", str(2**64))), "is not a time"),
    "a path out of the layer": (pax(("path", "../../etc/passwd")), "leads out of the layer"),
    "an xattr of 64 KB and more": (pax(("SCHILY.xattr.user.a", "v" * 65537)), "xattr 'user.a' of 65537 bytes"),
    "an xattr with a long name": (pax(("SCHILY.xattr.user." + "a" * 251, "v")), "xattr name 'user.aaa"),
    "a path of a megabyte": (pax(("path", "d/" * 500_000)), "path is longer than"),
    "a header of a megabyte and more": (pax(("comment", "x" * 1_048_576)), "an extended header of 10485"),
    "a long name of a megabyte and more": (header("n", b"L", 2_000_000) + padded(b"n" * 2_000_000), "an extended header of 2000000"),
    "a long name of -1 bytes": (header("n", b"L", 0, {SIZE: base_256(-1)}), "size is negative"),
    "a long name of 2^62 bytes": (header("n", b"L", 0, {SIZE: base_256(2**62)}), "an extended header of"),
}


@pytest.mark.parametrize(("before", "words"), RECORDS.values(), ids=RECORDS.keys())
def test_records_that_lie(kept: Nacre, tmp_path: pathlib.Path, before: bytes, words: str) -> None:
    refused_layer(kept, tmp_path, before + member() + END, words)


@pytest.mark.parametrize("before", [pax(("path", "g")), header("n", b"L", 10) + padded(b"n" * 10)], ids=["PAX", "GNU"])
@pytest.mark.parametrize("end", [b"", END], ids=["cut", "end"])
def test_a_header_for_nothing(kept: Nacre, tmp_path: pathlib.Path, before: bytes, end: bytes) -> None:
    refused_layer(kept, tmp_path, member() + before + end, "an extended header, then no member")


def test_members_after_a_zero_block(kept: Nacre, tmp_path: pathlib.Path) -> None:
    """What one reader takes for the end, another may read past: so it is neither."""
    refused_layer(kept, tmp_path, member() + b"\0" * 512 + member(name="hidden") + END, "a single zero block inside the archive")


BOMBS: dict[str, Callable[[], bytes]] = {
    "a megabyte of comment": lambda: pax(("comment", "x" * 1_048_500)),
    "100,000 headers": lambda: pax(("comment", "x")) * 100_000,
    "a hundred megabytes of global headers": lambda: b"".join(pax((f"key{n}", "x" * 1_000_000), kind=b"g") for n in range(100)),
    "100,000 global keys": lambda: b"".join(pax(*((f"{n}.{m}", "v") for m in range(1000)), kind=b"g") for n in range(100)),
    "20,000 xattrs": lambda: pax(*((f"SCHILY.xattr.user.{n:05}", "v") for n in range(20_000))),
    "xattrs that nobody takes": lambda: pax(*((f"SCHILY.xattr.com.apple.{n:05}", "v") for n in range(20_000))),
}


@pytest.mark.parametrize("before", BOMBS.values(), ids=BOMBS.keys())
def test_records_without_number(nacre: Nacre, tmp_path: pathlib.Path, before: Callable[[], bytes]) -> None:
    """They cost their reading, and no memory to speak of."""
    data = docker(tmp_path, Image([before() + member() + END], ["odd:1"]))
    within(nacre, MEMORY, "load", stdin=data).ok()
    assert within(nacre, MEMORY, "cat", "odd:1:/f").ok().out == "in"
    assert_whole(nacre)


def test_xattrs_do_not_command_us(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    """An image cannot use the marks that overlayfs and nacre have for themselves."""
    marks = {"overlay.opaque": "y", "overlay.redirect": "/etc", "nacre.link": "/etc/passwd", "nacre.implicit": "y"}
    before = pax(*((f"SCHILY.xattr.trusted.{name}", value) for name, value in marks.items()))
    layer = member(name="d/below") + before + header("d/", b"5") + before + member() + END
    nacre("load", stdin=docker(tmp_path, Image([member(name="d/lower") + END, layer], ["odd:1"]))).ok()
    assert nacre("ls", "odd:1:/d").ok().out.count("\n") == 2
    assert nacre("cat", "odd:1:/f").ok().out == "in"
    assert_whole(nacre)

"""Sparse members whose map lies, in GNU's old format and in the three of PAX. Go's archive/tar refuses each of these, and
docker and containerd with it; GNU tar reads the honest ones as we must."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest

from support.archives import Image
from support.hostile import MEMORY, assert_one_line, assert_whole, docker, kept, refused_layer, within  # noqa: F401 (kept is a fixture)
from support.headers import BLOCK, END, Runs, gnu_sparse, header, padded, pax, pax_sparse
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

Packer = Callable[[Runs, int, bytes], bytes]
DATA = b"a" * 10 + b"b" * 10
PACKERS: dict[str, Packer] = {
    "GNU": lambda runs, size, data: gnu_sparse("f", runs, size, data) + END,
    **{
        f"PAX {version}": lambda runs, size, data, version=version: pax_sparse("f", version, runs, size, data) + END
        for version in ("0.0", "0.1", "1.0")
    },
}
FORMATS = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS.keys())


def content_of(runs: Runs, size: int, data: bytes) -> bytes:
    content = bytearray(size)
    for offset, length in runs:
        content[offset : offset + length], data = data[:length], data[length:]
    return bytes(content)


HONEST: dict[str, tuple[list[tuple[int, int]], int, bytes]] = {
    "two runs": ([(5, 10), (512, 10)], 600, DATA),
    "no hole": ([(0, 20)], 20, DATA),
    "a hole at the end, as GNU tar marks it": ([(0, 20), (5000, 0)], 5000, DATA),
    "runs that touch": ([(5, 10), (15, 10)], 25, DATA),
    "a hole alone": ([(100_000, 0)], 100_000, b""),
    "more runs than a header holds": ([(number * 700, 7) for number in range(60)], 60 * 700, bytes(range(210)) * 2),
}


@FORMATS
@pytest.mark.parametrize(("runs", "size", "data"), HONEST.values(), ids=HONEST.keys())
def test_honest_maps(nacre: Nacre, tmp_path: pathlib.Path, pack: Packer, runs: Runs, size: int, data: bytes) -> None:
    nacre("load", stdin=docker(tmp_path, Image([pack(runs, size, data)], ["sparse:1"]))).ok()
    assert nacre("cat", "sparse:1:/f").ok().stdout == content_of(runs, size, data)
    assert_whole(nacre)


LIES: dict[str, tuple[list[tuple[int, int]], int, str]] = {
    "overlap": ([(5, 10), (14, 10)], 600, "overlap or are out of order"),
    "the same run twice": ([(5, 10), (5, 10)], 600, "overlap or are out of order"),
    "unsorted": ([(100, 10), (5, 10)], 600, "overlap or are out of order"),
    "beyond the end": ([(5, 10), (591, 10)], 600, "beyond the end of the file"),
    "far beyond the end": ([(5, 10), (2**62, 10)], 600, "beyond the end of the file"),
    "an end beyond all numbers": ([(2**63 - 5, 10), (2**63 - 1, 10)], 2**63 - 1, "beyond the end of the file"),
    "a negative offset": ([(-5, 10), (50, 10)], 600, "is negative"),
    "a negative length": ([(5, -10), (50, 30)], 600, "is negative"),
    "a negative size": ([(5, 10), (50, 10)], -600, "real size is negative"),
    "more than the data": ([(5, 10), (50, 11)], 600, "longer than the data"),
    "a single run of more than the data": ([(0, 2**40)], 2**40, "longer than the data"),
    "less than the data": ([(5, 10), (50, 9)], 600, "shorter than the data"),
    "no runs, but data": ([(600, 0)], 600, "shorter than the data"),
    "a size that no file has": ([(0, 20), (2**63 - 1, 0)], 2**63 - 1, "data beyond 2^63 bytes"),
    "runs too far apart to be mapped": ([(0, 10), (2**62, 10)], 2**62 + 10, "too large and too scattered"),
}


@FORMATS
@pytest.mark.parametrize(("runs", "size", "words"), LIES.values(), ids=LIES.keys())
def test_maps_that_lie(kept: Nacre, tmp_path: pathlib.Path, pack: Packer, runs: Runs, size: int, words: str) -> None:
    done = refused_layer(kept, tmp_path, pack(runs, size, DATA), words)
    assert "member 'f'" in done.err or words == "too large and too scattered"


def numbers(version: str, *runs: tuple[int | str, int | str], count: int | str | None = None) -> bytes:
    """A map of numbers that are none."""
    return pax_sparse("f", version, runs, 600, DATA, count) + END  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["0.0", "0.1", "1.0"])
@pytest.mark.parametrize("number", ["", "five", "0x10", "1e3", "1.5", " 1", str(2**63), str(2**64), "9" * 400], ids=lambda text: text[:20])
def test_maps_of_things_that_are_no_numbers(kept: Nacre, tmp_path: pathlib.Path, version: str, number: str) -> None:
    for layer in (numbers(version, (number, 20)), numbers(version, (0, number)), numbers(version, (0, 20), count=number)):
        refused_layer(kept, tmp_path, layer, "member 'f'")


@pytest.mark.parametrize("version", ["0.0", "0.1", "1.0"])
@pytest.mark.parametrize("count", [0, 2, -1, 2**62, 2**63 - 1])
def test_maps_of_another_length_than_they_say(kept: Nacre, tmp_path: pathlib.Path, version: str, count: int) -> None:
    layer = numbers(version, (0, 20), count=count)
    data = docker(tmp_path, Image([layer], ["bad:1"]))
    assert_one_line(within(kept, MEMORY, "load", stdin=data).fails(1, "member 'f'"))


@FORMATS
def test_maps_without_end(kept: Nacre, tmp_path: pathlib.Path, pack: Packer) -> None:
    """A million and one runs: more than are taken in, wherever they stand. Files have some thousand at most."""
    layer = pack([(number, 0) for number in range(1_000_001)], 2_000_000, b"")
    done = within(kept, MEMORY, "load", stdin=docker(tmp_path, Image([layer], ["bad:1"])))
    assert_one_line(done.fails(1, "member '"))
    assert "more than 1000000 runs" in done.err or "an extended header of" in done.err


def test_extension_blocks_without_end(kept: Nacre, tmp_path: pathlib.Path) -> None:
    """Each says that another follows, and the last of them is the last of the layer. None has a run: nothing adds up."""
    first = header("f", b"S", 0, {482: b"\1"})
    layer = first + (b"\0" * 504 + b"\1").ljust(BLOCK, b"\0") * 50_000
    refused_layer(kept, tmp_path, layer, "member 'f'", "unexpected end of data")


OTHERS: dict[str, tuple[bytes, str]] = {
    "a version nobody knows": (pax(("GNU.sparse.major", "2"), ("GNU.sparse.minor", "0")) + header("f") + END, "sparse format 2.0"),
    "half a version": (pax(("GNU.sparse.major", "1")) + header("f") + END, "sparse format 1."),
    "a sparse symlink": (pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")) + header("s", b"2") + END, "no regular file"),
    "lengths without offsets": (pax(("GNU.sparse.numblocks", "1"), ("GNU.sparse.numbytes", "5"), ("GNU.sparse.numbytes", "5"))
                                + header("f") + END, "PAX header"),
    "an odd number of numbers": (pax(("GNU.sparse.size", "600"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,20,30"))
                                 + header("f", size=20) + padded(DATA) + END, "member 'f'"),
    "a map that ends with the layer": (pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9"))
                                       + header("f", size=512) + b"9\n0\n", "unexpected end of data"),
}  # fmt: skip


@pytest.mark.parametrize(("layer", "words"), OTHERS.values(), ids=OTHERS.keys())
def test_maps_that_are_none(kept: Nacre, tmp_path: pathlib.Path, layer: bytes, words: str) -> None:
    refused_layer(kept, tmp_path, layer, words)

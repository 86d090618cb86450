"""Little that unpacks to much: it costs disk and time as it must, but no memory to speak of."""

from __future__ import annotations

import gzip
import lzma
import pathlib
from collections.abc import Iterator

import pytest

from support import archives, tars
from support.archives import Image
from support.headers import END, header, padded, sealed
from support.hostile import MEMORY, assert_one_line, assert_whole, docker, kept, within  # noqa: F401 (kept is a fixture)
from support.nacre import Nacre
from support.tars import file, make_tar

pytestmark = pytest.mark.one_driver

UNPACKED = 300_000_000  # bytes


@pytest.fixture(scope="module")
def zeros() -> bytes:
    return b"\0" * UNPACKED


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_an_archive_of_zeros(kept: Nacre, zeros: bytes, compression: str) -> None:
    done = within(kept, MEMORY, "load", stdin=tars.compress(zeros, compression))
    assert_one_line(done.fails(1, "manifest.json"))
    assert_whole(kept)


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_bombs_in_bombs(kept: Nacre, compression: str) -> None:
    """Packed twice: what comes out is no archive, and is not unpacked again and again."""
    done = within(kept, MEMORY, "load", stdin=tars.compress(tars.compress(b"\0" * 10_000_000, compression), compression))
    assert_one_line(done.fails(1))
    assert_whole(kept)


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_a_layer_of_zeros(nacre: Nacre, tmp_path: pathlib.Path, zeros: bytes, compression: str) -> None:
    """This one is right, whatever it was made for."""
    image = Image([make_tar([file("zeros", zeros), file("f", "in")])], ["bomb:1"])
    path = archives.docker_archive(tmp_path / "bomb.tar", image, layer_compression=compression)
    within(nacre, MEMORY, "load", "-i", str(path)).ok()
    assert within(nacre, MEMORY, "cat", "bomb:1:/f").ok().out == "in"
    assert_whole(nacre)


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_a_document_of_blanks(kept: Nacre, tmp_path: pathlib.Path, compression: str) -> None:
    """A manifest.json that is too large is not read into memory to find that out."""
    blanks = b"[" + b" " * UNPACKED + b"]"
    path = archives.write_members(tmp_path / "a.tar", {"manifest.json": blanks}, compression)
    for done in (within(kept, MEMORY, "load", "-i", str(path)), within(kept, MEMORY, "load", stdin=path.read_bytes())):
        assert_one_line(done.fails(1, "manifest.json"))
    assert_whole(kept)


def zstd_frame(window_log: int) -> bytes:
    """Magic, descriptor, window, and a last block of nothing. RFC 8878, 3.1.1."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(window_log - 10) << 3]) + b"\x01\0\0"


LARGE_DICTIONARY = [{"id": lzma.FILTER_LZMA2, "dict_size": 1536 << 20}]
WINDOWS = {
    **{f"zstd 2^{log}": (zstd_frame(log), "zstd: a window above 128 MiB") for log in (28, 31, 41)},
    "xz 1.5 GB": (lzma.compress(b"x" * 100, filters=LARGE_DICTIONARY), "xz: a dictionary above 128 MiB"),
}


@pytest.mark.parametrize(("data", "words"), WINDOWS.values(), ids=WINDOWS.keys())
def test_windows_that_cost_memory_before_the_first_byte(kept: Nacre, tmp_path: pathlib.Path, data: bytes, words: str) -> None:
    assert_one_line(within(kept, MEMORY, "load", stdin=data).fails(1, words))
    (tmp_path / "root.tar").write_bytes(data)
    assert_one_line(within(kept, MEMORY, "import", str(tmp_path / "root.tar"), "bad:1").fails(1, words))
    assert_whole(kept)


def test_gzip_of_a_million_empty_members(kept: Nacre) -> None:
    """Twenty bytes each, in a row: a stream of nothing that has to be passed."""
    assert_one_line(within(kept, MEMORY, "load", stdin=gzip.compress(b"") * 1_000_000).fails(1))
    assert_whole(kept)


def test_a_gzip_header_without_end(kept: Nacre) -> None:
    """A name of 50 MB, where a file name would be, and its end missing."""
    assert_one_line(within(kept, MEMORY, "load", stdin=b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 50_000_000).fails(1))
    assert_whole(kept)


def deep_members(count: int) -> Iterator[bytes]:
    """Each in two thousand directories of its own, all of which compress to nothing."""
    for number in range(count):
        path = f"{number:06}/" + "a/" * 2040 + "f"
        yield header("n", b"L", len(path) + 1) + padded(path.encode() + b"\0") + header("f")


def test_members_that_make_millions_of_directories(kept: Nacre, tmp_path: pathlib.Path) -> None:
    """90 KB of archive that would be a tree of twelve million directories, of several GB in memory."""
    data = docker(tmp_path, Image([b"".join(deep_members(6000)) + END], ["bad:1"]), compression=tars.GZIP)
    assert len(data) < 200_000
    done = within(kept, 4 * MEMORY, "load", stdin=data).fails(1, "need more than 1024 MiB of memory", "member '")
    assert_one_line(done)
    assert_whole(kept)


def numbered_members(count: int) -> bytes:
    """Empty files, a block each."""
    first = header("m/0000000")
    return b"".join(sealed(first, {2: b"%07d" % number}) for number in range(count)) + END


def test_many_empty_members(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    data = docker(tmp_path, Image([numbered_members(200_000)], ["odd:1"]), compression=tars.GZIP)
    within(nacre, MEMORY, "load", stdin=data).ok()
    assert within(nacre, MEMORY, "ls", "odd:1:/m").ok().out.count("\n") == 200_000
    assert_whole(nacre)

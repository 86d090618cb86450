"""What the tests of bad input share: a store that must not suffer, and small disks."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable, Iterator

import pytest

from support import archives
from support.archives import Image, tiny_image
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre, Result
from support.tars import file, make_tar

MEMORY = 700_000_000  # bytes of address space: several times what nacre needs, a fraction of what the bombs unpack to


@pytest.fixture
def kept(nacre: Nacre, tmp_path: pathlib.Path) -> Iterator[Nacre]:
    """A store with an image that must be as good after the test as before."""
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1", content="kept")))
    yield nacre
    assert nacre("images", "--format", "{{.Repository}}:{{.Tag}}").ok().lines == ["kept:1"]
    assert nacre("cat", "kept:1:/content").ok().out == "kept"
    assert_whole(nacre)


def assert_whole(nacre: Nacre) -> None:
    """Nothing is wrong, and no unfinished work and no lease is left."""
    nacre("store", "check", "-q").ok()
    assert wait_until_none(lambda: unfinished_work(nacre.root)) == []
    assert list((nacre.root / "leases").iterdir()) == []


def assert_one_line(done: Result) -> Result:
    """An error that the user can read: one line, and not a surprise to us."""
    assert done.err.startswith("nacre: ") and done.err.count("\n") == 1, done.err
    assert "internal error" not in done.err
    return done


def refused(nacre: Nacre, data: bytes, *words: str) -> Result:
    """Loads what must not load: one line of error that says `words`, and nothing left in the store."""
    done = assert_one_line(nacre("load", stdin=data).fails(1, *words))
    assert wait_until_none(lambda: unfinished_work(nacre.root)) == []
    assert list((nacre.root / "leases").iterdir()) == []
    return done


def refused_layer(nacre: Nacre, tmp_path: pathlib.Path, layer: bytes, *words: str) -> Result:
    return refused(nacre, docker(tmp_path, Image([layer], ["bad:1"])), *words)


def within(nacre: Nacre, memory: int, *arguments: str, stdin: bytes | None = None) -> Result:
    """A command that may not have more than so many bytes of address space."""
    command = ("prlimit", f"--as={memory}", *nacre.command(*arguments))
    done = subprocess.run(command, input=stdin or b"", capture_output=True, check=False, timeout=300, env=nacre.environment)
    return Result(command, done.returncode, done.stdout, done.stderr)


def packed(members: dict[str, bytes]) -> bytes:
    return make_tar(file(name, data) for name, data in members.items())


def docker(tmp_path: pathlib.Path, image: Image, **how: str) -> bytes:
    return archives.docker_archive(tmp_path / "image.tar", image, **how).read_bytes()


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[Callable[[str], Nacre]]:
    """Makes a store on a file system of its own: a tmpfs with these options."""
    points: list[pathlib.Path] = []

    def mount(options: str) -> Nacre:
        point = tmp_path / f"disk{len(points)}"
        point.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], check=True)
        points.append(point)
        return Nacre(point / "store")

    yield mount
    for point in points:
        wait_until_none(lambda point=point: unfinished_work(point / "store"))
        subprocess.run(["umount", "-l", str(point)], check=True)

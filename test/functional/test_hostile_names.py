"""Many files, deep directories, long names, many links and layers: odd, but right, so everything must work with them."""

from __future__ import annotations

import io
import pathlib
import subprocess
import tarfile

import pytest

from support.archives import Image, busybox_image
from support.hostile import assert_whole, docker
from support.nacre import Nacre
from support.tars import Member, file, folder, hard_link, make_tar, symlink, whiteout

MANY = 100_000


def load(nacre: Nacre, tmp_path: pathlib.Path, *layers: list[Member]) -> None:
    nacre("load", stdin=docker(tmp_path, Image([make_tar(members) for members in layers], ["odd:1"]))).ok()


def names_in(nacre: Nacre, path: str) -> list[str]:
    return [line.split(" ")[-1] for line in nacre("ls", f"odd:1:{path}").ok().lines]


def copied(nacre: Nacre, path: str) -> dict[str, bytes]:
    """Regular files of what `cp` gives as a tar, by name, and what is in them."""
    with tarfile.open(fileobj=io.BytesIO(nacre("cp", f"odd:1:{path}", "-").ok().stdout)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar if info.isreg()}  # type: ignore[union-attr]


@pytest.mark.one_driver
def test_many_files_in_one_folder(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    names = [f"{number:06}" for number in range(MANY)]
    shuffled = [names[number * 7919 % MANY] for number in range(MANY)]
    below = [file(f"many/{name}", name) for name in shuffled]
    load(nacre, tmp_path, below, [whiteout("many/000000"), file("many/000001", "changed"), file("many/last", "new")])
    assert names_in(nacre, "/many") == [*names[1:], "last"]
    for name, content in (("000001", "changed"), ("last", "new"), ("099999", "099999"), ("050000", "050000")):
        assert nacre("cat", f"odd:1:/many/{name}").ok().out == content
    nacre("cat", "odd:1:/many/000000").fails(1, "no such file")
    assert copied(nacre, "/many") == {f"many/{name}": name.encode() for name in names[2:]} | {
        "many/000001": b"changed",
        "many/last": b"new",
    }
    assert_whole(nacre)


def test_many_files_in_a_container(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    count = 10_000  # one driver makes them all
    image = busybox_image("odd:1", more=[[file(f"many/{number:06}", str(number)) for number in range(count)]])
    nacre("load", stdin=docker(tmp_path, image)).ok()
    script = "ls /many | wc -l; cat /many/009999; rm /many/000000; ls /many | wc -l"
    assert nacre("run", "--rm", "odd:1", "sh", "-c", script).ok().out == f"{count}\n9999{count - 1}\n"


DEPTH = 1000


def test_deep_directories(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    deep = "/".join(["d"] * DEPTH)
    image = busybox_image("odd:1", more=[[file(f"{deep}/f", "below")], [file(f"{deep}/g", "above"), hard_link("link", f"{deep}/f")]])
    nacre("load", stdin=docker(tmp_path, image)).ok()
    assert names_in(nacre, f"/{deep}") == ["f", "g"]
    assert nacre("cat", f"odd:1:/{deep}/f").ok().out == "below"
    assert copied(nacre, "/d") == {f"{deep}/f": b"below", f"{deep}/g": b"above"}
    nacre("cp", "odd:1:/d", tmp_path / "out").ok()
    assert nacre("run", "--rm", "odd:1", "cat", f"/{deep}/g", "/link").ok().out == "abovebelow"
    assert nacre("run", "--rm", "odd:1", "sh", "-c", "rm -r /d && ls / && cat /link").ok().out.endswith("below")
    subprocess.run(["rm", "-r", str(tmp_path / "out")], check=True)  # too deep for Python's own removal
    nacre("rmi", "odd:1").ok()
    assert_whole(nacre)


@pytest.mark.one_driver
def test_what_hides_deep_directories(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    deep = "/".join(["d"] * DEPTH)
    load(nacre, tmp_path, [file(f"{deep}/f")], [file(f"{deep}/g")], [whiteout("d/d"), file("d/kept", "in")])
    assert names_in(nacre, "/d") == ["kept"]
    assert_whole(nacre)


LONGEST = "/".join(["d" * 255] * 15 + ["e" * 253, "f"])  # 4,095 bytes: what the kernel takes with its terminator


def test_the_longest_names(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    assert len(LONGEST) == 4095
    image = busybox_image("odd:1", more=[[file(LONGEST, "in"), file("n" * 255, "in"), symlink("s", "t" * 4095)]])
    nacre("load", stdin=docker(tmp_path, image)).ok()
    assert nacre("cat", f"odd:1:/{LONGEST}").ok().out == "in"
    parent, _, name = LONGEST.rpartition("/")
    assert names_in(nacre, f"/{parent}") == [name]
    assert copied(nacre, "/" + "d" * 255) == {LONGEST: b"in"}
    script = f"cat /{'n' * 255} && cd /{parent} && cat f"
    assert nacre("run", "--rm", "odd:1", "sh", "-c", script).ok().out == "inin"
    assert_whole(nacre)


@pytest.mark.one_driver
def test_paths_that_nobody_can_ask_for(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, [folder("d"), file("d/f", "in"), symlink("loop", "loop")])
    for path in ("/" + "x" * 256, "/" + "x/" * 3000, "/d/f/g", "/loop/f", "/d/" + "n" * 10_000):
        done = nacre("cat", f"odd:1:{path}")
        assert done.code == 1 and done.err.startswith("nacre: ") and "internal error" not in done.err, done.err
    assert nacre("cat", "odd:1:/" + "d/../" * 2000 + "d/f").ok().out == "in"


@pytest.mark.one_driver
def test_many_names_of_one_file(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    """More than the 65,535 that 16 bits of an inode can count."""
    links = [hard_link(f"links/{number:06}", "f") for number in range(70_000)]
    load(nacre, tmp_path, [file("f", "in"), *links])
    first = nacre("ls", "odd:1:/links").ok().lines[0].split()
    assert first[1] == "70001"
    assert nacre("cat", "odd:1:/links/069999").ok().out == "in"
    assert_whole(nacre)


@pytest.mark.one_driver
def test_many_layers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    layers = [[file(f"layer/{number}", str(number)), file("last", str(number))] for number in range(500)]
    load(nacre, tmp_path, *layers)
    assert len(names_in(nacre, "/layer")) == 500
    assert nacre("cat", "odd:1:/last").ok().out == "499"
    assert len(nacre("history", "-q", "odd:1").ok().lines) == 500
    nacre("rmi", "odd:1").ok()
    assert_whole(nacre)
    assert list((nacre.root / "layers/sha256").iterdir()) == []

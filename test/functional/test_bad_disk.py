"""Disks that are full, out of inodes, slow to give them, or read-only: what was there stays whole."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.hostile import assert_one_line, assert_whole, small_disk  # noqa: F401 (a fixture)
from support.nacre import Nacre
from support.tars import file, make_tar

pytestmark = pytest.mark.one_driver

SmallDisk = Callable[[str], Nacre]


def big_image() -> Image:
    return Image([make_tar([file("big", os.urandom(6_000_000))])], ["big:1"])


def many_layers() -> Image:
    return Image([make_tar([file(f"f{number}", "x")]) for number in range(30)], ["many:1"])


def assert_only_kept(nacre: Nacre) -> None:
    assert len(nacre.image_ids()) == 1
    assert nacre("cat", "kept:1:/content").ok().out == "tiny"
    assert_whole(nacre)


@pytest.mark.parametrize("compression", [None, tars.GZIP])
def test_a_full_disk(small_disk: SmallDisk, tmp_path: pathlib.Path, compression: str | None) -> None:
    nacre = small_disk("size=4m")
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
    path = archives.docker_archive(tmp_path / "big.tar", big_image(), compression=compression)
    assert_one_line(nacre("load", "-i", path).fails(1, "no space left"))
    assert_one_line(nacre("load", stdin=path.read_bytes()).fails(1, "no space left"))
    (tmp_path / "root.tar").write_bytes(big_image().layers[0])
    assert_one_line(nacre("import", tmp_path / "root.tar", "big:2").fails(1, "no space left"))
    assert_only_kept(nacre)
    nacre("rmi", "kept:1").ok()


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_a_bomb_fills_the_disk_and_no_more(small_disk: SmallDisk, tmp_path: pathlib.Path, compression: str) -> None:
    """A few kilobytes that unpack to 64 MB: as a layer, and as the whole archive."""
    nacre = small_disk("size=8m")
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
    bomb = Image([make_tar([file("zeros", b"\0" * 64_000_000)])], ["bomb:1"])
    for how in ({"layer_compression": compression}, {"compression": compression}):
        path = archives.docker_archive(tmp_path / "bomb.tar", bomb, **how)
        assert_one_line(nacre("load", "-i", path).fails(1, "no space left"))
    (tmp_path / "root.tar").write_bytes(tars.compress(bomb.layers[0], compression))
    assert_one_line(nacre("import", tmp_path / "root.tar", "bomb:1").fails(1, "no space left"))
    assert_only_kept(nacre)


def test_a_disk_without_inodes(small_disk: SmallDisk, tmp_path: pathlib.Path) -> None:
    nacre = small_disk("size=20m,nr_inodes=60")
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
    before = os.statvfs(nacre.root).f_ffree
    nacre("load", "-i", archives.docker_archive(tmp_path / "many.tar", many_layers())).fails(1, "no space left")
    assert os.statvfs(nacre.root).f_ffree >= before  # what came in before the disk was full is gone again
    assert_only_kept(nacre)


def test_ext4_without_inodes(tmp_path: pathlib.Path) -> None:
    """A real file system, whose inodes are all taken by somebody else while there is space."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and mkfs.ext4")
    image, point = tmp_path / "disk", tmp_path / "mounted"
    point.mkdir()
    with image.open("wb") as disk:
        disk.truncate(32 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-N", "256", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(point)], check=True)
    try:
        nacre = Nacre(point / "store")
        nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
        nacre("cat", "kept:1:/content").ok()  # makes what reading needs
        taken = take_inodes(point / "taken", leave=4)
        assert_one_line(nacre("load", "-i", archives.docker_archive(tmp_path / "many.tar", many_layers())).fails(1, "no space left"))
        assert nacre("cat", "kept:1:/content").ok().out == "tiny"
        assert nacre("rmi", "kept:1").ok().lines[0] == "Untagged: kept:1"  # removing needs none
        shutil.rmtree(taken)
        nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
        assert_only_kept(nacre)
    finally:
        subprocess.run(["umount", str(point)], check=True)


def take_inodes(folder: pathlib.Path, leave: int) -> pathlib.Path:
    folder.mkdir()
    for number in range(os.statvfs(folder).f_favail - leave):
        (folder / str(number)).touch()
    return folder


def test_saving_to_a_full_disk(nacre: Nacre, small_disk: SmallDisk, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "big.tar", big_image()))
    disk = small_disk("size=2m").root.parent
    nacre("save", "-o", disk / "out.tar", "big:1").fails(1, "no space left")
    nacre("cp", "big:1:/big", disk / "big").fails(1, "no space left")
    nacre("save", "--format", "oci-dir", "-o", disk / "layout", "big:1").fails(1, "no space left")
    assert [path.name for path in disk.rglob("*") if path.is_file()] == []


def test_a_read_only_root(small_disk: SmallDisk, tmp_path: pathlib.Path) -> None:
    path = archives.docker_archive(tmp_path / "image.tar", tiny_image("app:1"))
    nacre = small_disk("size=4m")
    nacre.load(path)
    subprocess.run(["mount", "-o", "remount,ro", str(nacre.root.parent)], check=True)
    for words in (("load", "-i", str(path)), ("rmi", "app:1"), ("tag", "app:1", "b:1")):
        done = nacre(*words).fails(1, "nacre: ")
        assert "read-only file system" in done.err.lower() or "the store can only be read" in done.err, done.err

"""rmi: what is untagged, what is deleted, what is refused."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre

BASE = tars.make_tar([tars.file("base", "b")])
TOP = tars.make_tar([tars.file("top", "t")])


def load(nacre: Nacre, tmp_path: pathlib.Path, *images: Image) -> None:
    nacre.load(archives.docker_archive(tmp_path / "images.tar", *images))


def files_left(nacre: Nacre) -> list[str]:
    """Blobs and layers on disk, when the background is done."""
    wait_until_none(lambda: unfinished_work(nacre.root))
    return [path.name for part in ("blobs", "layers", "chains") for path in (nacre.root / part / "sha256").glob("*")]


def test_the_last_name_takes_the_image(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = tiny_image("app:1")
    load(nacre, tmp_path, image)
    lines = nacre("rmi", "app:1").ok().lines
    assert lines == ["Untagged: app:1", f"Deleted: {image.image_id}", f"Deleted: {image.diff_ids()[0]}"]
    assert nacre.image_ids() == []
    assert files_left(nacre) == []


@pytest.mark.one_driver
def test_another_name_keeps_it(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = tiny_image("app:1", "app:2")
    load(nacre, tmp_path, image)
    assert nacre("rmi", "app:1").ok().out == "Untagged: app:1\n"
    assert nacre.image_ids() == [image.image_id]
    assert nacre("image", "rm", "app:2").ok().lines[:2] == ["Untagged: app:2", f"Deleted: {image.image_id}"]


@pytest.mark.one_driver
@pytest.mark.parametrize("tags", [("app:1", "other:1"), ("app:1", "app:2")])
def test_an_id_of_several_names_needs_force(nacre: Nacre, tmp_path: pathlib.Path, tags: tuple[str, ...]) -> None:
    image = tiny_image(*tags)
    load(nacre, tmp_path, image)
    short = image.image_id[7:19]
    nacre("rmi", short).fails(
        1, f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
    )
    assert len(nacre.image_ids()) == 2
    lines = nacre("rmi", "-f", short).ok().lines
    assert lines[:3] == [f"Untagged: {tags[0]}", f"Untagged: {tags[1]}", f"Deleted: {image.image_id}"]


@pytest.mark.one_driver
def test_an_id_of_one_name_does_not(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = tiny_image("app:1")
    load(nacre, tmp_path, image)
    assert nacre("rmi", image.image_id).ok().lines[0] == "Untagged: app:1"
    assert nacre.image_ids() == []


def test_shared_layers_stay(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, Image([BASE], ["base:1"]), Image([BASE, TOP], ["both:1"]))
    lines = nacre("rmi", "both:1").ok().lines
    assert tars.sha256(BASE) not in "".join(lines)
    assert nacre("cat", "base:1:/base").ok().out == "b"
    assert archives.hex_of(tars.sha256(TOP)) not in files_left(nacre)
    nacre("store", "check", "-q").ok()


@pytest.mark.one_driver
def test_the_rest_goes_on_after_an_error(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("a:1"), tiny_image("b:1", content="b"))
    done = nacre("rmi", "a:1", "missing", "b:1").fails(1, "nacre: No such image: missing:latest")
    assert [line for line in done.lines if line.startswith("Untagged")] == ["Untagged: a:1", "Untagged: b:1"]
    assert nacre.image_ids() == []


@pytest.mark.one_driver
def test_force_forgives_what_is_missing(nacre: Nacre) -> None:
    nacre("rmi", "-f", "missing").ok()
    nacre("rmi", "missing").fails(1, "No such image: missing:latest")
    nacre("rmi").fails(1, "requires at least 1 argument")


@pytest.mark.one_driver
@pytest.mark.parametrize("flags", [[], ["-f"]])
def test_what_can_be_no_name_is_told(nacre: Nacre, flags: list[str]) -> None:
    words = "nacre: invalid reference format: repository name (library/ABC) must be lowercase"
    nacre("rmi", *flags, "ABC").fails(1, words)


@pytest.mark.one_driver
def test_a_name_alone_means_latest(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("app:1"))
    nacre("rmi", "app").fails(1, "No such image: app:latest")


@pytest.mark.one_driver
def test_what_was_removed_can_be_loaded_again(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    for _ in range(3):
        load(nacre, tmp_path, tiny_image("app:1"))
        assert nacre("cat", "app:1:/content").ok().out == "tiny"
        nacre("rmi", "app:1").ok()
    nacre("store", "check", "-q").ok()


@pytest.mark.one_driver
def test_an_image_in_use_stays(nacre: Nacre, busybox: str) -> None:
    process = nacre.start("run", "--rm", "-i", "--network", "none", busybox, "cat", stdin=subprocess.PIPE)
    try:
        while not nacre("system", "df", "-v", "--format", "json").ok().json()["Images"][0]["Containers"]:
            assert process.poll() is None
        nacre("rmi", busybox).fails(1, "conflict: ", "container")
        nacre("rmi", "-f", nacre.image_ids()[0]).fails(1, "image is being used by running container")
        assert "Total reclaimed space: 0B" in nacre("image", "prune", "-a", "-f").ok().out
        assert nacre("rmi", "-f", busybox).ok().out == f"Untagged: {busybox}\n"  # by name only the name is forced
        assert nacre("images", "--format", "{{.Repository}}:{{.Tag}}").ok().out == "<none>:<none>\n"
    finally:
        process.communicate(timeout=60)  # the end of its input ends it
    assert nacre.image_ids() != []

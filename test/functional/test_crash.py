"""Commands killed at any point: nothing is wrong afterwards, nothing stays behind, and the next one works."""

from __future__ import annotations

import pathlib
import random

import pytest

from support import archives, tars
from support.archives import Image
from support.killing import ROUNDS, assert_sound, assert_swept, delays, kill_after, seconds_of
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver
EACH = max(1, ROUNDS // 5)  # rounds of each of the five kinds of command
NAMES = ["app:1", "app:2"]


def layer(seed: int, size: int = 1 << 20) -> bytes:
    """A layer of files that cannot be compressed, so that every step takes a while."""
    dice = random.Random(seed)
    members = [tars.file(f"layer{seed}/file{number}", dice.randbytes(size // 16)) for number in range(16)]
    return tars.make_tar(members)


@pytest.fixture(scope="module")
def images() -> list[Image]:
    """Two images that share a layer."""
    shared = layer(0)
    return [Image([shared, layer(1)], ["app:1"]), Image([shared, layer(2), layer(3)], ["app:2"])]


@pytest.fixture(scope="module")
def archive(images: list[Image], tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Both, with compressed layers."""
    return archives.oci_archive(tmp_path_factory.mktemp("crash") / "app.tar", *images)


def assert_all_or_nothing(nacre: Nacre, images: list[Image]) -> None:
    """Each image that is listed is whole and has its name; one whose removal was cut short is either so, or gone."""
    listed = nacre("images", "-a", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").ok().lines
    assert set(listed) <= {f"{image.tags[0]} {image.image_id}" for image in images}
    for line in listed:
        nacre("save", "-o", nacre.root.parent / "saved.tar", line.split(" ")[1]).ok()


def test_load(nacre: Nacre, images: list[Image], archive: pathlib.Path) -> None:
    duration = seconds_of(nacre, "load", "-i", str(archive))
    killed = 0
    for delay in delays("load", EACH, duration):
        nacre("rmi", "-f", *nacre.image_ids()) if nacre.image_ids() else None
        killed += kill_after(nacre, delay, "load", "-i", str(archive))
        assert_sound(nacre)
        assert_all_or_nothing(nacre, images)
        nacre.load(archive)
        assert_sound(nacre)
    assert killed
    assert_swept(nacre)
    assert sorted(nacre.image_ids()) == sorted(image.image_id for image in images)


@pytest.mark.parametrize("command", [["rmi", "-f", *NAMES], ["image", "prune", "-a", "-f"]], ids=["rmi", "prune"])
def test_removal(nacre: Nacre, images: list[Image], archive: pathlib.Path, command: list[str]) -> None:
    nacre.load(archive)
    duration = seconds_of(nacre, *command)
    for delay in delays(command[0], EACH, duration):
        nacre.load(archive)
        kill_after(nacre, delay, *command)
        assert_sound(nacre)
        assert_all_or_nothing(nacre, images)
    nacre.load(archive)
    assert_sound(nacre)
    nacre("image", "prune", "-a", "-f").ok()
    assert_swept(nacre)
    assert [path for part in ("blobs", "layers", "chains") for path in (nacre.root / part / "sha256").iterdir()] == []


def test_import(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    (tmp_path / "root.tar.gz").write_bytes(tars.compress(layer(5, 2 << 20), tars.GZIP))
    command = ["import", str(tmp_path / "root.tar.gz"), "imported:1"]
    duration = seconds_of(nacre, *command)
    for delay in delays("import", EACH, duration):
        nacre("image", "prune", "-a", "-f").ok()
        kill_after(nacre, delay, *command)
        assert_sound(nacre)
    nacre(*command).ok()
    assert_sound(nacre)
    assert_swept(nacre)
    assert len(nacre.image_ids()) == 1


def test_save(nacre: Nacre, images: list[Image], archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    nacre.load(archive)
    target = tmp_path / "out" / "saved.tar"
    target.parent.mkdir()
    command = ["save", "-o", str(target), *NAMES]
    duration = seconds_of(nacre, *command)
    whole = target.read_bytes()
    for delay in delays("save", EACH, duration):
        kill_after(nacre, delay, *command)
        assert target.read_bytes() == whole  # the old file or the new one, never a part
        assert_sound(nacre)
    nacre(*command).ok()
    assert target.read_bytes() == whole
    assert_swept(nacre)


def test_a_repair_after_a_crash_sweeps_at_once(nacre: Nacre, archive: pathlib.Path) -> None:
    duration = seconds_of(nacre, "load", "-i", str(archive))
    nacre("image", "prune", "-a", "-f").ok()
    kill_after(nacre, duration / 2, "load", "-i", str(archive))
    nacre("store", "check", "--repair").ok()
    assert list((nacre.root / "ingest").iterdir()) == []
    assert list((nacre.root / "leases").iterdir()) == []
    nacre.load(archive)
    assert_sound(nacre)

"""The power fails at any point of a command: what was reported is there, and everything that is there is whole."""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator

import pytest

from support import archives, tars
from support.archives import Image
from support.killing import assert_sound, assert_swept, seconds_of
from support.nacre import Nacre
from support.power import Disk, NoSuchDisk
from support.registries import Registry

ROUNDS = int(os.environ.get("NACRE_POWER_ROUNDS", "6"))
DISK = 96 << 20  # bytes
# ext4 as it is, and ext4 that keeps as little as it may: no order between data and names, no syncs of its own.
DISKS = {"ext4": "", "strict ext4": "noauto_da_alloc,data=writeback,commit=600"}
NO_DAMAGE = "belongs to nothing in the store"  # a removed file whose move to the trash was undone; docs/design/durability.md

Names = dict[str, str]  # name: image ID


def layer(seed: int) -> dict[str, bytes]:
    dice = random.Random(seed)
    return {f"layer{seed}/file{number}": dice.randbytes(1 << dice.randrange(6, 19)) for number in range(8)}


LAYERS = [layer(seed) for seed in range(4)]


def image_of(*which: int) -> Image:
    return Image([tars.make_tar(tars.file(name, data) for name, data in LAYERS[number].items()) for number in which])


def content_of(*which: int) -> dict[str, bytes]:
    return {name: data for number in which for name, data in LAYERS[number].items()}


@dataclasses.dataclass
class Command:
    """A command, and what it makes of the names that it finds when it comes to its end."""

    words: list[str]
    effect: Callable[[Names], Names]


@pytest.fixture(scope="module")
def one() -> Image:
    return dataclasses.replace(image_of(0, 1), tags=["app:1"])


@pytest.fixture(scope="module")
def two() -> Image:
    return dataclasses.replace(image_of(0, 2, 3), tags=["app:2"])


@pytest.fixture(scope="module")
def commands(one: Image, two: Image, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Command]:
    folder = tmp_path_factory.mktemp("power")
    both = archives.oci_archive(folder / "both.tar", one, two)
    plain = archives.docker_archive(folder / "plain.tar", dataclasses.replace(two, tags=["app:2", "plain:2"]))
    first, second = {"app:1": one.image_id}, {"app:2": two.image_id}
    return {
        "load": Command(["load", "-i", str(both)], lambda names: names | first | second),
        "load plain": Command(["load", "-i", str(plain)], lambda names: names | second | {"plain:2": two.image_id}),
        "tag": Command(["tag", one.image_id, "again:1"], lambda names: names | {"again:1": one.image_id}),
        "rmi": Command(["rmi", "-f", one.image_id], lambda names: {n: i for n, i in names.items() if i != one.image_id}),
        "untag": Command(["rmi", "app:2"], lambda names: {name: i for name, i in names.items() if name != "app:2"}),
        "prune": Command(["image", "prune", "-a", "-f"], lambda names: {}),
    }


@pytest.fixture(params=DISKS.values(), ids=DISKS.keys())
def disk(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("a disk of one's own needs root and mkfs.ext4")
    try:
        made = Disk(tmp_path, DISK, request.param)
    except NoSuchDisk as error:
        pytest.skip(str(error))
    yield made
    made.remove()


def names_in(nacre: Nacre) -> Names:
    lines = nacre("images", "-a", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").ok().lines
    return dict(line.split(" ") for line in lines)


def files_of(nacre: Nacre, image: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(nacre("cp", f"{image}:/", "-").ok().stdout)) as tar:
        return {info.name.removeprefix("./"): tar.extractfile(info).read() for info in tar if info.isreg()}  # type: ignore[union-attr]


def cut(nacre: Nacre, disk: Disk, delay: float, words: list[str]) -> bool:
    """Starts the command and cuts the power after `delay` seconds. Whether the command said before that it was done.

    The command is killed first, so that none of its syncs is under way when the plug goes: Linux may let such a sync
    succeed though its data are lost, which no disk does.
    """
    process = nacre.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        done = process.wait(delay) == 0
    except subprocess.TimeoutExpired:
        done = False
        process.kill()
        process.wait()
    disk.pull_the_plug()
    disk.switch_on()
    return done


def assert_whole(nacre: Nacre) -> None:
    """Nothing is wrong but what costs only its space, and that can be taken away."""
    found = nacre("store", "check")
    if found.code != 0:
        findings = found.lines[:-1]
        assert findings and all(line.endswith(NO_DAMAGE) for line in findings), found.out + found.err
        nacre("store", "check", "--repair").ok()
    assert_sound(nacre)


def assert_old_or_new(names: Names, old: Names, new: Names) -> None:
    """Of every image, the names are those from before or those from after: all of them one or the other."""
    assert set(names) <= set(old) | set(new), names
    for image in {*old.values(), *new.values(), *names.values()}:
        found, before, after = ({name for name, i in some.items() if i == image} for some in (names, old, new))
        assert found in (before, after), (image, found, before, after)


def prepare(nacre: Nacre, disk: Disk, commands: dict[str, Command], kind: str) -> Names:
    """What the command needs to have something to do; durable."""
    needed = {"tag": ["load"], "rmi": ["load", "tag"], "untag": ["load plain"], "prune": ["load", "tag"]}.get(kind, ["prune"])
    for word in needed:
        nacre(*commands[word].words).ok()
    if kind == "tag":
        nacre("rmi", "again:1")
    return names_in(nacre)


@pytest.mark.parametrize("kind", ["load", "load plain", "tag", "rmi", "untag", "prune"])
def test_a_power_cut(disk: Disk, commands: dict[str, Command], one: Image, two: Image, kind: str) -> None:
    nacre = Nacre(disk.point / "store")
    command = commands[kind]
    prepare(nacre, disk, commands, kind)
    duration = seconds_of(nacre, *command.words)
    dice = random.Random(kind)
    for number in range(ROUNDS):
        old = prepare(nacre, disk, commands, kind)
        new = command.effect(old)
        done = cut(nacre, disk, duration * (number + dice.random()) / ROUNDS, command.words)
        assert_whole(nacre)
        names = names_in(nacre)
        assert_old_or_new(names, old, new)
        assert not done or names == new
        contents = {one.image_id: content_of(0, 1), two.image_id: content_of(0, 2, 3)}
        assert all(files_of(nacre, image) == contents[image] for image in set(names.values()))
    nacre(*command.words)
    assert_sound(nacre)
    nacre("image", "prune", "-a", "-f").ok()
    assert_swept(nacre)
    assert [path for part in ("blobs", "layers", "chains") for path in (nacre.root / part / "sha256").iterdir()] == []


def test_a_power_cut_in_a_pull(disk: Disk, registry: Registry, two: Image) -> None:
    """What was fetched may be lost, or be there for the next pull; what is taken for fetched is."""
    nacre = Nacre(disk.point / "store")
    made = registry.push_image("app", "2", two)
    pull = ["pull", "-q", f"{registry.address}/app:2"]
    duration = seconds_of(nacre, *pull)
    dice = random.Random("pull")
    for number in range(ROUNDS):
        nacre("image", "prune", "-a", "-f").ok()
        done = cut(nacre, disk, duration * (number + dice.random()) / ROUNDS, pull)
        assert_whole(nacre)
        assert nacre.image_ids() in ([[made.config]] if done else [[], [made.config]])
        nacre(*pull).ok()
        assert_sound(nacre)
        assert files_of(nacre, made.config) == content_of(0, 2, 3)
    nacre("image", "prune", "-a", "-f").ok()
    assert_swept(nacre)


def test_a_power_cut_after_success(disk: Disk, commands: dict[str, Command], one: Image, two: Image) -> None:
    """The moment after each command has ended is the moment in which a promise that was not kept shows."""
    nacre = Nacre(disk.point / "store")
    names: Names = {}
    for kind in ("load", "tag", "untag", "load plain", "rmi", "load", "prune", "load plain"):
        names = commands[kind].effect(names)
        assert cut(nacre, disk, 60, commands[kind].words)
        assert names_in(nacre) == names
        assert_whole(nacre)
    assert files_of(nacre, "plain:2") == content_of(0, 2, 3)

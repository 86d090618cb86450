"""Images that containers use: what rmi and prune say and do."""

from __future__ import annotations

import pathlib

import pytest

from support.archives import busybox_image, docker_archive
from support.containers import IMAGE, WAIT, container_directories, running, shell
from support.nacre import Nacre

SHORT = 12


@pytest.fixture(autouse=True)
def image_id(busybox: str) -> str:
    return busybox_image(busybox).image_id


def short(image_id: str) -> str:
    return image_id.partition(":")[2][:SHORT]


def test_an_image_of_a_stopped_container(nacre: Nacre, image_id: str) -> None:
    nacre("run", IMAGE, "true").ok()
    container = container_directories(nacre)[0][:SHORT]
    by_name = f'conflict: unable to remove repository reference "{IMAGE}" (must force) - container {container} is using'
    nacre("rmi", IMAGE).fails(1, by_name, f"its referenced image {short(image_id)}")
    by_id = f"conflict: unable to delete {short(image_id)} (must be forced) - image is being used by stopped container {container}"
    nacre("rmi", image_id).fails(1, by_id)
    assert nacre.image_ids() == [image_id]
    nacre("rmi", "-f", IMAGE).ok()
    assert nacre.image_ids() == []
    nacre("store", "check").ok()


def test_an_image_of_a_running_container(nacre: Nacre, image_id: str) -> None:
    with running(nacre, f"trap 'ls /bin/busybox; exit 3' USR1; {WAIT}", "--rm") as process:
        container = container_directories(nacre)[0][:SHORT]
        words = f"conflict: unable to delete {short(image_id)} (cannot be forced) - image is being used by running container {container}"
        nacre("rmi", "-f", image_id).fails(1, words)
        nacre("rmi", IMAGE).fails(1, "conflict: unable to remove repository reference")
        assert nacre.image_ids() == [image_id]
        process.send_signal(10)
        assert process.communicate(timeout=60)[0] == b"/bin/busybox\n"
        assert process.returncode == 3
    nacre("rmi", IMAGE).ok()


def test_another_tag_of_a_used_image_can_go(nacre: Nacre, image_id: str) -> None:
    nacre("tag", IMAGE, "second:1").ok()
    nacre("run", IMAGE, "true").ok()
    assert nacre("rmi", "second:1").ok().lines == ["Untagged: second:1"]
    assert nacre.image_ids() == [image_id]


def test_prune_keeps_what_a_container_uses(nacre: Nacre, image_id: str, tmp_path: pathlib.Path) -> None:
    other = busybox_image("other:1", Cmd=["true"])
    nacre.load(docker_archive(tmp_path / "other.tar", other))
    nacre("run", IMAGE, "true").ok()
    assert other.image_id in nacre("image", "prune", "-a", "-f").ok().out
    assert nacre.image_ids() == [image_id]
    shell(nacre, "true").ok()


def test_a_running_container_keeps_its_layers_when_its_image_is_gone(nacre: Nacre, image_id: str, tmp_path: pathlib.Path) -> None:
    nacre("run", IMAGE, "true").ok()
    nacre("rmi", "-f", IMAGE).ok()
    nacre("image", "prune", "-a", "-f").ok()
    assert list((nacre.root / "layers/sha256").iterdir())
    nacre("store", "check").ok()

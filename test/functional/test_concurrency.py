"""Many processes in one store at once."""

from __future__ import annotations

import os
import pathlib
import subprocess
import threading

import pytest

from support import archives, tars
from support.archives import Image
from support.killing import assert_sound, assert_swept
from support.nacre import Nacre, Result

pytestmark = pytest.mark.one_driver
ROUNDS = int(os.environ.get("NACRE_CONCURRENCY_ROUNDS", "60"))
LOADERS = 8


def app_image() -> Image:
    first = tars.make_tar([tars.file(f"first/{number}", os.urandom(2000)) for number in range(20)])
    second = tars.make_tar([tars.file(f"second/{number}", os.urandom(2000)) for number in range(20)])
    return Image([first, second], ["app:1"])


def all_at_once(nacre: Nacre, commands: list[list[str]]) -> list[Result]:
    started = [nacre.start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for command in commands]
    ends = [process.communicate(timeout=120) for process in started]
    return [
        Result(nacre.command(*command), process.returncode, out, err)
        for command, process, (out, err) in zip(commands, started, ends)
    ]


def test_concurrent_loads_of_an_archive_make_one_copy(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = app_image()
    archive = archives.oci_archive(tmp_path / "app.tar", image)
    for result in all_at_once(nacre, [["load", "-i", str(archive)]] * LOADERS):
        assert result.ok().out == "Loaded image: app:1\n"
    assert nacre.image_ids() == [image.image_id]
    layers = sorted(path.name for path in (nacre.root / "layers/sha256").iterdir())
    assert layers == sorted(archives.hex_of(diff_id) for diff_id in image.diff_ids())
    assert len(list((nacre.root / "blobs/sha256").iterdir())) == 4  # two layers, config, manifest
    assert_sound(nacre)
    assert_swept(nacre)


def repeated(nacre: Nacre, rounds: int, work: list[tuple[list[str], str]]) -> list[str]:
    """Runs commands side by side, each again and again; beside a command stands the one error it may end with. Returns
    what else went wrong."""
    problems: list[str] = []

    def repeat(command: list[str], allowed: str) -> None:
        for _ in range(rounds):
            result = nacre(*command)
            if result.code != 0 and not (allowed and result.code == 1 and allowed in result.err):
                problems.append(f"{command}: exit status {result.code}: {result.err}{result.out}")

    threads = [threading.Thread(target=repeat, args=args) for args in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_loading_and_removing_the_same_image_at_once(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = app_image()
    archive = archives.oci_archive(tmp_path / "app.tar", image)
    loading = ["load", "-i", str(archive)]
    removing = ["rmi", "-f", "app:1"]
    work = [(loading, ""), (removing, "No such image: app:1"), (loading, ""), (removing, "No such image: app:1")]
    assert repeated(nacre, ROUNDS // 2, work) == []
    assert_sound(nacre)
    nacre.load(archive)
    nacre("save", "-o", tmp_path / "saved.tar", "app:1").ok()
    assert_sound(nacre)
    assert_swept(nacre)


def test_readers_among_writers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    archive = archives.oci_archive(tmp_path / "app.tar", app_image())
    nacre.load(archive)
    gone = "No such"
    work = [
        (["load", "-i", str(archive)], ""),
        (["rmi", "-f", "app:1"], gone),
        (["image", "prune", "-a", "-f"], ""),
        (["images"], ""),
        (["inspect", "app:1"], gone),
        (["system", "df", "-v"], ""),
        (["cat", "app:1:/first/0"], gone),
        (["store", "check"], ""),
        (["store", "check", "--repair"], ""),
    ]
    assert repeated(nacre, max(4, ROUNDS // 8), work) == []
    assert_sound(nacre)
    assert_swept(nacre)

"""image prune: what goes, what stays, and how much room that made."""

from __future__ import annotations

import os
import pathlib
import re

import pytest

from support import archives, tars
from support.archives import Image
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre


def made(name: str, day: int, size: int = 100, **labels: str) -> Image:
    layer = tars.make_tar([tars.file("random", os.urandom(size))])
    return Image([layer], [name] if name else [], {"Labels": labels}, created=f"2024-01-{day:02}T00:00:00Z")


def names(nacre: Nacre) -> set[str]:
    return set(nacre("images", "--format", "{{.Repository}}:{{.Tag}}").ok().lines)


@pytest.fixture
def stocked(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    images = [made("", 1), made("old:1", 2, keep="yes"), made("", 3, keep="no"), made("new:1", 4)]
    nacre.load(archives.docker_archive(tmp_path / "images.tar", *images))
    return nacre


@pytest.mark.one_driver
@pytest.mark.parametrize(
    ("flags", "left"),
    [
        ([], {"old:1", "new:1"}),
        (["-a"], set()),
        (["--filter", "dangling=false"], set()),
        (["--filter", "label=keep"], {"old:1", "new:1", "<none>:<none>"}),
        (["-a", "--filter", "label!=keep=yes"], {"old:1"}),
        (["-a", "--filter", "until=2024-01-03T12:00:00Z"], {"new:1"}),
        (["-a", "--filter", "until=2020-01-01"], {"old:1", "new:1", "<none>:<none>"}),
    ],
)
def test_filters(stocked: Nacre, flags: list[str], left: set[str]) -> None:
    stocked("image", "prune", "-f", *flags).ok()
    assert names(stocked) == left
    stocked("store", "check", "-q").ok()


@pytest.mark.one_driver
def test_texts(stocked: Nacre) -> None:
    lines = stocked("image", "prune", "-f", "-a").ok().lines
    assert lines[0] == "Deleted Images:"
    assert "untagged: old:1" in lines
    assert len([line for line in lines if line.startswith("deleted: sha256:")]) == 8
    assert re.fullmatch(r"Total reclaimed space: [\d.]+k?B", lines[-1])
    assert stocked("image", "prune", "-f").ok().out == "Total reclaimed space: 0B\n"


@pytest.mark.one_driver
@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 2), (b"n\n", 4), (b"", 4)])
def test_it_asks(stocked: Nacre, answer: bytes, left: int) -> None:
    said = stocked("image", "prune", stdin=answer).ok().out
    assert said.startswith("WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] ")
    assert len(stocked.image_ids()) == left


def blocks(root: pathlib.Path) -> int:
    seen = {}
    for part in ("blobs", "layers", "chains"):
        for path in (root / part).rglob("*"):
            status = path.lstat()
            seen[status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def test_the_room_is_what_the_file_system_gives_back(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.oci_archive(tmp_path / "images.tar", made("", 1, 300_000), made("stay:1", 2, 50_000)))
    before = blocks(nacre.root)
    said = nacre("image", "prune", "-f").ok().lines[-1]
    wait_until_none(lambda: unfinished_work(nacre.root))
    number, unit = re.fullmatch(r"Total reclaimed space: ([\d.]+)(kB|MB)", said).groups()  # type: ignore[union-attr]
    reclaimed = float(number) * {"kB": 1_000, "MB": 1_000_000}[unit]
    assert reclaimed == pytest.approx(before - blocks(nacre.root), rel=0.001)


@pytest.mark.one_driver
@pytest.mark.parametrize(("text", "code"), [("nope=1", 1), ("until=soon", 1), ("before=x", 1), ("label", 125)])
def test_wrong_filters(stocked: Nacre, text: str, code: int) -> None:
    stocked("image", "prune", "-f", "--filter", text).fails(code)
    assert len(stocked.image_ids()) == 4

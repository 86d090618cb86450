"""system df: sizes that add up to what is on disk."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from support import archives, tars
from support.archives import Image, busybox_image
from support.nacre import Nacre


def blocks(root: pathlib.Path) -> int:
    """Bytes that blobs, layers and chains occupy, as `du` counts them."""
    seen = {}
    for part in ("blobs", "layers", "chains"):
        for path in [root / part, *(root / part).rglob("*")]:
            status = path.lstat()
            seen[status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def check(nacre: Nacre) -> Any:
    usage = nacre("system", "df", "-v", "--format", "json").ok().json()
    unique = sum(image["UniqueSize"] for image in usage["Images"])
    assert unique + usage["Shared"] + usage["Unowned"] == usage["Total"] == blocks(nacre.root)
    return usage


def test_sizes_add_up_through_a_life(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    base = tars.make_tar([tars.file("base", "b" * 100_000)])
    top = tars.make_tar([tars.file("top", "t" * 50_000)])
    images = [Image([base], ["one:1"]), Image([base, top], ["two:1", "two:2"]), Image([top], ["three:1"])]
    check(nacre)
    nacre.load(archives.oci_archive(tmp_path / "images.tar", *images))
    usage = check(nacre)
    assert usage["Shared"] > 100_000
    assert all(image["SharedSize"] > 0 for image in usage["Images"])
    nacre("cat", "two:1:/base").ok()
    check(nacre)
    nacre("rmi", "two:1", "two:2").ok()
    assert check(nacre)["Shared"] == 0
    nacre("image", "prune", "-a", "-f").ok()
    assert check(nacre)["Images"] == []


def test_running_and_saving_change_nothing_that_is_not_counted(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = busybox_image("busybox:1", more=[[tars.file("more", "m" * 10_000)]])
    nacre.load(archives.docker_archive(tmp_path / "image.tar", image))
    nacre("run", "--rm", "--network", "none", "busybox:1", "true").ok()
    nacre("save", "-o", tmp_path / "out", "busybox:1").ok()
    check(nacre)


@pytest.mark.one_driver
def test_reclaimable_is_what_prune_gives_back(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.oci_archive(tmp_path / "image.tar", Image([tars.make_tar([tars.file("f", "x" * 99_999)])], ["a:1"])))
    before = check(nacre)
    nacre("image", "prune", "-a", "-f").ok()
    assert before["Total"] - check(nacre)["Total"] == before["Reclaimable"]


@pytest.mark.one_driver
def test_tables(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "image.tar", archives.tiny_image("app:1")))
    lines = nacre("system", "df").ok().lines
    assert lines[0].split() == ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"]
    assert lines[1].split()[:3] == ["Images", "1", "0"]
    verbose = nacre("system", "df", "-v").ok().out
    assert verbose.startswith("Images space usage:\n\nREPOSITORY   TAG       IMAGE ID       CREATED")
    assert "SHARED SIZE   UNIQUE SIZE   CONTAINERS" in verbose
    row = json.loads(nacre("system", "df", "--format", "json").ok().lines[0])
    assert set(row) == {"Type", "TotalCount", "Active", "Size", "Reclaimable"}
    assert nacre("system", "df", "--format", "{{.Type}}={{.TotalCount}}").ok().lines[0] == "Images=1"

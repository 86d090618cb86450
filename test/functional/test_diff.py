"""diff: what differs between the files of two images."""

from __future__ import annotations

import json
import pathlib

import pytest

from support import archives
from support.archives import Image
from support.nacre import Nacre
from support.tars import file, folder, make_tar, symlink, whiteout

pytestmark = pytest.mark.one_driver

BASE = make_tar([folder("d"), file("d/same", "same"), file("d/text", "old!"), file("gone", "x"), file("mode", "m"),
                 file("owner", "o"), symlink("link", "a"), file("kind", "k"), file("size", "1")])
MORE = make_tar([file("d/text", "new!"), whiteout("gone"), file("mode", "m", 0o755), file("owner", "o", uid=5),
                 symlink("link", "b"), folder("kind"), file("kind/new", "n"), file("size", "12"), file("d/same", "same")])


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    images = [Image([BASE], ["a:1"]), Image([BASE, MORE], ["b:1"])]
    nacre.load(archives.docker_archive(tmp_path / "images.tar", *images))
    return nacre


def test_every_kind_of_change(loaded: Nacre) -> None:
    changes = [json.loads(line) for line in loaded("diff", "--json", "a:1", "b:1").ok().lines]
    found = {change["path"]: change for change in changes}
    assert set(found) == {"/d/text", "/gone", "/mode", "/owner", "/link", "/kind", "/kind/new", "/size"}
    text = json.dumps
    assert "content" in text(found["/d/text"])
    assert "mode" in text(found["/mode"]).replace("/mode", "")
    assert "owner" in text(found["/owner"]).replace("/owner", "")
    assert "target" in text(found["/link"])
    assert "type" in text(found["/kind"])
    assert "size" in text(found["/size"]).replace("/size", "")


def test_lines_are_a_d_c(loaded: Nacre) -> None:
    lines = loaded("diff", "a:1", "b:1").ok().lines
    kinds = {line.split()[1]: line[0] for line in lines}
    assert (kinds["/gone"], kinds["/kind/new"], kinds["/d/text"]) == ("D", "A", "C")
    back = {line.split()[1]: line[0] for line in loaded("diff", "b:1", "a:1").ok().lines}
    assert (back["/gone"], back["/kind/new"], back["/d/text"]) == ("A", "D", "C")


def test_no_difference_is_silence(loaded: Nacre) -> None:
    assert loaded("diff", "a:1", "a:1").ok().out == ""
    assert loaded("diff", "--exit-code", "a:1", "a:1").ok().out == ""
    loaded("diff", "--exit-code", "a:1", "b:1").fails(1)

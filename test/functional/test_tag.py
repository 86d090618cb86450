"""tag: names are added and moved, never lost."""

from __future__ import annotations

import pathlib

import pytest

from support import archives
from support.archives import tiny_image
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    nacre.load(archives.docker_archive(tmp_path / "images.tar", tiny_image("a:1"), tiny_image("b:1", content="b")))
    return nacre


def ids(nacre: Nacre, name: str) -> list[str]:
    return nacre("images", "-q", "--no-trunc", name).ok().lines


@pytest.mark.parametrize(
    ("target", "shown"),
    [("c", "c:latest"), ("c:2", "c:2"), ("localhost:5000/x/c", "localhost:5000/x/c:latest"), ("docker.io/library/c", "c:latest"),
     ("docker.io/me/c:v", "me/c:v"), ("index.docker.io/c", "c:latest")],
)
def test_a_name_is_added(loaded: Nacre, target: str, shown: str) -> None:
    assert loaded("tag", "a:1", target).ok().out == ""
    tags = loaded.inspect("a:1")["RepoTags"]
    assert sorted(tags) == sorted(["a:1", shown])
    assert loaded.inspect(target)["Id"] == loaded.inspect("a:1")["Id"]


def test_a_name_moves(loaded: Nacre) -> None:
    loaded("tag", "a:1", "b:1").ok()
    assert ids(loaded, "b:1") == ids(loaded, "a:1")
    assert loaded("images", "-q", "--filter", "dangling=true").ok().lines != []


def test_an_id_is_a_source(loaded: Nacre) -> None:
    loaded("tag", ids(loaded, "a:1")[0][7:19], "c").ok()
    assert ids(loaded, "c") == ids(loaded, "a:1")


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("missing", "c", "No such image: missing:latest"),
        ("a:1", "BAD", "invalid reference format: repository name (library/BAD) must be lowercase"),
        ("a:1", "c:", "invalid reference format"),
        ("a:1", "c:-x", "invalid reference format"),
        ("a:1", "c:" + "x" * 129, "invalid reference format"),
        ("a:1", "x" * 256, "repository name must not be more than 255 characters"),
        ("a:1", "c@sha256:" + "0" * 64, "nacre: "),
        ("a:1", "0" * 64, "nacre: "),
        ("a:1", "", "invalid reference format"),
    ],
)
def test_wrong_names(loaded: Nacre, source: str, target: str, words: str) -> None:
    before = loaded("images").ok().out
    loaded("tag", source, target).fails(1, words)
    assert loaded("images").ok().out == before

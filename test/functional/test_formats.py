"""The same images in nacre and in docker: tables and templates say the same."""

from __future__ import annotations

import json
import pathlib

import pytest

from support import archives
from support.archives import Image, tiny_image
from support.nacre import Nacre
from support.peers import Peer
from support.tars import file, make_tar

pytestmark = pytest.mark.one_driver

LAYERS = [make_tar([file("a", "x" * 1_234)]), make_tar([file("b", "x" * 99_950)])]
IMAGE = Image(LAYERS, ["formats/app:1", "formats/app:2"],
              {"Labels": {"k": "v"}, "ExposedPorts": {"80/tcp": {}}, "Cmd": ["a", "b & c"], "WorkingDir": "/w", "User": "u"})  # fmt: skip


@pytest.fixture
def both(nacre: Nacre, docker: Peer, tmp_path: pathlib.Path) -> tuple[Nacre, Peer]:
    path = archives.docker_archive(tmp_path / "image.tar", IMAGE)
    nacre.load(path)
    docker("load", "-q", "-i", path)
    return nacre, docker


COMMANDS = [
    ["images", "formats/app"],
    ["images", "-q", "formats/app"],
    ["images", "--no-trunc", "formats/*"],
    ["images", "--digests", "formats/app:1"],
    ["images", "--format", "{{.ID}} {{.Repository}} {{.Tag}} {{.Size}} {{.CreatedAt}} {{.CreatedSince}}", "formats/app"],
    ["images", "--format", "table {{.Tag}}\t{{.ID}}", "formats/app"],
    ["images", "--format", '{{upper .Tag}} {{lower .Repository}} {{truncate .ID 4}} {{pad .Tag 2 3}}|', "formats/app"],
    ["history", "--format", "{{.CreatedBy}} {{.Size}} {{.Comment}} {{.CreatedSince}}", "formats/app:1"],
    ["history", "--no-trunc", "-H=false", "--format", "{{.CreatedAt}} {{.Size}}", "formats/app:1"],
    ["inspect", "-f", "{{.Id}} {{.RepoTags}} {{.Size}} {{.Created}}", "formats/app:1"],
    ["inspect", "-f", "{{json .Config.Cmd}} {{json .RepoTags}} {{json .RootFS}}", "formats/app:1"],
    ["inspect", "-f", "{{.Config.Cmd}} {{.Config.Labels}} {{.Config.ExposedPorts}} {{.Config.Env}}", "formats/app:1"],
    ["inspect", "-f", "{{range $i, $e := .Config.Cmd}}{{$i}}={{$e}};{{end}}", "formats/app:1"],
    ["inspect", "-f", '{{with .Config}}{{.User}}@{{.WorkingDir}}{{end}} {{index .Config.Labels "k"}}', "formats/app:1"],
    ["inspect", "-f", '{{printf "%q %v %5d|%x" .Os .RootFS.Layers .Size .Os}}', "formats/app:1"],
    ["inspect", "-f", '{{if and (eq .Os "linux") (gt .Size 5)}}{{len .RootFS.Layers}}{{end}}', "formats/app:1"],
    ["inspect", "-f", '{{title .Os}} {{split .Id ":"}}', "formats/app:1"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command)[:60])
def test_docker_says_the_same(both: tuple[Nacre, Peer], command: list[str]) -> None:
    nacre, docker = both
    assert nacre(*command).ok().out == docker(*command)


def test_a_config_has_docker_s_fields(both: tuple[Nacre, Peer]) -> None:
    import json

    nacre, docker = both
    ours, theirs = nacre.inspect("formats/app:1"), json.loads(docker("inspect", "formats/app:1"))[0]
    assert {name: ours["Config"][name] for name in theirs["Config"] if name in ours["Config"]} == theirs["Config"]
    assert set(theirs) - set(ours) <= {"Container", "ContainerConfig"}


def test_docker_s_archive_comes_back(both: tuple[Nacre, Peer], tmp_path: pathlib.Path) -> None:
    nacre, docker = both
    nacre("rmi", "-f", IMAGE.image_id).ok()
    docker("save", "-o", tmp_path / "docker.tar", "formats/app:1")
    nacre.load(tmp_path / "docker.tar")
    assert nacre.image_ids() == [IMAGE.image_id]


def test_docker_untags_and_deletes_the_same(both: tuple[Nacre, Peer]) -> None:
    nacre, docker = both
    for name in ("formats/app:2", "formats/app:1"):
        assert nacre("rmi", name).ok().out == docker("rmi", name)


def test_tiny_images_agree_on_size(nacre: Nacre, docker: Peer, tmp_path: pathlib.Path) -> None:
    path = archives.docker_archive(tmp_path / "tiny.tar", tiny_image("formats/tiny:1"))
    nacre.load(path)
    docker("load", "-q", "-i", path)
    form = ("images", "--format", "{{.Size}}", "formats/tiny")
    assert nacre(*form).ok().out == docker(*form)

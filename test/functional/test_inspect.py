"""inspect: docker's shape, several names, templates."""

from __future__ import annotations

import pathlib

import pytest

from support import archives
from support.archives import tiny_image
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

IMAGE = tiny_image("app:1", "example.test/app:2", Labels={"a.b": "c"}, ExposedPorts={"80/tcp": {}}, Cmd=["run", "<it>"])


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    nacre.load(archives.docker_archive(tmp_path / "image.tar", IMAGE))
    return nacre


def test_the_shape_is_docker_s(loaded: Nacre) -> None:
    image = loaded.inspect("app:1")
    assert image["Id"] == IMAGE.image_id
    assert image["RepoTags"] == ["app:1", "example.test/app:2"]
    assert image["Created"] == archives.CREATED
    assert (image["Os"], image["Architecture"]) == ("linux", "amd64")
    assert image["RootFS"] == {"Type": "layers", "Layers": IMAGE.diff_ids()}
    assert image["Config"]["Cmd"] == ["run", "<it>"]
    assert image["Config"]["Labels"] == {"a.b": "c"}
    assert image["Size"] == len("tiny")
    assert {"RepoDigests", "Parent", "Comment", "Author", "GraphDriver", "Metadata"} <= set(image)


@pytest.mark.parametrize(
    "name", ["app:1", "docker.io/library/app:1", "example.test/app:2", IMAGE.image_id, IMAGE.image_id[7:], IMAGE.image_id[7:13]]
)
def test_every_way_to_name_it(loaded: Nacre, name: str) -> None:
    assert loaded("inspect", "-f", "{{.Id}}", name).ok().out.strip() == IMAGE.image_id


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{.Id}}", IMAGE.image_id),
        ("{{json .Config.Cmd}}", '["run","<it>"]'),
        ("{{.Config.Cmd}}", "[run <it>]"),
        ('{{index .Config.Labels "a.b"}}', "c"),
        ("{{range $port, $x := .Config.ExposedPorts}}{{$port}};{{end}}", "80/tcp;"),
        ('{{join .RepoTags ", "}}', "app:1, example.test/app:2"),
        ("{{len .RootFS.Layers}}", "1"),
        ('{{if eq .Os "linux"}}yes{{else}}no{{end}}', "yes"),
        ('{{upper .Architecture}} {{printf "%05d" .Size}}', "AMD64 00004"),
        ('{{with .Config}}{{index .Env 0 | println}}{{end}}x', "PATH=/usr/bin:/bin\nx"),
        ('{{(index (split .Id ":") 0)}}', "sha256"),
        ("{{println .Os}}{{- /* comment */ -}} x", "linux\nx"),
    ],
)
def test_templates(loaded: Nacre, template: str, expected: str) -> None:
    assert loaded("inspect", "--format", template, "app:1").ok().out == expected + "\n"


def test_several_names_and_one_missing(loaded: Nacre) -> None:
    done = loaded("inspect", "app:1", "missing", "example.test/app:2")
    assert [image["Id"] for image in done.json()] == [IMAGE.image_id] * 2
    done.fails(1, "No such image: missing")


def test_a_missing_image_gives_an_empty_list(loaded: Nacre) -> None:
    assert loaded("inspect", "missing").fails(1, "No such image: missing:latest").json() == []


@pytest.mark.parametrize(
    ("template", "status", "words"),
    [
        ("{{", 64, "unclosed action"),
        ("{{nope}}", 64, 'function "nope" not defined'),
        ("{{if}}x{{end}}", 64, "missing value for if"),
        ("{{range .Os}}", 64, "unexpected EOF"),
        ("{{.Nope}}", 1, 'map has no entry for key "Nope"'),
        ("{{index .RepoTags 9}}", 1, "9"),
    ],
)
def test_wrong_templates(loaded: Nacre, template: str, status: int, words: str) -> None:
    """docker's status 64 is for what cannot be parsed."""
    loaded("inspect", "-f", template, "app:1").fails(status, words)


def test_an_ambiguous_prefix_names_nothing(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    images, seen = [], {}
    for number in range(100):
        image = tiny_image(f"n:{number}", content=str(number))
        other = seen.setdefault(image.image_id[7:9], image)
        if other is not image:
            images = [image, other]
            break
    nacre.load(archives.docker_archive(tmp_path / "image.tar", *images))
    nacre("inspect", images[0].image_id[7:9]).fails(1, "nacre: ")


def test_image_inspect_is_the_same(loaded: Nacre) -> None:
    assert loaded("image", "inspect", "app:1").ok().out == loaded("inspect", "--type", "image", "app:1").ok().out
    loaded("inspect", "--type", "nonsense", "app:1").fails(1, "--type")


def test_a_template_that_cannot_be_parsed_ends_with_docker_s_status(loaded: Nacre) -> None:
    done = loaded("inspect", "--format", "{{.Id", "app:1", "no-such-image").fails(64, "template parsing error")
    assert done.out == ""
    assert "no-such-image" not in done.err  # nothing was looked for

"""save: digests stay, the same input gives the same bytes, and other programs read it."""

from __future__ import annotations

import json
import pathlib
import tarfile

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.nacre import Nacre
from support.peers import Peer

pytestmark = pytest.mark.one_driver

FORMATS = {"oci-archive": "oci-archive", "docker-archive": "docker-archive", "oci-dir": "oci"}  # ours, skopeo's


def two_layers(*tags: str) -> Image:
    return Image([tars.make_tar([tars.file("a", "1")]), tars.make_tar([tars.file("b", "2")])], list(tags))


def load(nacre: Nacre, tmp_path: pathlib.Path, *images: Image) -> None:
    nacre.load(archives.docker_archive(tmp_path / "in.tar", *images))


def members_of(path: pathlib.Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar if info.isreg()}  # type: ignore[union-attr]


@pytest.mark.parametrize("compression", [None, tars.GZIP, tars.ZSTD])
def test_an_oci_image_goes_out_as_it_came_in(nacre: Nacre, tmp_path: pathlib.Path, compression: str) -> None:
    came = archives.oci_members(two_layers("app:1"), layer_compression=compression)
    nacre.load(archives.write_members(tmp_path / "in.tar", came))
    nacre("save", "-o", tmp_path / "out.tar", "app:1").ok()
    went = members_of(tmp_path / "out.tar")
    assert {name: data for name, data in went.items() if name.startswith("blobs/")} == {
        name: data for name, data in came.items() if name.startswith("blobs/")
    }
    manifests = [json.loads(side["index.json"])["manifests"] for side in (came, went)]
    assert manifests[0][0]["digest"] == manifests[1][0]["digest"]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_saved_is_loaded_again(nacre: Nacre, tmp_path: pathlib.Path, form: str) -> None:
    image = two_layers("app:1", "app:2")
    load(nacre, tmp_path, image)
    nacre("save", "--format", form, "-o", tmp_path / "out", "app").ok()
    nacre("rmi", "-f", image.image_id).ok()
    said = nacre("load", "-i", tmp_path / "out").ok().lines
    assert sorted(said) == ["Loaded image: app:1", "Loaded image: app:2"]
    assert set(nacre.image_ids()) == {image.image_id}


@pytest.mark.parametrize("form", FORMATS)
def test_skopeo_reads_it(nacre: Nacre, tmp_path: pathlib.Path, skopeo: Peer, form: str) -> None:
    image = two_layers("example.test/app:1")
    load(nacre, tmp_path, image)
    nacre("save", "--format", form, "-o", tmp_path / "out", "example.test/app:1").ok()
    source = f"{FORMATS[form]}:{tmp_path / 'out'}"
    config = skopeo("inspect", "--config", "--raw", source)
    assert json.loads(config)["rootfs"]["diff_ids"] == image.diff_ids()
    skopeo("copy", source, f"dir:{tmp_path / 'copy'}")  # checks every digest


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_podman_loads_it(nacre: Nacre, tmp_path: pathlib.Path, podman: Peer, form: str) -> None:
    image = two_layers("example.test/app:1")
    load(nacre, tmp_path, image)
    nacre("save", "--format", form, "-o", tmp_path / "out", "example.test/app:1").ok()
    podman("load", "-q", "-i", tmp_path / "out")
    assert podman("images", "-q", "--no-trunc").split() == [image.image_id]


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_docker_loads_it(nacre: Nacre, tmp_path: pathlib.Path, docker: Peer, form: str) -> None:
    image = two_layers(f"saved-{form}:1")
    load(nacre, tmp_path, image)
    nacre("save", "--format", form, "-o", tmp_path / "out", f"saved-{form}:1").ok()
    docker("load", "-q", "-i", tmp_path / "out")
    assert docker("images", "-q", "--no-trunc", f"saved-{form}").split() == [image.image_id]


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_the_same_image_gives_the_same_bytes(nacre: Nacre, tmp_path: pathlib.Path, form: str) -> None:
    load(nacre, tmp_path, two_layers("app:1"))
    streamed = nacre("save", "--format", form, "app:1").ok().stdout
    nacre("save", "--format", form, "-o", tmp_path / "out", "app:1").ok()
    assert (tmp_path / "out").read_bytes() == streamed


def test_several_images_share_their_layers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    base = tars.make_tar([tars.file("base", "b" * 5000)])
    images = [Image([base], ["one:1"]), Image([base, tiny_image().layers[0]], ["two:1"])]
    load(nacre, tmp_path, *images)
    nacre("save", "-o", tmp_path / "out.tar", "one:1", "two:1", "one:1").ok()
    with tarfile.open(tmp_path / "out.tar") as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    assert len([name for name in names if name.startswith("blobs/sha256/")]) == 2 + 2 + 2  # layers, configs, manifests
    listed = json.loads(members_of(tmp_path / "out.tar")["manifest.json"])
    assert sorted(entry["RepoTags"][0] for entry in listed) == ["docker.io/library/one:1", "docker.io/library/two:1"]


def test_a_repository_stands_for_its_tags_and_an_id_for_no_name(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = tiny_image("app:1", "app:2", "other:1")
    load(nacre, tmp_path, image)
    nacre("save", "-o", tmp_path / "all", "app").ok()
    nacre("save", "-o", tmp_path / "one", "app:2").ok()
    nacre("save", "-o", tmp_path / "id", image.image_id).ok()
    tags = {name: json.loads(members_of(tmp_path / name)["manifest.json"])[0]["RepoTags"] for name in ("all", "one", "id")}
    assert tags["all"] == ["docker.io/library/app:1", "docker.io/library/app:2"]
    assert tags["one"] == ["docker.io/library/app:2"]
    assert not tags["id"]


def test_docker_archives_hold_plain_layers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = two_layers("app:1")
    nacre.load(archives.oci_archive(tmp_path / "in.tar", image, layer_compression=tars.GZIP))
    nacre("save", "--format", "docker-archive", "-o", tmp_path / "out", "app:1").ok()
    members = members_of(tmp_path / "out")
    entry = json.loads(members["manifest.json"])[0]
    assert [tars.sha256(members[layer]) for layer in entry["Layers"]] == image.diff_ids()
    assert tars.sha256(members[entry["Config"]]) == image.image_id


def test_an_index_is_saved_for_one_platform(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("app:1"))
    nacre("save", "--platform", "linux/amd64", "-o", tmp_path / "out", "app:1").ok()
    nacre("save", "--platform", "linux/s390x", "-o", tmp_path / "none", "app:1").fails(1, "s390x")
    assert not (tmp_path / "none").exists()


def test_an_error_leaves_what_was_there(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("app:1"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("old")
    nacre("save", "-o", tmp_path / "out/file", "app:1", "missing").fails(1, "nacre: No such image: missing:latest")
    assert (tmp_path / "out/file").read_text() == "old"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["file"]


def test_a_folder_with_something_else_is_refused(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("app:1"))
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy/file").touch()
    nacre("save", "--format", "oci-dir", "-o", tmp_path / "busy", "app:1").fails(1, "nacre: ")
    assert [path.name for path in (tmp_path / "busy").iterdir()] == ["file"]


def test_images_are_added_to_a_layout(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("a:1"), tiny_image("b:1", content="b"))
    nacre("save", "--format", "oci-dir", "-o", tmp_path / "layout", "a:1").ok()
    nacre("save", "--format", "oci-dir", "-o", tmp_path / "layout", "b:1").ok()
    assert len(json.loads((tmp_path / "layout/index.json").read_bytes())["manifests"]) == 2


def test_unknown_formats_and_places(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load(nacre, tmp_path, tiny_image("app:1"))
    nacre("save", "--format", "zip", "app:1").fails(1, "oci-archive, docker-archive or oci-dir")
    nacre("save", "-o", "/dev/null/out", "app:1").fails(1, "nacre: ")
    nacre("save", "--format", "oci-dir", "app:1").fails(1, "nacre: ")
    nacre("save").fails(1, "requires at least 1 argument")

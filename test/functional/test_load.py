"""load: every layout and compression, names, platforms, and what is said about it."""

from __future__ import annotations

import json
import pathlib

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

COMPRESSIONS = (None, *tars.COMPRESSIONS)
TARS = {
    "docker": archives.docker_archive,
    "legacy": archives.legacy_docker_archive,
    "oci": archives.oci_archive,
}


def platform_index(tmp_path: pathlib.Path, name: str, *images: Image) -> pathlib.Path:
    """An OCI layout whose one name is an index with an image for each platform."""
    members = archives.oci_members(*images)
    entries = [{**entry, "annotations": {}} for entry in json.loads(members["index.json"])["manifests"]]
    nested = json.dumps({"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": entries}).encode()
    members[f"blobs/sha256/{archives.hex_of(tars.sha256(nested))}"] = nested
    named = archives.descriptor(archives.OCI_INDEX, nested, annotations={"org.opencontainers.image.ref.name": name})
    members["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()
    return archives.write_members(tmp_path / "index.tar", members)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("layout", TARS)
def test_every_layout_in_every_compression(nacre: Nacre, tmp_path: pathlib.Path, layout: str, compression: str) -> None:
    image = tiny_image("app:1")
    path = TARS[layout](tmp_path / "image.tar", image, compression=compression)
    assert nacre("load", "-i", path).ok().out == "Loaded image: app:1\n"
    assert nacre.image_ids() == [image.image_id]
    assert nacre("cat", "app:1:/content").ok().out == "tiny"


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("layout", ["docker", "oci"])
def test_layers_in_every_compression(nacre: Nacre, tmp_path: pathlib.Path, layout: str, compression: str) -> None:
    if layout == "oci" and compression in (tars.XZ, tars.BZIP2):
        pytest.skip("there is no such media type")
    image = tiny_image("app:1")
    nacre.load(TARS[layout](tmp_path / "image.tar", image, layer_compression=compression))
    assert nacre.image_ids() == [image.image_id]
    assert nacre("cat", "app:1:/content").ok().out == "tiny"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_reads_standard_input(nacre: Nacre, tmp_path: pathlib.Path, compression: str) -> None:
    path = archives.oci_archive(tmp_path / "image.tar", tiny_image("app:1"), compression=compression)
    assert nacre("load", stdin=path.read_bytes()).ok().out == "Loaded image: app:1\n"


@pytest.mark.parametrize("compression", [None, tars.GZIP, tars.ZSTD])
def test_reads_a_layout_in_a_folder(nacre: Nacre, tmp_path: pathlib.Path, compression: str) -> None:
    image = tiny_image("app:1")
    path = archives.oci_layout(tmp_path / "layout", image, layer_compression=compression)
    assert nacre("load", "-i", path).ok().out == "Loaded image: app:1\n"
    assert nacre.image_ids() == [image.image_id]


@pytest.mark.parametrize("layout", TARS)
def test_several_images_with_shared_layers(nacre: Nacre, tmp_path: pathlib.Path, layout: str) -> None:
    base = tars.make_tar([tars.file("base", "b")])
    top = tars.make_tar([tars.file("top", "t")])
    images = [Image([base], ["base:1"]), Image([base, top], ["both:1"]), Image([base, base], ["twice:1"])]
    nacre.load(TARS[layout](tmp_path / "images.tar", *images))
    assert sorted(nacre.image_ids()) == sorted(image.image_id for image in images)
    assert nacre("cat", "both:1:/base", "both:1:/top", "twice:1:/base").ok().out == "btb"
    assert len(list((nacre.root / "layers/sha256").iterdir())) == 2


@pytest.mark.parametrize("layout", TARS)
def test_an_image_with_several_names(nacre: Nacre, tmp_path: pathlib.Path, layout: str) -> None:
    image = tiny_image("a:1", "a:2", "example.test:5000/x/y:z")
    said = nacre("load", "-i", TARS[layout](tmp_path / "image.tar", image)).ok().lines
    assert sorted(said) == [f"Loaded image: {tag}" for tag in image.tags]
    assert set(nacre.image_ids()) == {image.image_id}


@pytest.mark.parametrize("layout", TARS)
def test_an_image_without_a_name(nacre: Nacre, tmp_path: pathlib.Path, layout: str) -> None:
    image = tiny_image()
    said = nacre("load", "-i", TARS[layout](tmp_path / "image.tar", image)).ok().out
    assert said == f"Loaded image ID: {image.image_id}\n"


def test_loading_again_changes_nothing(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    path = archives.docker_archive(tmp_path / "image.tar", tiny_image("app:1"))
    nacre.load(path)
    before = sorted(file.relative_to(nacre.root) for file in (nacre.root / "blobs").rglob("*"))
    assert nacre("load", "-i", path).ok().out == "Loaded image: app:1\n"
    assert sorted(file.relative_to(nacre.root) for file in (nacre.root / "blobs").rglob("*")) == before
    assert len(nacre.image_ids()) == 1


def test_a_name_moves_to_the_new_image(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    old, new = tiny_image("app:1", content="old"), tiny_image("app:1", content="new")
    nacre.load(archives.docker_archive(tmp_path / "old.tar", old))
    said = nacre("load", "-i", archives.docker_archive(tmp_path / "new.tar", new)).ok().out
    assert f"The image app:1 already exists, renaming the old one with ID {old.image_id} to empty string\n" in said
    assert nacre("images", "-q", "--no-trunc", "app:1").ok().lines == [new.image_id]
    assert nacre("images", "-q", "--no-trunc", "--filter", "dangling=true").ok().lines == [old.image_id]


def test_quiet_still_names_the_image(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    done = nacre("load", "-q", "-i", archives.docker_archive(tmp_path / "image.tar", tiny_image("app:1"))).ok()
    assert (done.out, done.err) == ("Loaded image: app:1\n", "")


def test_an_image_without_layers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image([], ["empty:1"])))
    assert nacre("ls", "empty:1").ok().out == ""
    assert nacre("images", "--format", "{{.Size}}").ok().out == "0B\n"


def test_an_index_goes_in_with_all_its_platforms(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    images = [Image(tiny_image(content=arch).layers, architecture=arch) for arch in ("amd64", "arm64")]
    said = nacre("load", "-i", platform_index(tmp_path, "multi:1", *images)).ok().lines
    assert "Loaded image: multi:1" in said
    assert nacre("cat", "multi:1:/content").ok().out == "amd64"
    assert nacre("cat", "--platform", "linux/arm64", "multi:1:/content").ok().out == "arm64"


def test_platform_takes_one_image_of_an_index(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    images = [Image(tiny_image(content=arch).layers, architecture=arch) for arch in ("amd64", "arm64")]
    nacre("load", "--platform", "linux/arm64", "-i", platform_index(tmp_path, "multi:1", *images)).ok()
    assert nacre.image_ids() == [images[1].image_id]
    assert nacre("inspect", "-f", "{{.Architecture}}", "multi:1").ok().out == "arm64\n"


def test_a_platform_that_is_not_there(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    images = [Image(tiny_image(content=arch).layers, architecture=arch) for arch in ("amd64", "arm64")]
    path = platform_index(tmp_path, "multi:1", *images)
    nacre("load", "--platform", "linux/s390x", "-i", path).fails(1, "linux/s390x")
    assert nacre.image_ids() == []


@pytest.mark.parametrize("layout", TARS)
def test_a_platform_that_no_image_is_for(nacre: Nacre, tmp_path: pathlib.Path, layout: str) -> None:
    path = TARS[layout](tmp_path / "image.tar", tiny_image("app:1"))
    failed = nacre("load", "--platform", "linux/s390x", "-i", path).fails(1, "linux/s390x", "linux/amd64")
    assert failed.out == ""
    assert nacre.image_ids() == []
    assert not any((nacre.root / "layers/sha256").glob("*"))


def test_a_foreign_platform_is_loaded(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    image = Image(tiny_image().layers, ["foreign:1"], architecture="s390x")
    nacre.load(archives.docker_archive(tmp_path / "image.tar", image))
    assert nacre("inspect", "-f", "{{.Os}}/{{.Architecture}}", "foreign:1").ok().out == "linux/s390x\n"


def test_real_images_load(nacre: Nacre, shared_images: pathlib.Path) -> None:
    smallest = min((path for path in shared_images.glob("*.tar*")), key=lambda path: path.stat().st_size)
    assert "Loaded image" in nacre("load", "-i", smallest).ok().out
    nacre("store", "check", "-q").ok()

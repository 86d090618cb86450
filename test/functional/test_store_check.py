"""store check: what is damaged is named exactly; --repair makes again what can be made again."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable

import pytest

from support import archives, tars
from support.archives import Image, hex_of
from support.containers import IMAGE, container_directories, shell
from support.killing import assert_swept
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre

Damage = Callable[[pathlib.Path], None]


def flip_a_byte(path: pathlib.Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def cut(path: pathlib.Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path: pathlib.Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def delete(path: pathlib.Path) -> None:
    path.unlink()


def replace_by_a_directory(path: pathlib.Path) -> None:
    path.unlink()
    path.mkdir()



DAMAGES = [flip_a_byte, cut, lengthen, delete]
any_damage = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)


class Loaded:
    """A store with one image of two layers."""

    def __init__(self, nacre: Nacre, archive: pathlib.Path, image: Image) -> None:
        self.nacre, self.archive, self.image = nacre, archive, image

    def blobs(self) -> dict[str, pathlib.Path]:
        return {f"sha256:{path.name}": path for path in (self.nacre.root / "blobs/sha256").iterdir()}

    def layer(self, name: str, number: int = 0) -> pathlib.Path:
        return self.nacre.root / "layers/sha256" / hex_of(self.image.diff_ids()[number]) / name

    def findings(self, *flags: str, code: int) -> list[str]:
        result = self.nacre("store", "check", "-q", *flags)
        assert result.code == code, result.out + result.err
        return result.lines

    def is_whole(self) -> None:
        assert self.findings(code=0) == []
        assert self.nacre("cat", "app:1:/second").ok().out == "second" * 1000
        assert_swept(self.nacre)


@pytest.fixture
def image() -> Image:
    contents = [tars.make_tar([tars.file(name, name * 1000)]) for name in ("first", "second")]
    return Image(contents, ["app:1"])


@pytest.fixture
def compressed(nacre: Nacre, tmp_path: pathlib.Path, image: Image) -> Loaded:
    """Its layers have compressed blobs."""
    archive = archives.oci_archive(tmp_path / "app.tar", image)
    nacre.load(archive)
    return Loaded(nacre, archive, image)


@pytest.fixture
def plain(nacre: Nacre, tmp_path: pathlib.Path, image: Image) -> Loaded:
    """Its layers are what was loaded."""
    archive = archives.docker_archive(tmp_path / "app.tar", image)
    nacre.load(archive)
    return Loaded(nacre, archive, image)


@pytest.mark.one_driver
def test_a_sound_store(compressed: Loaded) -> None:
    compressed.is_whole()
    said = compressed.nacre("store", "check").ok().out
    assert said.startswith("checked 1 images, 2 layers, ") and said.endswith(" bytes read, nothing wrong\n")
    empty = Nacre(compressed.nacre.root.parent / "empty")
    assert empty("store", "check").ok().out.startswith("checked 0 images, 0 layers, 0 chains, 0 blobs: 0 bytes read")


@pytest.mark.one_driver
@any_damage
def test_a_tar_is_made_again_from_its_blob(compressed: Loaded, damage: Damage) -> None:
    damage(compressed.layer("tar"))
    layer = f"layer {compressed.image.diff_ids()[0]}: tar "
    found = compressed.findings(code=1)
    assert found[0].startswith(layer), found
    repaired = compressed.findings("--repair", code=0)
    assert any(line.startswith(layer) and "; rebuilt from blob sha256:" in line for line in repaired), repaired
    compressed.is_whole()


@pytest.mark.one_driver
@any_damage
def test_an_index_is_made_again_from_its_tar(compressed: Loaded, damage: Damage) -> None:
    damage(compressed.layer("index"))
    layer = f"layer {compressed.image.diff_ids()[0]}: index "
    found = compressed.findings(code=1)
    assert found[0].startswith(layer), found
    repaired = compressed.findings("--repair", code=0)
    assert any(line.startswith(layer) and line.endswith("; rebuilt from its tar") for line in repaired), repaired
    compressed.is_whole()


@pytest.mark.one_driver
@any_damage
def test_a_tar_without_a_blob_is_lost_until_it_is_loaded_again(plain: Loaded, damage: Damage) -> None:
    damage(plain.layer("tar"))
    for flags in ([], ["--repair"]):
        assert plain.findings(*flags, code=1)[0].startswith(f"layer {plain.image.diff_ids()[0]}: tar ")
    assert any(line.startswith(f"image {plain.image.image_id}: ") for line in plain.findings(code=1))
    plain.nacre.load(plain.archive)
    plain.is_whole()


@pytest.mark.one_driver
@any_damage
def test_every_blob(compressed: Loaded, damage: Damage) -> None:
    layers = {tars.sha256(path.read_bytes()) for path in compressed.blobs().values() if path.read_bytes()[:2] == b"\x1f\x8b"}
    assert len(layers) == 2
    for digest in compressed.blobs():
        damage(compressed.blobs()[digest])
        found = compressed.findings(code=1)
        assert found[0].startswith(f"blob {digest}: "), found
        assert not any(line.startswith("blob ") for line in found[1:]), found
        repaired = compressed.findings("--repair", code=1)
        assert any(line.startswith(f"blob {digest}: ") and "load app:1 again" in line for line in repaired), repaired
        assert digest not in compressed.blobs()
        compressed.nacre.load(compressed.archive)
        compressed.is_whole()


@pytest.mark.parametrize("damage", [*DAMAGES, replace_by_a_directory], ids=lambda damage: damage.__name__)
def test_a_chain_is_made_again_when_it_is_needed(nacre: Nacre, busybox: str, tmp_path: pathlib.Path, damage: Damage) -> None:
    two_layers = archives.busybox_image(IMAGE, more=[[tars.file("etc/motd", "above")]])
    nacre.load(archives.docker_archive(tmp_path / "two.tar", two_layers))
    shell(nacre, "true").ok()
    (chain,) = list((nacre.root / "chains/sha256").iterdir())
    damage(chain / "index")
    result = nacre("store", "check", "-q").fails(1)
    assert result.lines[0].startswith(f"chain sha256:{chain.name}: index "), result.out
    repaired = nacre("store", "check", "-q", "--repair").ok()
    assert repaired.lines[0].endswith("moved to trash; made again when next needed")
    nacre("store", "check").ok()
    assert shell(nacre, "cat /etc/motd").ok().out == "above"
    nacre("store", "check").ok()


@pytest.mark.one_driver
@pytest.mark.parametrize(
    "place",
    ["blobs/sha256/" + "0" * 64, "blobs/sha256/notes.txt", "layers/sha256/" + "1" * 64, "chains/sha256/" + "2" * 64],
)
def test_files_that_belong_to_nothing(compressed: Loaded, place: str) -> None:
    path = compressed.nacre.root / place
    if "blobs" in place:
        path.write_bytes(b"stray")
    else:
        path.mkdir()
        (path / "index").write_bytes(b"stray")
    assert compressed.findings(code=1) == [f"file {place}: belongs to nothing in the store"]
    assert path.exists()
    assert compressed.findings("--repair", code=0) == [f"file {place}: belongs to nothing in the store; moved to trash"]
    assert not path.exists()
    compressed.is_whole()
    assert wait_until_none(lambda: unfinished_work(compressed.nacre.root)) == []


@pytest.mark.one_driver
@pytest.mark.parametrize("place", ["blobs/sha512", "chains/sha256", "leases", "ingest", "trash", "containers", "locks"])
def test_directories_that_are_gone(compressed: Loaded, place: str) -> None:
    shutil.rmtree(compressed.nacre.root / place)
    found = compressed.findings(code=1)
    assert f"file {place}: is missing" in found
    compressed.findings("--repair", code=0)
    compressed.is_whole()


@pytest.mark.one_driver
def test_permissions_that_let_others_write(compressed: Loaded) -> None:
    compressed.layer("tar").chmod(0o666)
    found = compressed.findings(code=1)
    assert len(found) == 1 and "can be written by others than its owner" in found[0]
    assert compressed.findings("--repair", code=0)[0].endswith("closed to them")
    assert compressed.layer("tar").stat().st_mode & 0o022 == 0
    compressed.is_whole()


@pytest.mark.one_driver
def test_a_damaged_database_is_named_and_not_made_worse(compressed: Loaded) -> None:
    database = compressed.nacre.root / "nacre.db"
    for suffix in ("-wal", "-shm"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)
    database.write_bytes(b"this is no database" * 1000)
    result = compressed.nacre("store", "check").fails(1, "nacre.db")
    assert "internal" not in result.err
    assert compressed.nacre("images").code == 1


@pytest.mark.one_driver
def test_an_image_in_use_is_repaired_all_the_same(nacre: Nacre, busybox: str) -> None:
    nacre("run", IMAGE, "true").ok()
    (tar,) = (nacre.root / "layers/sha256").glob("*/index")
    flip_a_byte(tar)
    nacre("store", "check").fails(1)
    nacre("store", "check", "--repair").ok()
    shell(nacre, "true").ok()
    assert len(container_directories(nacre)) == 1


def test_files_laid_out_for_containers(busybox: str, nacre: Nacre) -> None:
    """They are only there where the kernel cannot mount an index. A container that has them mounted keeps them."""
    if nacre.driver != "extract":
        pytest.skip("of the extract driver alone")
    shell(nacre, "true").ok()
    (root,) = (nacre.root / "chains/sha256").glob("*/root")
    nacre("store", "check").ok()
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\nmallory:x:0:0::/:/bin/sh\n")
    found = nacre("store", "check").fails(1).out
    assert "laid out files: 'etc/passwd': " in found
    nacre("run", "--name", "kept", IMAGE, "true").ok()
    assert "left to a container that uses them" in nacre("store", "check", "--repair").fails(1).out
    assert root.exists()


def test_files_laid_out_are_made_again(busybox: str, nacre: Nacre) -> None:
    if nacre.driver != "extract":
        pytest.skip("of the extract driver alone")
    shell(nacre, "true").ok()
    (root,) = (nacre.root / "chains/sha256").glob("*/root")
    (root / "etc/group").unlink()
    assert "laid out files: 'etc/group': is missing; moved to trash" in nacre("store", "check", "--repair").ok().out
    nacre("store", "check").ok()
    assert shell(nacre, "cat /etc/group").ok().out.startswith("root:")
    nacre("store", "check").ok()

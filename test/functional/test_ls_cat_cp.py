"""ls, cat and cp: files of an image without running it."""

from __future__ import annotations

import io
import json
import os
import pathlib
import stat
import tarfile

import pytest

from support import archives, tars
from support.archives import Image
from support.nacre import Nacre
from support.tars import device, fifo, file, folder, hard_link, make_tar, opaque, symlink, whiteout, xattrs

pytestmark = pytest.mark.one_driver

LOWER = [
    folder("etc"),
    file("etc/name", "below", 0o600, uid=7, gid=8),
    file("etc/gone", "gone"),
    folder("full"),
    file("full/a", "a"),
    folder("full/sub"),
    file("full/sub/b", "b"),
    file("swap", "a file"),
    folder("back"),
    file("back/x", "x"),
    symlink("link", "etc/name"),
    symlink("outside", "/../../etc/name"),
    symlink("loop", "loop"),
    symlink("dirlink", "full"),
    hard_link("hard", "etc/name"),
]
UPPER = [
    whiteout("etc/gone"),
    opaque("full"),
    file("full/new", "new"),
    folder("swap"),
    file("swap/inside", "inside"),
    whiteout("back"),
    file("back", "now a file"),
    fifo("fifo"),
    device("null", 1, 3, 0o666),
    file("big", b"0123456789abcdef" * 20_000),
    file("x", "with xattr", **xattrs({"user.note": "value"})),
]


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    nacre.load(archives.oci_archive(tmp_path / "image.tar", Image([make_tar(LOWER), make_tar(UPPER)], ["app:1"])))
    return nacre


def names(nacre: Nacre, where: str, *flags: str) -> list[str]:
    return [json.loads(line)["path"] for line in nacre("ls", "--json", *flags, where).ok().lines]


def test_layers_are_merged(loaded: Nacre) -> None:
    assert names(loaded, "app:1:/etc") == ["/etc/name"]
    assert names(loaded, "app:1:/full") == ["/full/new"]
    assert names(loaded, "app:1:/swap") == ["/swap/inside"]
    assert loaded("cat", "app:1:/back").ok().out == "now a file"
    assert not [name for name in names(loaded, "app:1", "-R") if ".wh." in name]


def test_ls_says_what_a_file_is(loaded: Nacre) -> None:
    rows = {row["path"]: row for row in map(json.loads, loaded("ls", "--json", "app:1").ok().lines)}
    assert (rows["/hard"]["mode"], rows["/hard"]["uid"], rows["/hard"]["gid"]) == ("-rw-------", 7, 8)
    assert rows["/hard"]["links"] == 2
    assert rows["/link"]["target"] == "etc/name"
    assert rows["/null"]["device"] == {"major": 1, "minor": 3}
    assert rows["/fifo"]["mode"].startswith("p")
    assert rows["/big"]["size"] == 320_000
    assert rows["/x"]["xattrs"] == ["user.note"]
    line = next(line for line in loaded("ls", "app:1").ok().lines if " link ->" in line)
    assert line.startswith("lrwxrwxrwx") and line.endswith("link -> etc/name")


def test_ls_of_one_file_and_recursive(loaded: Nacre) -> None:
    assert names(loaded, "app:1:/big") == ["/big"]
    assert set(names(loaded, "app:1", "-R")) > {"/swap", "/swap/inside", "/etc/name"}
    loaded("ls", "app:1:/etc/gone").fails(1, "/etc/gone")


@pytest.mark.parametrize("path", ["/etc/name", "/hard", "/link", "/outside", "/../etc/./name"])
def test_cat_follows_links_inside_the_image(loaded: Nacre, path: str) -> None:
    assert loaded("cat", f"app:1:{path}").ok().out == "below"


def test_cat_of_several_files(loaded: Nacre) -> None:
    assert loaded("cat", "app:1:/full/new", "app:1:/swap/inside").ok().out == "newinside"
    assert loaded("cat", "app:1:/big").ok().stdout == b"0123456789abcdef" * 20_000


@pytest.mark.parametrize(
    ("path", "words"),
    [("/etc", "directory"), ("/missing", "/missing"), ("/loop", "symbolic links"), ("/fifo", "/fifo"), ("/null", "/null"),
     ("/big/under", "/big"), ("/full/a", "/full/a")],
)
def test_what_cat_cannot_print(loaded: Nacre, path: str, words: str) -> None:
    loaded("cat", f"app:1:{path}").fails(1, "nacre: ", words)


def test_cp_to_a_new_name_and_into_a_folder(loaded: Nacre, tmp_path: pathlib.Path) -> None:
    (tmp_path / "to").mkdir()
    loaded("cp", "app:1:/full/new", tmp_path / "name").ok()
    loaded("cp", "app:1:/full/new", tmp_path / "to").ok()
    loaded("cp", "app:1:/full/new", tmp_path / "name").ok()  # over itself
    assert (tmp_path / "name").read_text() == (tmp_path / "to/new").read_text() == "new"


def test_cp_of_a_folder(loaded: Nacre, tmp_path: pathlib.Path) -> None:
    (tmp_path / "to").mkdir()
    loaded("cp", "app:1:/swap", tmp_path / "fresh").ok()
    loaded("cp", "app:1:/swap", tmp_path / "to").ok()
    loaded("cp", "app:1:/swap/.", tmp_path / "to").ok()
    assert (tmp_path / "fresh/inside").read_text() == "inside"
    assert (tmp_path / "to/swap/inside").read_text() == "inside"
    assert (tmp_path / "to/inside").read_text() == "inside"


def test_cp_keeps_mode_time_and_with_a_the_owner(loaded: Nacre, tmp_path: pathlib.Path) -> None:
    loaded("cp", "app:1:/etc/name", tmp_path / "plain").ok()
    loaded("cp", "-a", "app:1:/etc/name", tmp_path / "owned").ok()
    plain, owned = (tmp_path / "plain").stat(), (tmp_path / "owned").stat()
    assert stat.S_IMODE(plain.st_mode) == 0o600
    assert plain.st_mtime == tars.MTIME
    assert (plain.st_uid, plain.st_gid) == (os.geteuid(), os.getegid())
    assert (owned.st_uid, owned.st_gid) == (7, 8)


def test_cp_of_links(loaded: Nacre, tmp_path: pathlib.Path) -> None:
    loaded("cp", "app:1:/link", tmp_path / "link").ok()
    loaded("cp", "-L", "app:1:/link", tmp_path / "content").ok()
    assert os.readlink(tmp_path / "link") == "etc/name"
    assert (tmp_path / "content").read_text() == "below"
    (tmp_path / "into").mkdir()
    loaded("cp", "-L", "app:1:/link", tmp_path / "into").ok()
    loaded("cp", "-L", "app:1:/dirlink", f"{tmp_path}/into/").ok()
    assert sorted(os.listdir(tmp_path / "into")) == ["dirlink", "link"]
    assert (tmp_path / "into/link").read_text() == "below"
    assert (tmp_path / "into/dirlink/new").read_text() == "new"


def test_cp_to_standard_output_is_a_tar(loaded: Nacre) -> None:
    with tarfile.open(fileobj=io.BytesIO(loaded("cp", "app:1:/swap", "-").ok().stdout)) as tar:
        assert [name.rstrip("/") for name in tar.getnames()] == ["swap", "swap/inside"]
    with tarfile.open(fileobj=io.BytesIO(loaded("cp", "app:1:/", "-").ok().stdout)) as tar:
        members = {os.path.normpath(info.name).lstrip("/"): info for info in tar}
        assert members["null"].ischr() and members["fifo"].isfifo() and members["link"].linkname == "etc/name"
        assert members["x"].pax_headers["SCHILY.xattr.user.note"] == "value"
        assert members["etc/name"].uid == 7 or members["hard"].uid == 7


def test_cp_does_not_write_through_links(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    (tmp_path / "victim").mkdir()
    members = [folder("d"), symlink("d/out", str(tmp_path / "victim")), file("file", "x")]
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image([make_tar(members)], ["trap:1"])))
    nacre("cp", "trap:1:/d", tmp_path / "to").ok()
    assert os.readlink(tmp_path / "to/out") == str(tmp_path / "victim")
    assert list((tmp_path / "victim").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("app:1:/missing", "x", "/missing"),
        ("app:1:/swap", "file", "file"),
        ("app:1:/full/new", "none/x", "none"),
        ("app:1", "x", "IMAGE:PATH"),
        ("missing:/x", "x", "No such image: missing:latest"),
    ],
)
def test_what_cp_cannot_do(loaded: Nacre, tmp_path: pathlib.Path, source: str, target: str, words: str) -> None:
    (tmp_path / "file").write_text("stays")
    loaded("cp", source, tmp_path / target).fails(1, "nacre: ", words)
    assert (tmp_path / "file").read_text() == "stays"
    assert not (tmp_path / "x").exists()


def test_a_hundred_and_thirty_layers(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    layers = [make_tar([file("last", str(number)), file(f"n{number}", "x")]) for number in range(130)]
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image(layers, ["deep:1"])))
    assert nacre("cat", "deep:1:/last").ok().out == "129"
    assert len(names(nacre, "deep:1")) == 131


def test_odd_names(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    odd = ["a b", "ü", "new\nline", "x" * 255, "-dash", "a:b"]
    nacre.load(archives.docker_archive(tmp_path / "i.tar", Image([make_tar(file(name, name) for name in odd)], ["odd:1"])))
    assert sorted(names(nacre, "odd:1")) == sorted("/" + name for name in odd)
    assert nacre("cat", *(f"odd:1:/{name}" for name in odd)).ok().out == "".join(odd)

"""Layers that cannot be, and layers that are odd but right. What docker does with each is said where it is not plain."""

from __future__ import annotations

import pathlib

import pytest

from support import tars
from support.archives import Image, docker_archive, oci_archive
from support.hostile import assert_one_line, assert_whole, docker, kept, refused, refused_layer  # noqa: F401 (kept is a fixture)
from support.nacre import Nacre
from support.tars import file, folder, hard_link, make_tar, symlink, whiteout

pytestmark = pytest.mark.one_driver

WHOLE = make_tar([file("a", b"a" * 3000), folder("d"), file("d/b", b"b" * 3000)])
LAYER_TARS: dict[str, tuple[bytes, str]] = {
    "dot dot": (make_tar([file("../escape", "x")]), "'../escape'"),
    "dot dot inside": (make_tar([folder("d"), file("d/../../escape", "x")]), "'d/../../escape'"),
    "hard link to outside": (make_tar([hard_link("h", "../../etc/passwd")]), "member 'h'"),
    "hard link to a directory": (make_tar([folder("d"), hard_link("h", "d")]), "member 'h'"),
    "a name of 256 bytes": (make_tar([file("n" * 256, "x")]), "a name that no file system takes"),
    "a directory of 256 bytes": (make_tar([file("n" * 256 + "/f", "x")]), "a name that no file system takes"),
    "a path of 4,096 bytes": (make_tar([file("/".join(["d" * 255] * 15 + ["e" * 256 + "/x"]), "x")]), "a name that no file"),
    "a path of 5,000 bytes": (make_tar([file("/".join(["d" * 99] * 50), "x")]), "longer than 4095 bytes"),
    "a symlink target of 4,096 bytes": (make_tar([symlink("s", "t" * 4096)]), "member 's'"),
    "an empty symlink target": (make_tar([symlink("s", "")]), "member 's'"),
    "a root that is a file": (make_tar([file("./", "x")]), "member"),
    "a file below a file": (make_tar([file("f", "x"), file("f/g", "x")]), "member 'f/g'"),
    "a loop of symlinks": (make_tar([symlink("a", "b"), symlink("b", "a"), file("a/f", "x")]), "member 'a/f'"),
    "a whiteout of nothing": (make_tar([file(".wh.")]), "member '.wh.'"),
    "a whiteout of the parent": (make_tar([file("d/.wh...")]), "a whiteout of no file"),
    "a whiteout that is a directory": (make_tar([file(".wh.d/f")]), "a whiteout is used as a directory"),
    "no tar": (b"this is no tar" * 100, "this is no tar archive"),
    "half a header": (WHOLE[:300], "unexpected end of data"),
    "content cut off": (WHOLE[:1500], "unexpected end of data"),
}


@pytest.mark.parametrize(("layer", "words"), LAYER_TARS.values(), ids=LAYER_TARS.keys())
def test_layers_that_cannot_be(kept: Nacre, tmp_path: pathlib.Path, layer: bytes, words: str) -> None:
    refused_layer(kept, tmp_path, layer, words, tars.sha256(layer)[7:19])


def path_of(length: int) -> str:
    """A path of so many bytes, of names as long as they may be; the last one is a file."""
    names = ["d" * 255] * (length // 256)
    rest = length - 256 * len(names)
    return "/".join([*names, "f" * rest]) if rest else "/".join(names)[:length]


ODD_TARS: dict[str, tuple[list[tars.Member], str]] = {
    "absolute": ([file("/abs", "in")], "/abs"),
    "dot slash": ([file("./f", "in")], "/f"),
    "duplicate": ([file("f", "out"), file("f", "in")], "/f"),
    "no parents": ([file("a/b/c/d", "in")], "/a/b/c/d"),
    "255 bytes": ([file("n" * 255, "in")], "/" + "n" * 255),
    "4,095 bytes": ([file(path_of(4095), "in")], "/" + path_of(4095)),
    "a backslash": ([file("a\\b", "in")], "/a\\b"),
    "a new line": ([file("a\nb", "in")], "/a\nb"),
    "a blank": ([file(" ", "in")], "/ "),
    "a symlink to itself": ([symlink("s", "s"), file("f", "in")], "/f"),
}


@pytest.mark.parametrize(("members", "path"), ODD_TARS.values(), ids=ODD_TARS.keys())
def test_layers_that_are_odd_but_right(nacre: Nacre, tmp_path: pathlib.Path, members: list[tars.Member], path: str) -> None:
    nacre("load", stdin=docker(tmp_path, Image([make_tar(members)], ["odd:1"]))).ok()
    assert nacre("cat", f"odd:1:{path}").ok().out == "in"
    assert_whole(nacre)


def test_a_path_is_measured_where_symlinks_lead(kept: Nacre, tmp_path: pathlib.Path) -> None:
    """Each member has a short path, but every link makes the next one's place deeper."""
    deep = "/".join(["d" * 250] * 10)
    members = [folder(deep), symlink("l", deep), file("l/" + deep + "/f", "x")]
    refused_layer(kept, tmp_path, make_tar(members), "too long where its symlinks lead")


def test_members_through_a_link_stay_inside(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    for number, target in enumerate((str(victim), "../" * 40 + str(victim)[1:])):
        layer = make_tar([symlink("d", target), file("d/f", "in")])
        nacre("load", stdin=docker(tmp_path, Image([layer], [f"odd:{number}"]))).ok()
        assert nacre("cat", f"odd:{number}:{victim}/f").ok().out == "in"
        assert list(victim.iterdir()) == []
    assert_whole(nacre)


# --- hard links whose file is in no layer below: docker's load fails with "link /missing /h: no such file or directory" ---

FILE, LINK = make_tar([file("f", "in")]), make_tar([hard_link("h", "f")])
NO_FILE: dict[str, list[bytes]] = {
    "in no layer": [LINK],
    "in a layer above": [LINK, FILE],
    "in a layer whose file was removed": [FILE, make_tar([whiteout("f")]), LINK],
    "later in the same layer": [make_tar([hard_link("h", "f"), file("f", "in")])],
    "itself": [make_tar([hard_link("f", "f")])],
    "below a file": [FILE, make_tar([hard_link("h", "f/g")])],
}


@pytest.mark.parametrize("pack", [docker_archive, oci_archive])
@pytest.mark.parametrize("layers", NO_FILE.values(), ids=NO_FILE.keys())
def test_a_hard_link_to_nothing(kept: Nacre, tmp_path: pathlib.Path, pack, layers: list[bytes]) -> None:
    image = Image(layers, ["bad:1"])
    data = pack(tmp_path / "bad.tar", image).read_bytes()
    where = "'f/g'" if b"f/g" in layers[-1] else "'f'"
    refused(kept, data, f"image {image.image_id}", f"hard link to {where}", "no layer has that file")
    kept("inspect", "bad:1").fails(1, "bad:1")


def test_a_hard_link_to_a_directory_below(kept: Nacre, tmp_path: pathlib.Path) -> None:
    """docker: "link /d /h: operation not permitted"."""
    layers = [make_tar([folder("d")]), make_tar([hard_link("h", "d")])]
    refused(kept, docker(tmp_path, Image(layers, ["bad:1"])), "hard link to 'd'", "it is a directory")


@pytest.mark.parametrize("above", [LINK, make_tar([hard_link("h", "f"), whiteout("f")])], ids=["kept", "removed after"])
def test_a_hard_link_to_a_file_below(nacre: Nacre, tmp_path: pathlib.Path, above: bytes) -> None:
    between = make_tar([file("other")])
    nacre("load", stdin=docker(tmp_path, Image([FILE, between, above], ["odd:1"]))).ok()
    assert nacre("cat", "odd:1:/h").ok().out == "in"
    assert_whole(nacre)


def test_the_same_layer_may_be_right_in_one_image_and_wrong_in_another(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    right, wrong = Image([FILE, LINK], ["right:1"]), Image([LINK], ["wrong:1"])
    both = docker_archive(tmp_path / "both.tar", right, wrong)
    assert_one_line(nacre("load", "-i", both).fails(1, wrong.image_id, "hard link to 'f'"))
    assert nacre("cat", "right:1:/h").ok().out == "in"
    assert nacre.image_ids() == [right.image_id]
    refused(nacre, docker(tmp_path, wrong), "hard link to 'f'")  # its layer is here by now
    nacre("rmi", "right:1").ok()
    refused(nacre, docker(tmp_path, wrong), "hard link to 'f'")
    nacre("image", "prune", "-f").ok()
    assert_whole(nacre)
    assert list((nacre.root / "layers/sha256").iterdir()) == []  # what the refused ones brought is not kept


def test_a_name_is_not_taken_by_an_image_that_is_refused(kept: Nacre, tmp_path: pathlib.Path) -> None:
    done = refused(kept, docker(tmp_path, Image([LINK], ["kept:1"])), "hard link to 'f'")
    assert done.out == ""  # no word of a name that moved


def test_an_import_of_a_hard_link_to_nothing(kept: Nacre, tmp_path: pathlib.Path) -> None:
    (tmp_path / "root.tar").write_bytes(LINK)
    assert_one_line(kept("import", tmp_path / "root.tar", "bad:1").fails(1, "hard link to 'f'", "no layer has that file"))
    assert_whole(kept)

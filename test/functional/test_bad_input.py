"""Bad input gets a clear error and a non-zero exit, and nothing is lost or left behind."""

from __future__ import annotations

import collections
import json
import os
import random
import pathlib
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre, Result, binary
from support.tars import file, folder, hard_link, make_tar, symlink

pytestmark = pytest.mark.one_driver


@pytest.fixture
def kept(nacre: Nacre, tmp_path: pathlib.Path) -> Iterator[Nacre]:
    """A store with an image that must be as good after the test as before."""
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1", content="kept")))
    yield nacre
    assert nacre("images", "--format", "{{.Repository}}:{{.Tag}}").ok().lines == ["kept:1"]
    assert nacre("cat", "kept:1:/content").ok().out == "kept"
    nacre("store", "check", "-q").ok()


def refused(nacre: Nacre, data: bytes, *words: str) -> Result:
    """Loads what must not load: one line of error, and nothing left in the store."""
    done = nacre("load", stdin=data).fails(1, *words)
    assert done.err.startswith("nacre: ") and done.err.count("\n") == 1, done.err
    assert "internal error" not in done.err
    assert wait_until_none(lambda: unfinished_work(nacre.root)) == []
    return done


def packed(members: dict[str, bytes]) -> bytes:
    return make_tar(file(name, data) for name, data in members.items())


def docker(tmp_path: pathlib.Path, image: Image, **how: str) -> bytes:
    return archives.docker_archive(tmp_path / "bad.tar", image, **how).read_bytes()


SAMPLE = Image([make_tar([file("a", b"a" * 3000), folder("d"), file("d/b", random.Random(1).randbytes(3000))])], ["bad:1"])
CUTS = 24


@pytest.mark.parametrize("compression", [None, tars.GZIP, tars.ZSTD])
@pytest.mark.parametrize("layout", [archives.docker_archive, archives.oci_archive])
def test_truncated_anywhere(
    kept: Nacre, tmp_path: pathlib.Path, layout: Callable[..., pathlib.Path], compression: str | None
) -> None:
    whole = layout(tmp_path / "whole.tar", SAMPLE, compression=compression).read_bytes()
    end = len(whole.rstrip(b"\0")) - (8 if compression else 1)  # what is cut off is not only padding
    for cut in range(0, end, max(1, end // CUTS)):
        refused(kept, whole[:cut])


@pytest.mark.parametrize("compression", [None, tars.GZIP])
def test_a_spoiled_byte_never_crashes(kept: Nacre, tmp_path: pathlib.Path, compression: str | None) -> None:
    whole = archives.oci_archive(tmp_path / "whole.tar", SAMPLE, compression=compression).read_bytes()
    for offset in range(0, len(whole), max(1, len(whole) // CUTS)):
        spoiled = whole[:offset] + bytes([whole[offset] ^ 0x55]) + whole[offset + 1 :]
        done = kept("load", stdin=spoiled)
        assert done.code in (0, 1)
        assert done.code == 0 or done.err.startswith("nacre: ")
        if done.code == 0:  # the byte was one that nobody reads
            kept("rmi", *(line.split(" ")[-1] for line in done.lines)).ok()
        assert wait_until_none(lambda: unfinished_work(kept.root)) == []


@pytest.mark.parametrize("data", [b"", b"\0" * 1024, b"garbage\n" * 500, b"\x1f\x8b\x08" + b"x" * 99, b"\x28\xb5\x2f\xfd" + b"x" * 99,
                                  b"\xfd7zXZ\0" + b"x" * 99, b"BZh9" + b"x" * 99, make_tar([file("hello", "x")])])  # fmt: skip
def test_garbage(kept: Nacre, data: bytes) -> None:
    refused(kept, data)


@pytest.mark.parametrize("part", ["config", "layers", "manifest"])
def test_a_blob_that_is_not_its_digest(kept: Nacre, part: str) -> None:
    members = archives.oci_members(SAMPLE)
    digest = json.loads(members["index.json"])["manifests"][0]["digest"]
    if part != "manifest":
        manifest = json.loads(members[f"blobs/sha256/{archives.hex_of(digest)}"])
        digest = (manifest["config"] if part == "config" else manifest["layers"][0])["digest"]
    name = f"blobs/sha256/{archives.hex_of(digest)}"
    data = members[name]
    refused(kept, packed(members | {name: data[:-1] + bytes([data[-1] ^ 1])}))
    refused(kept, packed({key: value for key, value in members.items() if key != name}), archives.hex_of(digest)[:12])


ZERO = "sha256:" + "0" * 64
GOOD = SAMPLE.diff_ids()


@pytest.mark.parametrize(
    "diff_ids", [[], [*GOOD, *GOOD], [ZERO], ["sha256:xyz"], ["nonsense"], [7], "text", None, {"a": 1}], ids=str
)
@pytest.mark.parametrize("layout", ["docker", "oci"])
def test_diff_ids_that_do_not_fit(kept: Nacre, tmp_path: pathlib.Path, layout: str, diff_ids: object) -> None:
    document = json.loads(SAMPLE.config()) | {"rootfs": {"type": "layers", "diff_ids": diff_ids}}
    config, layer = json.dumps(document).encode(), SAMPLE.layers[0]
    if layout == "docker":
        manifest = json.dumps([{"Config": "c.json", "RepoTags": ["bad:1"], "Layers": ["l.tar"]}]).encode()
        refused(kept, packed({"c.json": config, "l.tar": layer, "manifest.json": manifest}))
        return
    blobs = {f"blobs/sha256/{archives.hex_of(tars.sha256(data))}": data for data in (config, layer)}
    manifest = json.dumps({"schemaVersion": 2, "config": archives.descriptor(archives.OCI_CONFIG, config),
                           "layers": [archives.descriptor(archives.OCI_LAYER, layer)]}).encode()  # fmt: skip
    blobs[f"blobs/sha256/{archives.hex_of(tars.sha256(manifest))}"] = manifest
    index = {"schemaVersion": 2, "manifests": [archives.descriptor(archives.OCI_MANIFEST, manifest)]}
    layout_file = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode()}
    refused(kept, packed(layout_file | blobs))


DEEP = b'{"a":' * 100_000
JSON = {
    "empty": b"",
    "text": b"not json",
    "number": b"7",
    "null": b"null",
    "list": b"[]",
    "list of numbers": b"[1]",
    "object": b"{}",
    "deep list": b"[" * 100_000,
    "deep object": DEEP,
    "wrong types": b'[{"Config":1,"RepoTags":2,"Layers":3}]',
    "layers of numbers": b'[{"Config":"c.json","RepoTags":null,"Layers":[1]}]',
    "path to outside": b'[{"Config":"../../etc/passwd","RepoTags":null,"Layers":[]}]',
    "bad UTF-8": b'[{"Config":"\xff\xfe"}]',
    "huge": b'[{"Config":"' + b"x" * 40_000_000 + b'"}]',
}


@pytest.mark.parametrize("document", JSON.values(), ids=JSON.keys())
def test_manifests_that_are_none(kept: Nacre, document: bytes) -> None:
    refused(kept, packed({"manifest.json": document}))


@pytest.mark.parametrize("document", JSON.values(), ids=JSON.keys())
def test_indexes_that_are_none(kept: Nacre, document: bytes) -> None:
    done = kept("load", stdin=packed({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": document}))
    done.fails(1, "nacre: ")
    assert unfinished_work(kept.root) == []


def test_an_index_of_nothing(kept: Nacre) -> None:
    refused(kept, packed({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b'{"schemaVersion":2,"manifests":[]}'}))


@pytest.mark.parametrize("config", [b"", b"[]", b"null", DEEP, b'{"rootfs":[]}', b'{"config":7,"rootfs":{"diff_ids":[]}}'], ids=len)
def test_configs_that_are_none(kept: Nacre, config: bytes) -> None:
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["bad:1"], "Layers": ["l.tar"]}]).encode()
    refused(kept, packed({"c.json": config, "l.tar": SAMPLE.layers[0], "manifest.json": manifest}))


def long_pax(size: int) -> bytes:
    return make_tar([file("bomb", "x", pax_headers={"comment": "x" * size})])


LAYER_TARS = {
    "dot dot": make_tar([file("../escape", "x")]),
    "dot dot inside": make_tar([folder("d"), file("d/../../escape", "x")]),
    "hard link to outside": make_tar([hard_link("h", "../../etc/passwd")]),
    "a name of 300 bytes": make_tar([file("n" * 300, "x")]),
    "a path of 5,000 bytes": make_tar([file("/".join(["d" * 99] * 50), "x")]),
    "a PAX header of 20 MB": long_pax(20_000_000),
    "no tar": b"this is no tar" * 100,
    "half a header": SAMPLE.layers[0][:300],
    "content cut off": SAMPLE.layers[0][:1500],
    "a negative size": b"",
}


def negative_size() -> bytes:
    header = bytearray(make_tar([file("f", "x")]))
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


LAYER_TARS["a negative size"] = negative_size()


@pytest.mark.parametrize("layer", LAYER_TARS.values(), ids=LAYER_TARS.keys())
def test_layers_that_cannot_be(kept: Nacre, tmp_path: pathlib.Path, layer: bytes) -> None:
    refused(kept, docker(tmp_path, Image([layer], ["bad:1"])))


ODD_TARS: dict[str, tuple[list[tars.Member], str]] = {
    "absolute": ([file("/abs", "in")], "/abs"),
    "dot slash": ([file("./f", "in")], "/f"),
    "duplicate": ([file("f", "out"), file("f", "in")], "/f"),
    "no parents": ([file("a/b/c/d", "in")], "/a/b/c/d"),
    "deep": ([file("d/" * 1000 + "f", "in")], "/" + "d/" * 1000 + "f"),
    "255 bytes": ([file("n" * 255, "in")], "/" + "n" * 255),
}


@pytest.mark.parametrize(("members", "path"), ODD_TARS.values(), ids=ODD_TARS.keys())
def test_layers_that_are_odd_but_right(nacre: Nacre, tmp_path: pathlib.Path, members: list[tars.Member], path: str) -> None:
    nacre("load", stdin=docker(tmp_path, Image([make_tar(members)], ["odd:1"]))).ok()
    assert nacre("cat", f"odd:1:{path}").ok().out == "in"


def test_members_through_a_link_stay_inside(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    layer = make_tar([symlink("d", str(victim)), file("d/f", "x")])
    done = nacre("load", stdin=docker(tmp_path, Image([layer], ["odd:1"])))
    assert done.code in (0, 1) and list(victim.iterdir()) == []


def test_a_hard_link_to_nothing_is_said_where_it_matters(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    """The layer itself is whole: another one below it could have the file."""
    nacre("load", stdin=docker(tmp_path, Image([make_tar([hard_link("h", "missing")])], ["odd:1"]))).ok()
    nacre("cat", "odd:1:/h").fails(1, "nacre: ", "missing")
    nacre("rmi", "odd:1").ok()
    nacre("store", "check", "-q").ok()


def test_a_gzip_bomb_needs_no_memory(kept: Nacre) -> None:
    bomb = tars.compress(b"\0" * 200_000_000, tars.GZIP)
    command = ("prlimit", "--as=600000000", *kept.command("load"))
    done = subprocess.run(command, input=bomb, capture_output=True, check=False, timeout=120)
    assert done.returncode == 1 and done.stderr.startswith(b"nacre: "), done.stderr
    assert unfinished_work(kept.root) == []


def test_many_files_in_one_folder(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    layer = make_tar(file(f"many/{number}") for number in range(20_000))
    nacre("load", stdin=docker(tmp_path, Image([layer], ["many:1"]))).ok()
    assert len(nacre("ls", "many:1:/many").ok().lines) == 20_000


def test_the_images_before_the_bad_one_are_there(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    good, bad = tiny_image("good:1"), Image([b"no tar" * 200], ["bad:1"])
    done = nacre("load", "-i", archives.docker_archive(tmp_path / "both.tar", good, bad)).fails(1, "nacre: ")
    listed = nacre("images", "--format", "{{.Repository}}").ok().lines
    assert listed == [line.split(" ")[-1].split(":")[0] for line in done.lines]
    nacre("store", "check", "-q").ok()


# --- the disk ---


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[Callable[[str], Nacre]]:
    """Makes a store on a file system of its own."""
    points: collections.deque[pathlib.Path] = collections.deque()

    def mount(options: str) -> Nacre:
        point = tmp_path / f"disk{len(points)}"
        point.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], check=True)
        points.append(point)
        return Nacre(point / "store")

    yield mount
    for point in points:
        wait_until_none(lambda point=point: unfinished_work(point / "store"))
        subprocess.run(["umount", "-l", str(point)], check=True)


def big_image() -> Image:
    return Image([make_tar([file("big", os.urandom(6_000_000))])], ["big:1"])


@pytest.mark.parametrize("compression", [None, tars.GZIP])
def test_a_full_disk(small_disk: Callable[[str], Nacre], tmp_path: pathlib.Path, compression: str | None) -> None:
    nacre = small_disk("size=4m")
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
    path = archives.docker_archive(tmp_path / "big.tar", big_image(), compression=compression)
    nacre("load", "-i", path).fails(1, "no space left")
    nacre("load", stdin=path.read_bytes()).fails(1, "no space left")
    assert wait_until_none(lambda: unfinished_work(nacre.root)) == []
    assert len(nacre.image_ids()) == 1
    nacre("store", "check", "-q").ok()
    nacre("rmi", "kept:1").ok()


def test_a_disk_without_inodes(small_disk: Callable[[str], Nacre], tmp_path: pathlib.Path) -> None:
    nacre = small_disk("size=20m,nr_inodes=60")
    nacre.load(archives.docker_archive(tmp_path / "kept.tar", tiny_image("kept:1")))
    layers = [make_tar([file(f"f{number}", "x")]) for number in range(30)]
    nacre("load", "-i", archives.docker_archive(tmp_path / "many.tar", Image(layers, ["many:1"]))).fails(1, "no space left")
    assert wait_until_none(lambda: unfinished_work(nacre.root)) == []
    assert len(nacre.image_ids()) == 1
    nacre("store", "check", "-q").ok()


def test_saving_to_a_full_disk(nacre: Nacre, small_disk: Callable[[str], Nacre], tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "big.tar", big_image()))
    disk = small_disk("size=2m").root.parent
    nacre("save", "-o", disk / "out.tar", "big:1").fails(1, "no space left")
    nacre("cp", "big:1:/big", disk / "big").fails(1, "no space left")
    nacre("save", "--format", "oci-dir", "-o", disk / "layout", "big:1").fails(1, "no space left")
    assert [path.name for path in disk.rglob("*") if path.is_file()] == []


def test_output_that_nobody_takes(kept: Nacre) -> None:
    for words in (("images",), ("save", "kept:1"), ("cp", "kept:1:/", "-"), ("cat", "kept:1:/content")):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(kept.command(*words), stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        assert done.returncode == 1 and done.stderr.startswith(b"nacre: "), (words, done)


def test_a_read_only_root(small_disk: Callable[[str], Nacre], tmp_path: pathlib.Path) -> None:
    path = archives.docker_archive(tmp_path / "image.tar", tiny_image("app:1"))
    nacre = small_disk("size=4m")
    nacre.load(path)
    subprocess.run(["mount", "-o", "remount,ro", str(nacre.root.parent)], check=True)
    for words in (("load", "-i", str(path)), ("rmi", "app:1"), ("tag", "app:1", "b:1")):
        done = nacre(*words).fails(1, "nacre: ")
        assert "read-only file system" in done.err.lower() or "the store can only be read" in done.err, done.err


@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is missing")
def test_another_user(kept: Nacre, tmp_path: pathlib.Path) -> None:
    def as_nobody(*command: str) -> subprocess.CompletedProcess[bytes]:
        drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        return subprocess.run((*drop, *command), capture_output=True, check=False, stdin=subprocess.DEVNULL)

    if as_nobody(str(binary()), "--version").returncode != 0:
        pytest.skip("nobody may not run the binary where it is")
    for words in (("images",), ("rmi", "kept:1"), ("inspect", "kept:1")):
        done = as_nobody(*kept.command(*words))
        assert done.returncode == 1 and b"permission denied" in done.stderr.lower(), done.stderr


def test_roots_that_are_none(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file/below", pathlib.Path("/proc/none")):
        Nacre(root)("images").fails(1, "nacre: ")


def test_a_database_that_is_none(tmp_path: pathlib.Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "nacre.db").write_bytes(b"this is no database" * 100)
    Nacre(root)("images").fails(1, "nacre: ", "nacre.db")
    assert (root / "nacre.db").read_bytes() == b"this is no database" * 100

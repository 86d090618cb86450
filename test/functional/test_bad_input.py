"""Bad archives, blobs, stores and outputs: a clear error, a non-zero exit, and nothing lost or left behind."""

from __future__ import annotations

import json
import pathlib
import random
import shutil
import subprocess
from collections.abc import Callable

import pytest

from support import archives, tars
from support.archives import Image, tiny_image
from support.hostile import kept, packed, refused  # noqa: F401 (kept is a fixture)
from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre, binary
from support.tars import file, folder, make_tar

pytestmark = pytest.mark.one_driver

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


def test_the_images_before_the_bad_one_are_there(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    good, bad = tiny_image("good:1"), Image([b"no tar" * 200], ["bad:1"])
    done = nacre("load", "-i", archives.docker_archive(tmp_path / "both.tar", good, bad)).fails(1, "nacre: ")
    listed = nacre("images", "--format", "{{.Repository}}").ok().lines
    assert listed == [line.split(" ")[-1].split(":")[0] for line in done.lines]
    nacre("store", "check", "-q").ok()


def test_output_that_nobody_takes(kept: Nacre) -> None:
    for words in (("images",), ("save", "kept:1"), ("cp", "kept:1:/", "-"), ("cat", "kept:1:/content")):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(kept.command(*words), stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        assert done.returncode == 1 and done.stderr.startswith(b"nacre: "), (words, done)


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

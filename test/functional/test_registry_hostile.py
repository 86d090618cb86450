"""A registry that means ill: everything it sends is refused, in words, and nothing of it is left behind."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator

import pytest

from support import archives, faults, tars
from support.archives import Image, descriptor
from support.distribution import Package, package
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver
ELSEWHERE = "sha256:" + "e" * 64


@pytest.fixture
def image() -> Image:
    return archives.tiny_image(content="tiny")


@pytest.fixture(autouse=True)
def impatient(tmp_path: pathlib.Path, nacre: Nacre) -> None:
    """Servers that say nothing are given up after a second."""
    config = tmp_path / "config.toml"
    config.write_text("stall-timeout = 1\n")
    nacre.environment["NACRE_CONFIG"] = str(config)


@pytest.fixture(autouse=True)
def nothing_left(nacre: Nacre, impatient: None) -> Iterator[None]:
    yield
    assert nacre.image_ids() == []
    nacre("image", "prune", "-f").ok()
    nacre("store", "check").ok()
    files = [path for path in (nacre.root / "layers").rglob("*") if path.is_file()] if nacre.root.exists() else []
    assert files == []


def refused(nacre: Nacre, registry: HostileRegistry, *words: str) -> str:
    result = nacre("pull", f"{registry.address}/app:1").fails(1, f"{registry.address}/app:1", *words)
    assert len(result.err) < 4000 and result.err.isprintable() or result.err.count("\n") <= 3, result.err
    return result.err


def put(registry: HostileRegistry, made: Package, **fields: object) -> Package:
    """The package, with a manifest that says something else."""
    return registry.put("app", "1", Package(made.media_type, json.dumps(made.document | fields).encode(), made.blobs))


def test_a_layer_that_is_another(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    made = hostile_registry.put_image("app", "1", image)
    other = tars.compress(archives.tiny_image(content="evil").layers[0], tars.GZIP)
    assert len(other) == len(made.blobs[made.layers[0]])
    hostile_registry.put_blob(other, made.layers[0])
    refused(nacre, hostile_registry, made.layers[0], "fetched twice")


def test_a_config_that_is_another(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    made = hostile_registry.put_image("app", "1", image)
    hostile_registry.put_blob(made.blobs[made.config].replace(b"linux", b"Linux"), made.config)
    refused(nacre, hostile_registry, made.config, "sent bytes that are sha256:")


def test_a_diff_id_that_is_anothers(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    image.overrides = {"rootfs": {"type": "layers", "diff_ids": [ELSEWHERE]}}
    made = hostile_registry.put_image("app", "1", image)
    refused(nacre, hostile_registry, made.layers[0], ELSEWHERE)


def test_a_manifest_that_is_swapped_between_head_and_get(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    honest = hostile_registry.put_image("app", "1", image)
    other = package(archives.tiny_image(content="evil"))
    hostile_registry.blobs |= other.blobs
    hostile_registry.add(faults.swap_after_head(other.manifest), path="/manifests/", times=ALWAYS)
    nacre("pull", f"{hostile_registry.address}/app@{honest.digest}").fails(1, "asked for " + honest.digest)
    nacre("copy", f"{hostile_registry.address}/app@{honest.digest}", f"{hostile_registry.address}/copy:1").fails(1, honest.digest)


def test_a_digest_header_that_lies(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    hostile_registry.put_image("app", "1", image)
    hostile_registry.add(faults.digest(ELSEWHERE), method="GET", path="/manifests/", times=ALWAYS)
    refused(nacre, hostile_registry, "the server says " + ELSEWHERE)


def test_a_manifest_of_a_gigabyte(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    hostile_registry.add(faults.huge_manifest(1 << 30, archives.OCI_MANIFEST), method="GET", path="/manifests/", times=ALWAYS)
    refused(nacre, hostile_registry, "larger than the 4194304 bytes it may have")
    assert hostile_registry.bytes_sent("/manifests/") < 1 << 27


@pytest.mark.parametrize("where", ["/manifests/", "/blobs/", "/tags/"])
def test_a_body_without_end(nacre: Nacre, hostile_registry: HostileRegistry, image: Image, where: str) -> None:
    hostile_registry.put_image("app", "1", image)
    hostile_registry.add(faults.endless(), method="GET", path=where, times=ALWAYS)
    if where == "/tags/":
        nacre("pull", "-a", f"{hostile_registry.address}/app").fails(1)
    else:
        refused(nacre, hostile_registry)
    assert hostile_registry.bytes_sent(where) < 1 << 28


def test_a_layer_without_end(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    made = hostile_registry.put_image("app", "1", image)
    hostile_registry.blobs[made.layers[0]] = faults.endless(b"\x1f\x8b" + bytes(65534))
    refused(nacre, hostile_registry, made.layers[0])
    assert hostile_registry.bytes_sent("/blobs/") < 1 << 28


def test_ten_thousand_layers(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    many = Image([], overrides={"rootfs": {"type": "layers", "diff_ids": [ELSEWHERE] * 10_000}})
    layers = [{"mediaType": archives.OCI_LAYER, "digest": "sha256:" + f"{n:064x}", "size": 1} for n in range(10_000)]
    put(hostile_registry, package(many), layers=layers)
    refused(nacre, hostile_registry, "10000 layers")
    assert not hostile_registry.of("GET", "/blobs/")


@pytest.mark.parametrize("size", [-1, 0, 1, 10, 1 << 62, 1 << 64, "12"])
def test_sizes_that_lie(nacre: Nacre, hostile_registry: HostileRegistry, image: Image, size: object) -> None:
    made = package(image)
    put(hostile_registry, made, layers=[made.document["layers"][0] | {"size": size}])
    refused(nacre, hostile_registry)


def test_more_room_than_there_is(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    """Refused before the first byte."""
    made = package(image)
    put(hostile_registry, made, layers=[made.document["layers"][0] | {"size": 1 << 50}])
    refused(nacre, hostile_registry, "bytes left; the layers need at least")
    assert len(hostile_registry.of("GET", "/blobs/")) == 1  # the config


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"schemaVersion":2}',
        b'{"schemaVersion":2,"config":{},"layers":[]}',
        b'{"schemaVersion":2,"config":{"digest":"sha256:../../../../etc/passwd","size":1},"layers":[]}',
        b'{"schemaVersion":2,"manifests":[{"digest":"md5:00","size":1,"mediaType":"x"}]}',
        b'{"schemaVersion":2,"manifests":{}}',
        b'{"schemaVersion":1,"fsLayers":[]}',
        b'"sha256:0"',
    ],
)
def test_documents_that_are_none(nacre: Nacre, hostile_registry: HostileRegistry, document: bytes) -> None:
    hostile_registry.put_manifest("app", "1", document, archives.OCI_MANIFEST)
    refused(nacre, hostile_registry)


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://0.0.0.0:1/x", "ftp://127.0.0.1/x"])
def test_layers_from_where_only_this_machine_can_go(nacre: Nacre, hostile_registry: HostileRegistry, image: Image, place: str) -> None:
    made = hostile_registry.put_image("app", "1", image)
    hostile_registry.add(faults.redirect(place), method="GET", path=made.layers[0], times=ALWAYS)
    refused(nacre, hostile_registry, made.layers[0])
    hostile_registry.clear()
    del hostile_registry.blobs[made.layers[0]]
    foreign = made.document["layers"][0] | {"urls": [place]}
    put(hostile_registry, package(image), layers=[foreign])
    del hostile_registry.blobs[made.layers[0]]
    refused(nacre, hostile_registry, made.layers[0])


def test_terminal_codes_in_errors(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    hostile_registry.add(faults.error(403, "DENIED\x1b[2J", "\x1b]0;owned\x07 \r gone"), path="/manifests/", times=ALWAYS)
    text = refused(nacre, hostile_registry)
    assert "\x1b" not in text and "\x07" not in text and "\r" not in text


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000,
        b"HTTP/9.9 banana\r\n\r\n",
        b"220 smtp.example ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"",
    ],
    ids=range(7),
)
def test_answers_that_are_no_http(nacre: Nacre, hostile_registry: HostileRegistry, head: bytes) -> None:
    hostile_registry.add(faults.raw(head), method="GET", path="/manifests/", times=ALWAYS)
    refused(nacre, hostile_registry)


def test_silence(nacre: Nacre, hostile_registry: HostileRegistry, image: Image) -> None:
    hostile_registry.put_image("app", "1", image)
    hostile_registry.add(faults.silence(), path="/manifests/", times=ALWAYS)
    refused(nacre, hostile_registry, "no byte came for 1000 ms")


def test_a_page_of_tags_that_leads_back(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    link = {"Link": '</v2/app/tags/list?n=1000>; rel="next"', "Content-Type": "application/json"}
    hostile_registry.add(faults.answer(200, link, b'{"tags":[]}'), path="/tags/list", times=ALWAYS)
    nacre("tags", f"{hostile_registry.address}/app").fails(1, "the list has no end")
    hostile_registry.clear()
    away = {"Link": '<http://127.0.0.2:1/v2/app/tags/list>; rel="next"', "Content-Type": "application/json"}
    hostile_registry.add(faults.answer(200, away, b'{"tags":["a"]}'), path="/tags/list", times=ALWAYS)
    nacre("tags", f"{hostile_registry.address}/app").fails(1, "another server")


def test_artifacts_are_no_images(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    chart = b"{}"
    hostile_registry.put_blob(chart)
    config = descriptor("application/vnd.cncf.helm.config.v1+json", chart)
    document = {"schemaVersion": 2, "mediaType": archives.OCI_MANIFEST, "config": config, "layers": []}
    hostile_registry.put_manifest("app", "1", json.dumps(document).encode(), archives.OCI_MANIFEST)
    refused(nacre, hostile_registry, "no image but an artifact of type application/vnd.cncf.helm.config.v1+json")

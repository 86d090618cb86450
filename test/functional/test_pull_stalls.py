"""Connections that fall silent, and layers that are not in the registry."""

from __future__ import annotations

import json
import pathlib
import random

import pytest

from support import archives, faults, tars
from support.archives import Image
from support.distribution import DOCKER, OCI, Package, package
from support.fault_proxy import FaultProxy
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.registries import Registry
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver
CELL = 256 * 1024
SIZE = 24_000_000


@pytest.fixture(autouse=True)
def impatient(tmp_path: pathlib.Path, nacre: Nacre) -> None:
    config = tmp_path / "config.toml"
    config.write_text("stall-timeout = 1\n")
    nacre.environment["NACRE_CONFIG"] = str(config)


@pytest.fixture
def large(registry: Registry) -> Package:
    image = Image([tars.make_tar([tars.file("noise", random.Random(3).randbytes(SIZE))])])
    return registry.push_image("large", "1", image)


@pytest.mark.parametrize("after", [0, 1, CELL, 1_000_000])
def test_a_stalled_connection_is_dialled_again(nacre: Nacre, proxy: FaultProxy, large: Package, after: int) -> None:
    proxy.add(faults.stall(after), method="GET", path=large.layers[0], times=3)
    nacre("pull", "-q", f"{proxy.address}/large:1").ok()
    assert proxy.bytes_sent(large.layers[0]) < SIZE + 100_000 + 4 * CELL
    nacre("store", "check").ok()


def test_a_stalled_upload_is_dialled_again(nacre: Nacre, proxy: FaultProxy, registry: Registry, large: Package) -> None:
    nacre("pull", "-q", f"{proxy.address}/large:1").ok()
    nacre("tag", f"{proxy.address}/large:1", f"{proxy.address}/other:1").ok()
    proxy.add(faults.error(404, "UNKNOWN"), method="POST", path="mount=", times=ALWAYS)
    proxy.add(faults.on_upload(faults.stall(1_000_000)), method="PATCH")
    nacre("push", f"{proxy.address}/other:1").ok()
    assert tars.sha256(registry.blob("other", large.layers[0])) == large.layers[0]


def test_a_trickle_is_no_stall(nacre: Nacre, proxy: FaultProxy, registry: Registry) -> None:
    registry.push_image("small", "1", archives.tiny_image(content="x"))
    proxy.add(faults.trickle(100, 50), method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", "-q", f"{proxy.address}/small:1").ok()


@pytest.mark.parametrize("kind", [OCI, DOCKER])
def test_foreign_layers_come_from_where_they_are(
    nacre: Nacre, hostile_registry: HostileRegistry, registry: Registry, kind: str
) -> None:
    """Such as Windows' base layers were: the manifest says where they are, and no registry may have them."""
    made = package(archives.tiny_image(content="foreign"), kind)
    layer = made.layers[0]
    with HostileRegistry() as elsewhere:
        elsewhere.put_blob(made.blobs[layer])
        foreign = made.document["layers"][0] | {
            "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
            if kind == DOCKER
            else "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "urls": [f"{elsewhere.url}/gone", f"{elsewhere.url}/v2/any/blobs/{layer}"],
        }
        text = json.dumps(made.document | {"layers": [foreign]}).encode()
        blobs = {made.config: made.blobs[made.config]}
        pulled = hostile_registry.put("app", "1", Package(made.media_type, text, blobs))
        name = f"{hostile_registry.address}/app:1"
        nacre("pull", "-q", name).ok()
        assert nacre("cat", f"{name}:/content").ok().out == "foreign"
        assert not [one for one in elsewhere.exchanges if one.headers.get("Authorization")]
        # It is not ours to give away.
        nacre("tag", name, f"{registry.address}/app:1").ok()
        pushed = nacre("push", f"{registry.address}/app:1")
        assert not registry.has_blob("app", layer)
        if pushed.code == 0:  # docker-registry takes such manifests only from where it is told to
            assert any(line.endswith(": Skipped foreign layer") for line in pushed.lines)
            assert registry.manifest("app", "1").digest == pulled.digest


def test_a_rate_limit_that_is_near(nacre: Nacre, proxy: FaultProxy, registry: Registry) -> None:
    registry.push_image("app", "1", archives.tiny_image(content="x"))
    limit = {"ratelimit_limit": "100;w=21600", "ratelimit_remaining": "7;w=21600"}
    proxy.add(faults.with_headers(**limit), method="GET", path="/manifests/")
    pulled = nacre("pull", f"{proxy.address}/app:1").ok()
    assert f"{proxy.address} allows 100 pulls in 6 hours, 7 of them are left" in pulled.err
    limit["ratelimit_remaining"] = "70;w=21600"
    proxy.add(faults.with_headers(**limit), method="GET", path="/manifests/")
    assert nacre("pull", f"{proxy.address}/app:1").ok().err == ""

"""Indexes: images for several platforms under one name."""

from __future__ import annotations

import json

import pytest

from support import archives, tars
from support.archives import Image, descriptor
from support.distribution import DOCKER, OCI, Package, package_index
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.registries import Registry
from support.peers import Peer

pytestmark = pytest.mark.one_driver
PLATFORMS = ("linux/amd64", "linux/arm/v7", "linux/arm64/v8")


def image_for(platform: str) -> Image:
    os, architecture, *variant = platform.split("/")
    fields = {"architecture": architecture, "os": os} | ({"variant": variant[0]} if variant else {})
    return Image([tars.make_tar([tars.file("platform", platform.encode())])], overrides=fields)


@pytest.fixture(params=[OCI, DOCKER])
def index(request: pytest.FixtureRequest, registry: Registry) -> Package:
    return registry.push_index("app", "1", {platform: image_for(platform) for platform in PLATFORMS}, kind=request.param)


def shown_platform(nacre: Nacre, name: str) -> str:
    found = nacre.inspect(name)
    return "/".join(filter(None, (found["Os"], found["Architecture"], found.get("Variant", ""))))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platform_that_was_asked_for(nacre: Nacre, registry: Registry, index: Package, platform: str) -> None:
    name = f"{registry.address}/app:1"
    pulled = nacre("pull", "--platform", platform, name).ok()
    assert f"Digest: {index.digest}" in pulled.lines
    assert shown_platform(nacre, name) == platform
    part = index.parts[PLATFORMS.index(platform)]
    assert nacre.image_ids() == [part.config]
    assert nacre("cat", f"{name}:/platform").ok().out == platform
    assert len(registry.requests("GET", "/blobs/")) == 2  # nothing of the others


def test_a_platform_that_is_not_there(nacre: Nacre, registry: Registry, index: Package) -> None:
    nacre("pull", "--platform", "linux/s390x", f"{registry.address}/app:1").fails(
        1, "no image for linux/s390x in it; there are", *PLATFORMS
    )
    assert nacre.image_ids() == []


def test_all_platforms_come_and_go_as_they_are(nacre: Nacre, registry: Registry, index: Package, skopeo: Peer) -> None:
    name = f"{registry.address}/app:1"
    nacre("pull", "-q", "--all-platforms", name).ok()
    assert len(nacre.image_ids()) == len(PLATFORMS)
    nacre("tag", name, f"{registry.address}/other:2").ok()
    pushed = nacre("push", f"{registry.address}/other:2").ok()
    assert index.digest in pushed.lines[-1]
    for part in index.parts:
        assert registry.has_manifest("other", part.digest)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{registry.address}/other:2")
    assert tars.sha256(raw.encode() if isinstance(raw, str) else raw) == index.digest
    nacre("store", "check").ok()


def test_one_platform_of_an_index_is_pushed_as_one(nacre: Nacre, registry: Registry, index: Package) -> None:
    nacre("pull", "-q", "--platform", PLATFORMS[0], f"{registry.address}/app:1").ok()
    nacre("tag", f"{registry.address}/app:1", f"{registry.address}/other:2").ok()
    pushed = nacre("push", f"{registry.address}/other:2").ok()
    assert "only the one for linux/amd64 is pushed" in pushed.err
    assert registry.manifest("other", "2").digest == index.parts[0].digest


def test_copy_takes_the_whole_index(nacre: Nacre, registry: Registry, index: Package) -> None:
    nacre("copy", f"{registry.address}/app:1", f"{registry.address}/other:2").ok()
    assert registry.manifest("other", "2").digest == index.digest
    nacre("copy", "--platform", PLATFORMS[1], f"{registry.address}/app:1", f"{registry.address}/other:3").ok()
    assert registry.manifest("other", "3").digest == index.parts[1].digest


def test_an_index_in_an_index(nacre: Nacre, registry: Registry) -> None:
    inner = package_index({platform: image_for(platform) for platform in PLATFORMS})
    document = {"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": [descriptor(inner.media_type, inner.manifest)]}
    outer = Package(archives.OCI_INDEX, json.dumps(document).encode(), parts=(inner,))
    registry.push("app", "1", outer)
    pulled = nacre("pull", "--platform", PLATFORMS[2], f"{registry.address}/app:1").ok()
    assert f"Digest: {outer.digest}" in pulled.lines
    assert shown_platform(nacre, f"{registry.address}/app:1") == PLATFORMS[2]
    nacre("copy", f"{registry.address}/app:1", f"{registry.address}/other:1").ok()
    assert registry.manifest("other", "1").digest == outer.digest


def test_indexes_without_end(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    """None can hold its own digest, but a server can go on as if: each one leads to another, that it makes up."""
    name = f"{hostile_registry.address}/app:1"
    inner = b'{"schemaVersion":2,"manifests":[]}'
    for _ in range(20):
        document = {"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": [descriptor(archives.OCI_INDEX, inner)]}
        inner = json.dumps(document).encode()
        hostile_registry.put_manifest("app", tars.sha256(inner), inner, archives.OCI_INDEX)
    hostile_registry.put_manifest("app", "1", inner, archives.OCI_INDEX)
    nacre("pull", name).fails(1, "nested more than 8 deep")
    nacre("copy", name, f"{hostile_registry.address}/other:1").fails(1, "nested more than 8 deep")
    # An index that names itself under a digest that is not its own.
    own = "sha256:" + "1" * 64
    document = {"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": [{"mediaType": archives.OCI_INDEX, "digest": own, "size": 264}]}
    text = json.dumps(document).encode()
    document["manifests"][0]["size"] = len(text)  # type: ignore[index]
    hostile_registry.put_manifest("app", "1", text, archives.OCI_INDEX)
    hostile_registry.manifests["app", own] = hostile_registry.manifests["app", "1"]
    nacre("pull", name).fails(1, "asked for " + own)
    assert nacre.image_ids() == []


def test_attestations_are_no_images(nacre: Nacre, registry: Registry) -> None:
    """BuildKit lists what it says of an image beside the image, for a platform that does not exist."""
    made = package_index({"linux/amd64": image_for("linux/amd64"), "unknown/unknown": image_for("unknown/unknown")})
    document = made.document
    document["manifests"][1]["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    registry.push("app", "1", Package(made.media_type, json.dumps(document).encode(), parts=made.parts))
    nacre("pull", "-q", "--all-platforms", f"{registry.address}/app:1").ok()
    assert nacre.image_ids() == [made.parts[0].config]

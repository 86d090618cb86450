"""copy takes along what refers to an image: signatures, attestations, SBOMs."""

from __future__ import annotations

import json

import pytest

from support import archives
from support.archives import descriptor
from support.distribution import Package
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.registries import Registry, StartRegistry

pytestmark = pytest.mark.one_driver
EMPTY = b"{}"


def referrer(subject: Package, data: bytes, kind: str = "application/vnd.example.sbom") -> Package:
    """An artifact that says something of an image."""
    document = {
        "schemaVersion": 2,
        "mediaType": archives.OCI_MANIFEST,
        "artifactType": kind,
        "config": descriptor("application/vnd.oci.empty.v1+json", EMPTY),
        "layers": [descriptor("text/plain", data)],
        "subject": descriptor(subject.media_type, subject.manifest),
    }
    blobs = {descriptor("", part)["digest"]: part for part in (EMPTY, data)}
    return Package(archives.OCI_MANIFEST, json.dumps(document).encode(), blobs)


def index_of(*listed: Package) -> bytes:
    entries = [descriptor(one.media_type, one.manifest) for one in listed]
    return json.dumps({"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": entries}).encode()


def fallback_tag(subject: Package) -> str:
    return subject.digest.replace(":", "-")


def test_what_the_fallback_tag_lists(nacre: Nacre, registry: Registry, start_registry: StartRegistry) -> None:
    """Debian's docker-registry knows no referrers API."""
    subject = registry.push_image("app", "1", archives.tiny_image())
    sbom = referrer(subject, b"what is in it")
    registry.push("app", sbom.digest, sbom)
    of_sbom = referrer(sbom, b"who says so")
    registry.push("app", of_sbom.digest, of_sbom)
    registry.put_manifest("app", fallback_tag(subject), index_of(sbom), archives.OCI_INDEX)
    registry.put_manifest("app", fallback_tag(sbom), index_of(of_sbom), archives.OCI_INDEX)
    other = start_registry()
    nacre("copy", f"{registry.address}/app:1", f"{other.address}/copy:2").ok()
    for made in (subject, sbom, of_sbom):
        assert other.has_manifest("copy", made.digest)
    # And whoever asks the copy for what refers to it finds it.
    listed = other.manifest("copy", fallback_tag(subject))
    assert [entry["digest"] for entry in listed.document["manifests"]] == [sbom.digest]


@pytest.mark.parametrize("suffix", ["sig", "att", "sbom"])
def test_what_cosign_keeps_under_tags(nacre: Nacre, registry: Registry, suffix: str) -> None:
    subject = registry.push_image("app", "1", archives.tiny_image())
    signature = registry.push_image("app", f"{fallback_tag(subject)}.{suffix}", archives.tiny_image(content="signed"))
    nacre("copy", f"{registry.address}/app:1", f"{registry.address}/copy:1").ok()
    assert registry.manifest("copy", f"{fallback_tag(subject)}.{suffix}").digest == signature.digest


def test_what_the_api_lists(nacre: Nacre, registry: Registry, hostile_registry: HostileRegistry) -> None:
    subject = hostile_registry.put_image("app", "1", archives.tiny_image())
    sbom = referrer(subject, b"what is in it")
    hostile_registry.put("app", sbom.digest, sbom)
    hostile_registry.referrers[subject.digest] = index_of(sbom)
    nacre("copy", f"{hostile_registry.address}/app:1", f"{registry.address}/copy:1").ok()
    listed = registry.manifest("copy", fallback_tag(subject)).document["manifests"]
    assert [(entry["digest"], entry["artifactType"]) for entry in listed] == [(sbom.digest, "application/vnd.example.sbom")]


def test_referrers_that_refer_to_each_other(nacre: Nacre, registry: Registry, hostile_registry: HostileRegistry) -> None:
    subject = hostile_registry.put_image("app", "1", archives.tiny_image())
    sbom = referrer(subject, b"what is in it")
    hostile_registry.put("app", sbom.digest, sbom)
    hostile_registry.referrers[subject.digest] = index_of(sbom)
    hostile_registry.referrers[sbom.digest] = index_of(sbom, subject)
    nacre("copy", f"{hostile_registry.address}/app:1", f"{registry.address}/copy:1").ok()
    assert registry.has_manifest("copy", sbom.digest)

"""Makes image archives in every layout that `load` reads."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import pathlib
from typing import Any

from support import tars
from support.tars import Member, compress, file, make_tar, sha256

DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
CREATED = "2024-05-06T07:08:09Z"


@dataclasses.dataclass
class Image:
    """An image before it is packed: uncompressed layer tars, the config's `config` object, and names."""

    layers: list[bytes]
    tags: list[str] = dataclasses.field(default_factory=list)
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    architecture: str = "amd64"
    created: str = CREATED
    history: list[dict[str, Any]] | None = None
    overrides: dict[str, Any] = dataclasses.field(default_factory=dict)

    def diff_ids(self) -> list[str]:
        return [sha256(layer) for layer in self.layers]

    def config(self) -> bytes:
        """The config as bytes; `overrides` replaces its top-level fields, which is how a test makes a wrong one."""
        steps = [{"created": self.created, "created_by": f"/bin/sh -c #(nop) layer {n}"} for n in range(len(self.layers))]
        document: dict[str, Any] = {
            "architecture": self.architecture,
            "os": "linux",
            "created": self.created,
            "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["sh"], **self.settings},
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids()},
            "history": steps if self.history is None else self.history,
        }
        return json.dumps(copy.deepcopy(document) | self.overrides).encode()

    @property
    def image_id(self) -> str:
        return sha256(self.config())


def busybox_image(*tags: str, more: list[list[Member]] | None = None, **settings: Any) -> Image:
    """An image that can run a shell; `more` are further layers, `settings` fields of its config (Cmd, User, Env, ...)."""
    layers = [make_tar(tars.busybox_members()), *(make_tar(members) for members in more or [])]
    return Image(layers, list(tags), settings)


def tiny_image(*tags: str, content: str = "tiny", **settings: Any) -> Image:
    """An image of one file: quick to make and load, nothing to run."""
    return Image([make_tar([file("content", content)])], list(tags), settings)


def hex_of(digest: str) -> str:
    return digest.partition(":")[2]


def descriptor(media_type: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}


def docker_archive(
    path: pathlib.Path, *images: Image, compression: str | None = None, layer_compression: str | None = None
) -> pathlib.Path:
    """What `skopeo copy` and podman write: <config>.json, <diff ID>.tar and manifest.json."""
    members, manifest = {}, []
    for image in images:
        config = f"{hex_of(image.image_id)}.json"
        members[config] = image.config()
        names = [f"{hex_of(diff_id)}.tar" for diff_id in image.diff_ids()]
        members |= {name: compress(layer, layer_compression) for name, layer in zip(names, image.layers)}
        manifest.append({"Config": config, "RepoTags": image.tags or None, "Layers": names})
    members["manifest.json"] = json.dumps(manifest).encode()
    path.write_bytes(compress(make_tar(file(name, data) for name, data in members.items()), compression))
    return path


def legacy_docker_archive(path: pathlib.Path, *images: Image, compression: str | None = None) -> pathlib.Path:
    """What `docker save` wrote before version 25: a folder for each layer, with VERSION, json and layer.tar."""
    members, manifest, repositories = {}, [], {}
    for image in images:
        config = f"{hex_of(image.image_id)}.json"
        members[config] = image.config()
        names, parent = [], ""
        for layer in image.layers:
            layer_id = hashlib.sha256((parent + sha256(layer)).encode()).hexdigest()
            legacy = {"id": layer_id, "created": image.created, "os": "linux"} | ({"parent": parent} if parent else {})
            members[f"{layer_id}/VERSION"] = b"1.0"
            members[f"{layer_id}/json"] = json.dumps(legacy).encode()
            members[f"{layer_id}/layer.tar"] = layer
            names.append(f"{layer_id}/layer.tar")
            parent = layer_id
        manifest.append({"Config": config, "RepoTags": image.tags or None, "Layers": names})
        for tag in image.tags:
            repository, _, version = tag.rpartition(":")
            repositories.setdefault(repository, {})[version] = parent
    members["manifest.json"] = json.dumps(manifest).encode()
    members["repositories"] = json.dumps(repositories).encode()
    path.write_bytes(compress(make_tar(file(name, data) for name, data in members.items()), compression))
    return path


def oci_members(*images: Image, layer_compression: str | None = tars.GZIP) -> dict[str, bytes]:
    """The files of an OCI image layout by name; a test may spoil them before it packs them."""
    members: dict[str, bytes] = {}
    entries = []
    suffix = f"+{layer_compression}" if layer_compression else ""

    def add(data: bytes) -> bytes:
        members[f"blobs/sha256/{hex_of(sha256(data))}"] = data
        return data

    for image in images:
        layers = [add(compress(layer, layer_compression)) for layer in image.layers]
        config = add(image.config())
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(OCI_CONFIG, config),
            "layers": [descriptor(OCI_LAYER + suffix, layer) for layer in layers],
        }
        manifest = descriptor(OCI_MANIFEST, add(json.dumps(document).encode()))
        platform = {"architecture": image.architecture, "os": "linux"}
        for tag in image.tags or [None]:
            named = {"annotations": {"org.opencontainers.image.ref.name": tag}} if tag else {}
            entries.append(manifest | {"platform": platform} | named)
    members["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    members["index.json"] = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    return members


def write_members(path: pathlib.Path, members: dict[str, bytes], compression: str | None = None) -> pathlib.Path:
    path.write_bytes(compress(make_tar(file(name, data) for name, data in members.items()), compression))
    return path


def oci_archive(
    path: pathlib.Path, *images: Image, compression: str | None = None, layer_compression: str | None = tars.GZIP
) -> pathlib.Path:
    """An OCI image layout in a tar."""
    return write_members(path, oci_members(*images, layer_compression=layer_compression), compression)


def oci_layout(path: pathlib.Path, *images: Image, layer_compression: str | None = tars.GZIP) -> pathlib.Path:
    """An OCI image layout in a folder."""
    for name, data in oci_members(*images, layer_compression=layer_compression).items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return path

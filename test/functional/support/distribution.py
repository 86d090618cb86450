"""Images as a registry has them: a manifest and blobs; and the way to put them there and look at them without nacre."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import json
import ssl
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from support import archives, tars
from support.archives import Image, descriptor
from support.tars import sha256

DOCKER, OCI = "docker", "oci"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = {DOCKER: archives.DOCKER_MANIFEST, OCI: archives.OCI_MANIFEST}
INDEX = {DOCKER: DOCKER_LIST, OCI: archives.OCI_INDEX}
CONFIG = {DOCKER: archives.DOCKER_CONFIG, OCI: archives.OCI_CONFIG}
ACCEPT = ", ".join((*MANIFEST.values(), *INDEX.values()))
AGENT = "nacre-tests"  # how our own requests are told from those of the program under test


def layer_type(kind: str, compression: str | None) -> str:
    if not compression:
        return archives.DOCKER_LAYER if kind == DOCKER else archives.OCI_LAYER
    return f"{archives.DOCKER_LAYER}.{compression}" if kind == DOCKER else f"{archives.OCI_LAYER}+{compression}"


@dataclasses.dataclass(frozen=True)
class Package:
    """A manifest or an index, and all that must be there before it."""

    media_type: str
    manifest: bytes
    blobs: dict[str, bytes] = dataclasses.field(default_factory=dict)  # by digest
    parts: tuple[Package, ...] = ()  # the manifests of an index

    @property
    def digest(self) -> str:
        return sha256(self.manifest)

    @property
    def document(self) -> Any:
        return json.loads(self.manifest)

    @property
    def config(self) -> str:
        """The config's digest, which is the image's ID."""
        return self.document["config"]["digest"]

    @property
    def layers(self) -> list[str]:
        return [layer["digest"] for layer in self.document["layers"]]


def package(
    image: Image, kind: str = OCI, compression: str | None = tars.GZIP, *, overrides: Mapping[str, Any] | None = None
) -> Package:
    """`overrides` replaces top-level fields of the manifest, which is how a test makes a wrong one."""
    config, layers = image.config(), [tars.compress(layer, compression) for layer in image.layers]
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST[kind],
        "config": descriptor(CONFIG[kind], config),
        "layers": [descriptor(layer_type(kind, compression), layer) for layer in layers],
    }
    manifest = json.dumps(document | dict(overrides or {})).encode()
    return Package(MANIFEST[kind], manifest, {sha256(data): data for data in (config, *layers)})


def package_index(
    images: Mapping[str, Image], kind: str = OCI, compression: str | None = tars.GZIP, *, overrides: Mapping[str, Any] | None = None
) -> Package:
    """An index of images by platform: {"linux/amd64": ..., "linux/arm/v7": ...}."""
    parts = tuple(package(image, kind, compression) for image in images.values())
    entries = [
        descriptor(part.media_type, part.manifest, platform=dict(zip(("os", "architecture", "variant"), platform.split("/"))))
        for platform, part in zip(images, parts)
    ]
    document = {"schemaVersion": 2, "mediaType": INDEX[kind], "manifests": entries}
    return Package(INDEX[kind], json.dumps(document | dict(overrides or {})).encode(), parts=parts)


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Contents:
    """What a registry holds, seen and changed through its API."""

    def __init__(
        self, address: str, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, token: str | None = None
    ) -> None:
        self.address = address
        self._tls = tls
        self._login = login
        self._token = token

    def authorization(self, repository: str) -> str | None:
        """What our own requests carry."""
        if self._token:
            return f"Bearer {self._token}"
        if self._login:
            return "Basic " + base64.b64encode(":".join(self._login).encode()).decode()
        return None

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None, repository: str = ""
    ) -> Answer:
        """One request, whatever comes of it."""
        fields = {"User-Agent": AGENT, **(headers or {})}
        authorization = self.authorization(repository)
        if authorization:
            fields["Authorization"] = authorization
        with connect(self.address, self._tls) as connection:
            connection.request(method, target, body or None, fields)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def _expect(self, status: int, method: str, repository: str, rest: str, **more: Any) -> Answer:
        target = rest if rest.startswith("/") else f"/v2/{repository}/{rest}"
        answer = self.ask(method, target, repository=repository, **more)
        assert answer.status == status, f"{method} {target}: {answer.status} {answer.body.decode(errors='replace')}"
        return answer

    def put_blob(self, repository: str, data: bytes) -> str:
        """Uploads a blob and returns its digest."""
        place = urllib.parse.urlsplit(self._expect(202, "POST", repository, "blobs/uploads/").headers["Location"])
        query = "&".join(filter(None, (place.query, f"digest={sha256(data)}")))
        self._expect(201, "PUT", repository, f"{place.path}?{query}", body=data, headers={"Content-Type": "application/octet-stream"})
        return sha256(data)

    def put_manifest(self, repository: str, reference: str, data: bytes, media_type: str) -> str:
        """Uploads a manifest under a tag or digest, and returns its digest."""
        self._expect(201, "PUT", repository, f"manifests/{reference}", body=data, headers={"Content-Type": media_type})
        return sha256(data)

    def blob(self, repository: str, digest: str) -> bytes:
        return self._expect(200, "GET", repository, f"blobs/{digest}").body

    def has_blob(self, repository: str, digest: str) -> bool:
        return self.ask("HEAD", f"/v2/{repository}/blobs/{digest}", repository=repository).status == 200

    def manifest(self, repository: str, reference: str) -> Package:
        """The manifest or index under a tag or digest, as the registry has it; without blobs."""
        answer = self._expect(200, "GET", repository, f"manifests/{reference}", headers={"Accept": ACCEPT})
        return Package(answer.headers["Content-Type"], answer.body)

    def has_manifest(self, repository: str, reference: str) -> bool:
        target = f"/v2/{repository}/manifests/{reference}"
        return self.ask("HEAD", target, headers={"Accept": ACCEPT}, repository=repository).status == 200

    def tags(self, repository: str) -> list[str]:
        """Sorted; none where there is no such repository."""
        answer = self.ask("GET", f"/v2/{repository}/tags/list", repository=repository)
        return sorted(json.loads(answer.body)["tags"] or []) if answer.status == 200 else []

    def push(self, repository: str, tag: str, made: Package) -> Package:
        """Uploads what a manifest needs, and then the manifest."""
        for part in made.parts:
            self.push(repository, part.digest, part)
        for data in made.blobs.values():
            self.put_blob(repository, data)
        self.put_manifest(repository, tag, made.manifest, made.media_type)
        return made

    def push_image(
        self, repository: str, tag: str, image: Image, *, kind: str = OCI, compression: str | None = tars.GZIP
    ) -> Package:
        return self.push(repository, tag, package(image, kind, compression))

    def push_index(
        self, repository: str, tag: str, images: Mapping[str, Image], *, kind: str = OCI, compression: str | None = tars.GZIP
    ) -> Package:
        """Images by platform: {"linux/amd64": ..., "linux/arm/v7": ...}."""
        return self.push(repository, tag, package_index(images, kind, compression))


@contextlib.contextmanager
def connect(address: str, tls: ssl.SSLContext | None = None) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPSConnection(address, context=tls) if tls else http.client.HTTPConnection(address)
    with contextlib.closing(connection):
        yield connection

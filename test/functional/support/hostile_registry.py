"""A registry that serves whatever it is given, and checks none of it."""

from __future__ import annotations

import dataclasses
import json
import re
import ssl

from support import tars
from support.archives import OCI_INDEX, Image
from support.distribution import OCI, Package, package
from support.tars import sha256
from support.wire_server import Exchange, Fault, Response, WireServer, reply

TARGET = re.compile(r"/v2/(?P<repository>.+)/(?P<kind>manifests|blobs|tags|referrers)/(?P<name>[^/]+)")
PART = re.compile(r"bytes=(\d+)-(\d*)")


@dataclasses.dataclass(frozen=True)
class Document:
    data: bytes
    media_type: str | None = None
    digest: str | None = None  # what Docker-Content-Digest says; without it there is no such header


class HostileRegistry(WireServer):
    """Honest about Range, so that only what the test means to be wrong is. Faults can be added as for any WireServer; a
    fault as a blob answers in its place: `registry.blobs[digest] = faults.endless()`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.blobs: dict[str, bytes | Fault] = {}
        self.manifests: dict[tuple[str, str], Document] = {}
        self.tags: dict[str, list[str]] = {}
        self.referrers: dict[str, bytes] = {}  # indexes, by the digest that they are about
        super().__init__(tls)

    def put_blob(self, data: bytes, digest: str | None = None) -> str:
        """Serves a blob in every repository, under its digest or another."""
        digest = digest or sha256(data)
        self.blobs[digest] = data
        return digest

    def put_manifest(self, repository: str, reference: str, data: bytes, media_type: str | None) -> str:
        """Serves a document under a tag or digest (which need not be its own), and under its own digest."""
        made = Document(data, media_type, sha256(data))
        self.manifests[repository, reference] = made
        self.manifests[repository, sha256(data)] = made
        if ":" not in reference:
            self.tags.setdefault(repository, []).append(reference)
        return sha256(data)

    def put(self, repository: str, tag: str, made: Package) -> Package:
        for part in made.parts:
            self.put(repository, part.digest, part)
        self.blobs |= made.blobs
        self.put_manifest(repository, tag, made.manifest, made.media_type)
        return made

    def put_image(
        self, repository: str, tag: str, image: Image, *, kind: str = OCI, compression: str | None = tars.GZIP
    ) -> Package:
        """An image with nothing wrong; spoil it afterwards, or put() a package() with overrides."""
        return self.put(repository, tag, package(image, kind, compression))

    def respond(self, exchange: Exchange) -> Response:
        if exchange.path in ("/v2", "/v2/"):
            return reply(200, {"Content-Type": "application/json"}, b"{}")
        found = TARGET.fullmatch(exchange.path)
        if found and exchange.method in ("GET", "HEAD"):
            answered = getattr(self, f"_{found['kind']}")(exchange, found["repository"], found["name"])
            if answered:
                return answered
        return reply(404, {"Content-Type": "application/json"}, b'{"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]}')

    def _manifests(self, exchange: Exchange, repository: str, name: str) -> Response | None:
        found = self.manifests.get((repository, name))
        if not found:
            return None
        fields = {"Content-Type": found.media_type, "Docker-Content-Digest": found.digest}
        return reply(200, {field: value for field, value in fields.items() if value}, found.data)

    def _blobs(self, exchange: Exchange, repository: str, name: str) -> Response | None:
        found = self.blobs.get(name)
        if found is None:
            return None
        if not isinstance(found, bytes):
            return found(exchange, lambda: reply(404))
        fields = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": name, "Accept-Ranges": "bytes"}
        part = PART.fullmatch(exchange.forwarded.get("Range", ""))
        if not part:
            return reply(200, fields, found)
        begin, end = int(part[1]), min(int(part[2] or len(found)), len(found) - 1)
        if begin > end:
            return reply(416, {"Content-Range": f"bytes */{len(found)}"})
        return reply(206, fields | {"Content-Range": f"bytes {begin}-{end}/{len(found)}"}, found[begin : end + 1])

    def _tags(self, exchange: Exchange, repository: str, name: str) -> Response | None:
        if repository not in self.tags:
            return None
        document = {"name": repository, "tags": self.tags[repository]}
        return reply(200, {"Content-Type": "application/json"}, json.dumps(document).encode())

    def _referrers(self, exchange: Exchange, repository: str, name: str) -> Response | None:
        if name not in self.referrers:
            return None
        return reply(200, {"Content-Type": OCI_INDEX}, self.referrers[name])

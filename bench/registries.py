"""Registries to pull from and push to: Debian's docker-registry on the loopback, or behind a link of a given speed."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from images import Image
from measure import CommandFailed

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LINK = "10.213.77"  # of the two ends of a link: .1 here, .2 there
REPOSITORY = "bench/image"


def installed() -> bool:
    return all(shutil.which(program) for program in ("docker-registry", "skopeo"))


def check(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: {done.stderr.strip()}")


@dataclasses.dataclass(frozen=True)
class Stored:
    """An image as a registry has it."""

    reference: str
    image_id: str
    blob_bytes: int  # of all layers, compressed
    layers: list[str]  # digests


class Registry:
    """Runs from the moment it is made until it is stopped. With a `namespace` it listens at the far end of its link."""

    def __init__(self, folder: pathlib.Path, namespace: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        host = f"{LINK}.2" if namespace else "127.0.0.1"
        self.address = f"{host}:{free_port()}"
        config = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
            "http": {"addr": self.address},
        }
        (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
        inside = ["ip", "netns", "exec", namespace] if namespace else []
        with (folder / "log").open("ab") as log:
            command = [*inside, "docker-registry", "serve", str(folder / "config.yml")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise CommandFailed(f"docker-registry does not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://{self.address}/v2/", timeout=5) as answer:
                return answer.status == 200
        return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def reference(self, name: str) -> str:
        return f"{self.address}/{REPOSITORY}:{name}"

    def fill(self, name: str, image: Image) -> Stored:
        """Puts an archive's image there, with gzip layers."""
        kind = "oci-archive" if "gzip" in image.archive.name else "docker-archive"
        check("skopeo", "copy", "-q", "--insecure-policy", "--dest-tls-verify=false", f"{kind}:{image.archive}", f"docker://{self.reference(name)}")
        return self.stored(name)

    def stored(self, name: str) -> Stored:
        manifest = json.loads(self._get(f"manifests/{name}"))
        layers = manifest["layers"]
        digests = [layer["digest"] for layer in layers]
        image_id = manifest["config"]["digest"].removeprefix("sha256:")
        return Stored(self.reference(name), image_id, sum(layer["size"] for layer in layers), digests)

    def put_beginning(self, of: str, name: str, layers: int) -> Stored:
        """An image of the first layers of another."""
        manifest = json.loads(self._get(f"manifests/{of}"))
        config = json.loads(self._get(f"blobs/{manifest['config']['digest']}"))
        config["rootfs"]["diff_ids"] = config["rootfs"]["diff_ids"][:layers]
        config["history"] = config["history"][:layers]
        data = json.dumps(config).encode()
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        location = self._request("POST", "blobs/uploads/").headers["Location"]
        self._request("PUT", f"{location}&digest={digest}", data, "application/octet-stream")
        manifest["config"] |= {"digest": digest, "size": len(data)}
        manifest["layers"] = manifest["layers"][:layers]
        self._request("PUT", f"manifests/{name}", json.dumps(manifest).encode(), manifest.get("mediaType", MANIFEST))
        return self.stored(name)

    def blob_file(self, digest: str) -> pathlib.Path:
        number = digest.removeprefix("sha256:")
        return self.folder / "data/docker/registry/v2/blobs/sha256" / number[:2] / number / "data"

    def _get(self, rest: str) -> bytes:
        with self._request("GET", rest) as answer:
            data: bytes = answer.read()
            return data

    def _request(self, method: str, rest: str, data: bytes | None = None, kind: str = "") -> Any:
        url = rest if rest.startswith("http") else f"http://{self.address}/v2/{REPOSITORY}/{rest}"
        headers = {"Accept": f"{MANIFEST}, {DOCKER_MANIFEST}"} | ({"Content-Type": kind} if kind else {})
        return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def running(folder: pathlib.Path, namespace: str | None = None) -> Iterator[Registry]:
    """A registry with an empty store, which goes with it."""
    registry = Registry(folder, namespace)
    try:
        yield registry
    finally:
        registry.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def link(megabits: int) -> Iterator[str]:
    """A network namespace at the other end of a link that brings so much a second from there; yields its name."""
    name, near, far = f"nacre-bench-{os.getpid()}", "nacrebench0", "nacrebench1"
    check("ip", "netns", "add", name)
    try:
        check("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        check("ip", "address", "add", f"{LINK}.1/30", "dev", near)
        check("ip", "link", "set", near, "up")
        inside = ("ip", "netns", "exec", name)
        check(*inside, "ip", "address", "add", f"{LINK}.2/30", "dev", far)
        check(*inside, "ip", "link", "set", "lo", "up")
        check(*inside, "ip", "link", "set", far, "up")
        shape = ("root", "tbf", "rate", f"{megabits}mbit", "burst", "512kb", "latency", "50ms")
        check(*inside, "tc", "qdisc", "add", "dev", far, *shape)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)
        subprocess.run(["ip", "link", "delete", near], check=False, stderr=subprocess.DEVNULL)

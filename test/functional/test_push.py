"""push and copy: to real registries, read back by others."""

from __future__ import annotations

import json
import pathlib
import random
from collections.abc import Callable

import pytest

from support import archives, faults, tars
from support.fault_proxy import FaultProxy
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.peers import Peer
from support.registries import Registry, StartRegistry
from support.wire_server import ALWAYS, CutOff, Exchange, Response

pytestmark = pytest.mark.one_driver


@pytest.fixture
def image(nacre: Nacre, tmp_path: pathlib.Path) -> str:
    more = [[tars.file("big", random.Random(7).randbytes(3_000_000))]]
    nacre.load(archives.docker_archive(tmp_path / "image.tar", archives.busybox_image("app:1", more=more)))
    return "app:1"


def push(nacre: Nacre, image: str, name: str, *options: str) -> str:
    """Pushes under a name, and returns the digest that nacre printed."""
    nacre("tag", image, name).ok()
    last = nacre("push", *options, name).ok().lines[-1]
    tag, _, rest = last.partition(": digest: ")
    assert tag == name.rpartition(":")[2]
    return rest.split()[0]


def test_what_docker_says(nacre: Nacre, registry: Registry, image: str) -> None:
    name = f"{registry.address}/team/app:1"
    nacre("tag", image, name).ok()
    first = nacre("push", name).ok()
    assert first.lines[0] == f"The push refers to repository [{registry.address}/team/app]"
    assert sum(line.endswith(": Pushed") for line in first.lines) == 2
    again = nacre("push", name).ok()
    assert sum(line.endswith(": Layer already exists") for line in again.lines) == 2
    assert again.lines[-1] == first.lines[-1]
    assert nacre("push", "-q", name).ok().out == name + "\n"
    digest = first.lines[-1].split()[2]
    assert nacre("images", "--digests", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}}").ok().lines.count(f"{name} {digest}") == 1
    nacre("push", f"{registry.address}/team/none").fails(1, "An image does not exist locally with the tag")
    nacre("push", f"{name}@{digest}").fails(1, "cannot push a digest reference")
    nacre("store", "check").ok()


@pytest.mark.parametrize("compression", ["gzip", "gzip:3", "zstd", "zstd:9"])
def test_others_read_it(
    nacre: Nacre, registry: Registry, image: str, skopeo: Peer, tmp_path: pathlib.Path, compression: str
) -> None:
    name = f"{registry.address}/team/app:1"
    digest = push(nacre, image, name, "--compression", compression)
    shown = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))
    assert shown["Digest"] == digest
    skopeo("copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"dir:{tmp_path / 'copy'}")
    manifest = json.loads((tmp_path / "copy/manifest.json").read_bytes())
    kind = compression.partition(":")[0]
    assert all(layer["mediaType"].endswith("tar+" + kind) for layer in manifest["layers"])


def test_podman_reads_it_and_we_read_podman(nacre: Nacre, registry: Registry, image: str, podman: Peer) -> None:
    name = f"{registry.address}/team/app:1"
    push(nacre, image, name)
    podman("pull", "-q", "--tls-verify=false", name)
    podman("push", "-q", "--tls-verify=false", name, f"{registry.address}/back/app:2")
    nacre("pull", "-q", f"{registry.address}/back/app:2").ok()
    assert nacre.inspect(f"{registry.address}/back/app:2")["RootFS"] == nacre.inspect(image)["RootFS"]


def test_what_was_pulled_goes_out_as_it_came(nacre: Nacre, registry: Registry, image: str) -> None:
    first = push(nacre, image, f"{registry.address}/one/app:1")
    nacre("rmi", "-f", f"{registry.address}/one/app:1", image).ok()
    nacre("pull", "-q", f"{registry.address}/one/app:1").ok()
    assert push(nacre, f"{registry.address}/one/app:1", f"{registry.address}/two/app:9") == first
    assert registry.manifest("one/app", "1") == registry.manifest("two/app", "9")


def test_the_same_image_compresses_to_the_same_digest(nacre: Nacre, registry: Registry, image: str, tmp_path: pathlib.Path) -> None:
    first = push(nacre, image, f"{registry.address}/one/app:1")
    other = Nacre(tmp_path / "other")
    other.load(tmp_path / "image.tar")
    assert push(other, image, f"{registry.address}/two/app:1") == first


def test_blobs_of_other_repositories_are_mounted(nacre: Nacre, proxy: FaultProxy, image: str) -> None:
    push(nacre, image, f"{proxy.address}/one/app:1")
    proxy.clear()
    nacre("tag", f"{proxy.address}/one/app:1", f"{proxy.address}/two/app:1").ok()
    pushed = nacre("push", f"{proxy.address}/two/app:1").ok()
    assert sum(line.endswith(": Mounted from one/app") for line in pushed.lines) == 2
    assert not [exchange for exchange in proxy.of("PATCH") if "/two/app/" in exchange.path and exchange.path.count("uploads") > 1]


def test_all_tags(nacre: Nacre, registry: Registry, image: str) -> None:
    for tag in ("a", "b", "c"):
        nacre("tag", image, f"{registry.address}/app:{tag}").ok()
    pushed = nacre("push", "-a", f"{registry.address}/app").ok()
    assert len({line.split()[2] for line in pushed.lines if ": digest: " in line}) == 1
    assert nacre("tags", f"{registry.address}/app").ok().lines == ["a", "b", "c"]


@pytest.mark.parametrize("after", [0, 1, 100_000, 2_000_000])
def test_cut_uploads_go_on(nacre: Nacre, proxy: FaultProxy, registry: Registry, image: str, after: int) -> None:
    name = f"{proxy.address}/team/app:1"
    proxy.add(faults.on_upload(faults.cut(after)), method="PATCH", times=2)
    digest = push(nacre, image, name)
    manifest = registry.manifest("team/app", "1")
    assert manifest.digest == digest
    for layer in manifest.layers:
        assert tars.sha256(registry.blob("team/app", layer)) == layer


@pytest.mark.parametrize("status", [404, 405, 501])
def test_registries_that_know_no_parts(nacre: Nacre, proxy: FaultProxy, registry: Registry, image: str, status: int) -> None:
    """The upload ends with one request that brings the whole blob."""
    proxy.add(faults.error(status, "UNSUPPORTED"), method="PATCH", times=ALWAYS)
    digest = push(nacre, image, f"{proxy.address}/team/app:1")
    manifest = registry.manifest("team/app", "1")
    assert manifest.digest == digest
    for layer in manifest.layers:
        assert tars.sha256(registry.blob("team/app", layer)) == layer


def test_small_blobs_go_in_one_request(nacre: Nacre, proxy: FaultProxy, registry: Registry) -> None:
    made = registry.push_image("app", "1", archives.tiny_image())
    nacre("pull", "-q", f"{registry.address}/app:1").ok()
    nacre("tag", f"{registry.address}/app:1", f"{proxy.address}/small:1").ok()
    proxy.add(faults.on_upload(faults.cut(100)), method="PUT", path="/blobs/", times=2)
    nacre("push", "-q", f"{proxy.address}/small:1").ok()
    assert registry.manifest("small", "1").digest == made.digest
    assert not proxy.of("PATCH")


def test_an_answer_that_was_lost(nacre: Nacre, proxy: FaultProxy, registry: Registry, image: str) -> None:
    """The registry has the blob, but we were never told; asked again, it knows of no such upload."""

    def lose(exchange: Exchange, forward: Callable[[], Response]) -> Response:
        for _ in forward().body:
            pass
        raise CutOff(reset=True)

    proxy.add(lose, method="PUT", path="/blobs/", times=2)
    push(nacre, image, f"{proxy.address}/app:1")
    assert registry.tags("app") == ["1"]


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
def test_failures_that_pass(nacre: Nacre, proxy: FaultProxy, image: str, method: str) -> None:
    proxy.add(faults.failure(503), method=method, times=2)
    push(nacre, image, f"{proxy.address}/team/app:1")


def test_refusals_are_told(nacre: Nacre, proxy: FaultProxy, image: str) -> None:
    name = f"{proxy.address}/team/app:1"
    nacre("tag", image, name).ok()
    proxy.add(faults.error(403, "DENIED", "requested access to the resource is denied"), method="POST", times=ALWAYS)
    nacre("push", name).fails(1, "denied: requested access to the resource is denied", name)


def test_copy_is_byte_for_byte(
    nacre: Nacre, registry: Registry, start_registry: StartRegistry, image: str, skopeo: Peer, tmp_path: pathlib.Path
) -> None:
    digest = push(nacre, image, f"{registry.address}/one/app:1")
    other = start_registry()
    copied = nacre("copy", f"{registry.address}/one/app:1", f"{other.address}/two/app:2").ok()
    assert copied.lines[-1] == f"{other.address}/two/app:2: digest: {digest}"
    assert registry.manifest("one/app", "1") == other.manifest("two/app", "2")
    skopeo("copy", "-q", "--src-tls-verify=false", f"docker://{other.address}/two/app:2", f"dir:{tmp_path / 'copy'}")


def test_manifest_inspect(nacre: Nacre, registry: Registry, image: str) -> None:
    name = f"{registry.address}/one/app:1"
    digest = push(nacre, image, name)
    raw = nacre("manifest", "inspect", "--raw", name).ok().stdout
    assert tars.sha256(raw) == digest
    assert nacre("manifest", "inspect", name).ok().json() == json.loads(raw)
    assert nacre("manifest", "inspect", "-v", name).ok().json()["Descriptor"]["digest"] == digest
    nacre("manifest", "inspect", f"{registry.address}/one/app:none").fails(1, "manifest unknown")


def test_search_at_a_registry_that_has_one(nacre: Nacre, hostile_registry: HostileRegistry) -> None:
    results = [
        {"name": "team/app", "description": "An app\nin two lines, " + "long " * 20, "star_count": 7, "is_official": True},
        {"name": "other/app", "description": "\x1b[31m", "star_count": 70, "is_automated": True},
    ]
    answer = json.dumps({"num_results": 2, "results": results}).encode()
    hostile_registry.add(faults.answer(200, {"Content-Type": "application/json"}, answer), path="/v1/search", times=ALWAYS)
    term = f"{hostile_registry.address}/app"
    assert nacre("search", term).ok().lines == [
        "NAME        DESCRIPTION                                     STARS     OFFICIAL",
        "other/app   \\x1b[31m                                        70        ",
        "team/app    An app in two lines, long long long long lon\N{HORIZONTAL ELLIPSIS}   7         [OK]",
    ]
    assert hostile_registry.of("GET", "/v1/search")[0].query == {"q": ["app"], "n": ["25"]}
    by_name = ("search", "--format", "{{.Name}}", "--limit", "10")
    assert nacre(*by_name, "--filter", "is-official=true", term).ok().lines == ["team/app"]
    assert nacre(*by_name, "--filter", "stars=10", term).ok().lines == ["other/app"]
    assert nacre(*by_name, "--filter", "is-automated=false", term).ok().lines == ["team/app"]
    assert "long long long long long" in nacre("search", "--no-trunc", term).ok().out


def test_search_lists_a_registry_without_a_search(nacre: Nacre, registry: Registry, image: str) -> None:
    for name in ("one/app", "two/app", "other"):
        push(nacre, image, f"{registry.address}/{name}:1")
    found = nacre("search", "--format", "{{.Name}}", f"{registry.address}/app").ok()
    assert found.lines == ["one/app", "two/app"]
    nacre("search", "--limit", "101", "x").fails(1, "outside the range")
    nacre("search", "--filter", "color=red", "x").fails(1, "invalid filter 'color'")

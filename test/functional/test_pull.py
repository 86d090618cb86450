"""pull: from a real registry, of what skopeo pushed there, and through a proxy that makes faults."""

from __future__ import annotations

import json
import pathlib
import random
import signal
import time

import pytest

from support import archives, faults, tars
from support.fault_proxy import FaultProxy
from support.nacre import Nacre
from support.peers import Peer
from support.registries import Registry
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver
CELL = 256 * 1024
SEGMENT = 16 * CELL


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def push(skopeo: Peer, registry: Registry, archive: pathlib.Path, name: str, *options: str) -> None:
    skopeo("copy", "-q", "--dest-tls-verify=false", *options, f"docker-archive:{archive}", f"docker://{registry.address}/{name}")


@pytest.fixture
def small(registry: Registry, skopeo: Peer, tmp_path: pathlib.Path) -> str:
    """An image with three layers in the registry, named without its host."""
    more = [[tars.file("etc/one", b"1\n")], [tars.file("etc/two", noise(700_000))]]
    archive = archives.docker_archive(tmp_path / "small.tar", archives.busybox_image("small:1", more=more))
    push(skopeo, registry, archive, "team/small:1")
    return "team/small:1"


@pytest.fixture
def large(registry: Registry, skopeo: Peer, tmp_path: pathlib.Path) -> str:
    """One with a layer that is fetched in ranges."""
    image = archives.Image([tars.make_tar([tars.file("noise", noise(40_000_000))])], ["large:1"])
    push(skopeo, registry, archives.docker_archive(tmp_path / "large.tar", image), "large:1")
    return "large:1"


def test_what_docker_says(nacre: Nacre, registry: Registry, small: str) -> None:
    name = f"{registry.address}/{small}"
    first = nacre("pull", name).ok()
    assert first.lines[0] == "1: Pulling from team/small"
    assert sum(line.endswith(": Pull complete") for line in first.lines) == 3
    assert first.lines[-2] == f"Status: Downloaded newer image for {name}"
    assert first.lines[-1] == name
    digest = first.lines[-3].removeprefix("Digest: ")
    again = nacre("pull", name).ok()
    assert sum(line.endswith(": Already exists") for line in again.lines) == 3
    assert again.lines[-2] == f"Status: Image is up to date for {name}"
    assert nacre("pull", "-q", name).ok().out == name + "\n"
    assert nacre("images", "--digests", "--format", "{{.Repository}}:{{.Tag}} {{.Digest}}").ok().out == f"{name} {digest}\n"
    assert nacre("run", "--rm", name, "cat", "/etc/one").ok().out == "1\n"
    nacre("store", "check").ok()


def test_by_digest_and_default_tag(nacre: Nacre, registry: Registry, skopeo: Peer, small: str) -> None:
    name = f"{registry.address}/team/small"
    skopeo("copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{name}:1", f"docker://{name}:latest")
    pulled = nacre("pull", name).ok()
    assert pulled.lines[0] == "Using default tag: latest"
    digest = next(line for line in pulled.lines if line.startswith("Digest: ")).removeprefix("Digest: ")
    nacre("rmi", f"{name}:latest").ok()
    by_digest = nacre("pull", f"{name}@{digest}").ok()
    assert by_digest.lines[0] == f"{digest}: Pulling from team/small"
    assert nacre.inspect(f"{name}@{digest}")["RepoDigests"] == [f"{name}@{digest}"]
    assert nacre("pull", "-q", "-a", name).ok().out == name + "\n"
    assert sorted(nacre("images", "--format", "{{.Tag}}").ok().lines) == ["1", "latest"]


def test_the_bytes_are_the_registrys(nacre: Nacre, registry: Registry, small: str, tmp_path: pathlib.Path) -> None:
    nacre("pull", "-q", f"{registry.address}/{small}").ok()
    nacre("save", "--format", "oci-dir", "-o", tmp_path / "layout", f"{registry.address}/{small}").ok()
    there = registry.manifest("team/small", "1")
    blobs = tmp_path / "layout/blobs/sha256"
    assert (blobs / archives.hex_of(there.digest)).read_bytes() == there.manifest
    for layer in there.layers:
        assert (blobs / archives.hex_of(layer)).read_bytes() == registry.blob("team/small", layer)


def test_what_is_not_there(nacre: Nacre, registry: Registry, small: str) -> None:
    nacre("pull", f"{registry.address}/{small}0").fails(1, "manifest unknown")
    nacre("pull", f"{registry.address}/nobody/nothing").fails(1, "manifest unknown")
    nacre("pull", f"{registry.address}/team/small@sha256:{'0' * 64}").fails(1, "manifest unknown")
    nacre("pull", "localhost:1/x").fails(1, "Couldn't connect to server")
    nacre("pull", "--platform", "linux/nonsense", f"{registry.address}/{small}0").fails(1)
    assert nacre.image_ids() == []


def test_progress_as_json(nacre: Nacre, registry: Registry, small: str) -> None:
    events = [json.loads(line) for line in nacre("pull", "--progress", "json", f"{registry.address}/{small}").ok().lines[:-1]]
    assert sum(event["status"] == "Pull complete" for event in events) == 3
    assert any(event["status"] == "Downloading" and event["progressDetail"]["total"] > 0 for event in events)
    nacre("pull", "--progress", "loud", f"{registry.address}/{small}").fails(1, 'invalid progress type "loud"')


def test_large_blobs_come_in_ranges(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    nacre("pull", "-q", f"{proxy.address}/{large}").ok()
    ranges = [exchange.range for exchange in proxy.of("GET", "/blobs/") if exchange.range]
    assert len(ranges) == -(-40_000_000 // SEGMENT)
    assert 40_000_000 < proxy.bytes_sent("/blobs/") < 40_100_000
    nacre("store", "check").ok()


def test_a_server_that_knows_no_ranges(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    proxy.add(faults.ignore_range, method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", "-q", f"{proxy.address}/{large}").ok()
    nacre("store", "check").ok()


@pytest.mark.parametrize("after", [0, 1, 1000, CELL - 1, CELL, CELL + 1, 3_000_000])
@pytest.mark.parametrize("reset", [True, False])
def test_cut_connections_are_dialled_again(nacre: Nacre, proxy: FaultProxy, large: str, after: int, reset: bool) -> None:
    proxy.add(faults.cut(after, reset=reset), method="GET", path="/blobs/", times=4)
    nacre("pull", "-q", f"{proxy.address}/{large}").ok()
    # At most what each of the four connections had begun of a cell came twice.
    assert proxy.bytes_sent("/blobs/") < 40_100_000 + 4 * CELL
    nacre("store", "check").ok()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_failures_that_pass(nacre: Nacre, proxy: FaultProxy, small: str, status: int) -> None:
    proxy.add(faults.failure(status), times=2)
    proxy.add(faults.failure(status), method="GET", path="/blobs/", times=2)
    nacre("pull", "-q", f"{proxy.address}/{small}").ok()


@pytest.mark.parametrize("after", [0, 1000, 3_000_000])
def test_short_bodies_are_asked_for_again(nacre: Nacre, proxy: FaultProxy, large: str, after: int) -> None:
    proxy.add(faults.shorten(after), method="GET", path="/blobs/", times=3)
    nacre("pull", "-q", f"{proxy.address}/{large}").ok()
    nacre("store", "check").ok()


def test_ranges_that_lie(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    proxy.add(faults.content_range("bytes 0-4194303/4194304"), method="GET", path="/blobs/", nth=3, times=ALWAYS)
    nacre("pull", f"{proxy.address}/{large}").fails(1, "another range than it was asked for")


def test_lengths_that_lie(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    proxy.add(faults.with_headers(Content_Length="99999999"), method="GET", path="/blobs/", nth=2, times=ALWAYS)
    nacre("pull", f"{proxy.address}/{small}").fails(1, "it has 99999999 bytes, the manifest says")


def test_a_401_in_the_middle(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    """Of a registry that asked for nothing so far: there is nothing we could say."""
    proxy.add(faults.unauthorized('Basic realm="now"'), method="GET", path="/blobs/", nth=2, times=ALWAYS)
    nacre("pull", f"{proxy.address}/{small}").fails(1, "no basic auth credentials", "nacre login")
    assert nacre.image_ids() == []


def test_compressed_on_the_way(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    """A proxy that says a gzip layer is a gzip-encoded answer must not have it unpacked."""
    proxy.add(faults.with_headers(Content_Encoding="gzip"), method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", "-q", f"{proxy.address}/{small}").ok()
    nacre("store", "check").ok()
    assert {one.headers["Accept-Encoding"] for one in proxy.of("GET", "/blobs/")} == {"identity"}


@pytest.mark.parametrize("compression", ["gzip", "zstd", None])
def test_every_compression(nacre: Nacre, registry: Registry, compression: str | None) -> None:
    made = registry.push_image("app", "1", archives.tiny_image(content="x" * 100_000), compression=compression)
    nacre("pull", "-q", f"{registry.address}/app:1").ok()
    assert nacre.image_ids() == [made.config]
    assert len(nacre("cat", f"{registry.address}/app:1:/content").ok().out) == 100_000


def test_a_layer_that_comes_twice(nacre: Nacre, registry: Registry) -> None:
    layer = archives.tiny_image().layers[0]
    registry.push_image("app", "1", archives.Image([layer, layer]))
    pulled = nacre("pull", f"{registry.address}/app:1").ok()
    assert sum(line.endswith(": Pull complete") for line in pulled.lines) == 1
    assert len(nacre.inspect(f"{registry.address}/app:1")["RootFS"]["Layers"]) == 2
    nacre("tag", f"{registry.address}/app:1", f"{registry.address}/back:1").ok()
    nacre("push", "-q", f"{registry.address}/back:1").ok()
    assert registry.manifest("back", "1") == registry.manifest("app", "1")


def test_a_layer_that_is_here_under_another_compression(
    nacre: Nacre, registry: Registry, tmp_path: pathlib.Path
) -> None:
    """Its bytes are fetched, so that a push gives back what was pulled; its files are here."""
    image = archives.tiny_image("here:1")
    nacre.load(archives.docker_archive(tmp_path / "here.tar", image))
    made = registry.push_image("app", "1", image)
    nacre("pull", "-q", f"{registry.address}/app:1").ok()
    assert set(nacre.image_ids()) == {made.config}  # under either name
    nacre("tag", f"{registry.address}/app:1", f"{registry.address}/back:1").ok()
    nacre("push", "-q", f"{registry.address}/back:1").ok()
    assert registry.manifest("back", "1") == made.__class__(made.media_type, made.manifest)
    nacre("store", "check").ok()


def test_a_server_says_how_long_to_wait(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    proxy.add(faults.too_many_requests(2), method="GET", path="/manifests/")
    began = time.monotonic()
    nacre("pull", "-q", f"{proxy.address}/{small}").ok()
    assert time.monotonic() - began >= 2


def test_damaged_bytes_are_fetched_again_once(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    proxy.add(faults.flip(500), method="GET", path="/blobs/", nth=2)
    nacre("pull", "-q", f"{proxy.address}/{small}").ok()
    nacre("store", "check").ok()


def test_damaged_bytes_are_named(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    name = f"{proxy.address}/{small}"
    proxy.add(faults.flip(500), method="GET", path="/blobs/", nth=2, times=ALWAYS)
    nacre("pull", name).fails(1, "layer sha256:", "fetched twice, last from http://", name)
    assert nacre.image_ids() == []
    nacre("store", "check").ok()
    proxy.clear()
    nacre("pull", "-q", name).ok()


def test_lies_about_manifests(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    name = f"{proxy.address}/{small}"
    proxy.add(faults.shorten(100), method="GET", path="/manifests/", times=ALWAYS)
    nacre("pull", name).fails(1, name)
    proxy.clear()
    proxy.add(faults.digest("sha256:" + "0" * 64), method="GET", path="/manifests/", times=ALWAYS)
    nacre("pull", name).fails(1, "the server says sha256:0000")
    assert nacre.image_ids() == []
    proxy.clear()
    proxy.add(faults.lengthen(b"x" * 100), method="GET", path="/manifests/", times=ALWAYS)
    nacre("pull", "-q", name).ok()  # what comes after the end was never a part of it


def test_hostile_documents(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    name = f"{proxy.address}/{small}"
    for data, words in [
        (b"{" + b" " * 5_000_000, "larger than"),
        (b"not json", "JSON"),
        (json.dumps({"schemaVersion": 1, "fsLayers": []}).encode(), "schema 1"),
    ]:
        proxy.clear()
        proxy.add(faults.document(data, archives.DOCKER_MANIFEST), method="GET", path="/manifests/", times=ALWAYS)
        result = nacre("pull", name).fails(1)
        assert words.lower() in result.err.lower(), result.err
    assert nacre.image_ids() == []


def test_redirects_without_end(nacre: Nacre, proxy: FaultProxy, small: str) -> None:
    proxy.add(faults.redirect_loop(), method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", f"{proxy.address}/{small}").fails(1, "redirected more than 10 times")
    proxy.clear()
    proxy.add(faults.redirect("http://169.254.169.254/latest/"), method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", f"{proxy.address}/{small}").fails(1, "not followed")
    proxy.clear()
    proxy.add(faults.redirect("file:///etc/passwd"), method="GET", path="/blobs/", times=ALWAYS)
    nacre("pull", f"{proxy.address}/{small}").fails(1, "no http or https URL")


def test_killed_pulls_go_on_where_they_were(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    name = f"{proxy.address}/{large}"
    proxy.add(faults.trickle(8_000_000, 65536), method="GET", path="/blobs/", times=ALWAYS)
    for _ in range(3):
        pull = nacre.start("pull", "-q", name)
        time.sleep(0.5)
        pull.send_signal(signal.SIGKILL)
        pull.wait()
    nacre("store", "check").ok()
    before = proxy.bytes_sent("/blobs/")
    assert before > 1_000_000
    proxy.clear()
    nacre("pull", "-q", name).ok()
    assert before + proxy.bytes_sent("/blobs/") < 40_100_000 + 3 * 4 * 2 * CELL
    nacre("store", "check").ok()
    nacre("image", "prune", "-f").ok()  # what the killed ones left goes with the next removal


def test_an_interrupted_pull_goes_on_where_it_was(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    name = f"{proxy.address}/{large}"
    proxy.add(faults.trickle(8_000_000, 65536), method="GET", path="/blobs/", times=ALWAYS)
    pull = nacre.start("pull", "-q", name)
    time.sleep(0.7)
    pull.send_signal(signal.SIGINT)
    assert pull.wait(10) == 130
    before = proxy.bytes_sent("/blobs/")
    proxy.clear()
    nacre("pull", "-q", name).ok()
    assert before + proxy.bytes_sent("/blobs/") < 40_100_000 + 4 * 2 * CELL


def test_two_pulls_share_the_work(nacre: Nacre, proxy: FaultProxy, large: str) -> None:
    name = f"{proxy.address}/{large}"
    pulls = [nacre.start("pull", "-q", name) for _ in range(3)]
    assert [pull.wait(60) for pull in pulls] == [0, 0, 0]
    assert proxy.bytes_sent("/blobs/") < 40_200_000
    nacre("store", "check").ok()


def test_mirrors_are_asked_first_and_fail_over(
    nacre: Nacre, proxy: FaultProxy, registry: Registry, large: str, tmp_path: pathlib.Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[[registry]]\nname = "{registry.address}"\nmirrors = ["{proxy.url}"]\n')
    environment = {"NACRE_CONFIG": str(config)}
    proxy.add(faults.cut(5_000_00), method="GET", path="/blobs/", nth=3, times=ALWAYS)
    nacre("pull", "-q", f"{registry.address}/{large}", environment=environment).ok()
    assert proxy.of("GET", "/manifests/")
    nacre("store", "check").ok()
    proxy.stop()
    nacre("rmi", f"{registry.address}/{large}").ok()
    nacre("pull", "-q", f"{registry.address}/{large}", environment=environment).ok()

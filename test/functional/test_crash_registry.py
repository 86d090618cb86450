"""Pulls and pushes killed at any point: the store is sound, and the next one fetches or sends only what is missing."""

from __future__ import annotations

import random

import pytest

from support import faults, tars
from support.archives import Image, docker_archive
from support.fault_proxy import FaultProxy
from support.killing import ROUNDS, assert_sound, assert_swept, delays, kill_after, seconds_of
from support.nacre import Nacre
from support.registries import Registry
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver
EACH = max(1, ROUNDS // 5)
CELL = 256 * 1024
CONNECTIONS = 6
RATE = 12_000_000  # bytes a second and connection: slow enough for nothing to pile up on the way


def image() -> Image:
    """A layer that is fetched in ranges, and two that are not."""
    sizes = {"large": 20_000_000, "middle": 3_000_000, "small": 1000}
    layers = [tars.make_tar([tars.file(name, random.Random(size).randbytes(size))]) for name, size in sizes.items()]
    return Image(layers, ["app:1"])


def test_pull(nacre: Nacre, proxy: FaultProxy, registry: Registry) -> None:
    made = registry.push_image("app", "1", image())
    size = sum(len(blob) for blob in made.blobs.values())
    name = f"{proxy.address}/app:1"
    proxy.add(faults.trickle(RATE, 65536), method="GET", path="/blobs/", times=ALWAYS)
    duration = seconds_of(nacre, "pull", "-q", name)
    killed = wasted = 0
    for delay in delays("pull", EACH, duration):
        nacre("image", "prune", "-a", "-f").ok()
        proxy.exchanges.clear()
        if kill_after(nacre, delay, "pull", "-q", name):
            killed += 1
        assert_sound(nacre)
        assert nacre.image_ids() in ([], [made.config])
        nacre("pull", "-q", name).ok()
        again = proxy.bytes_sent("/blobs/") - size
        # Each connection had at most the beginning of a cell, and what was on its way; small blobs are cells, too.
        assert again <= 2 * CONNECTIONS * CELL, f"killed after {delay:.3f} s: {again} bytes came twice"
        wasted = max(wasted, again)
        assert_sound(nacre)
    print(f"{killed} of {EACH} pulls were killed; at most {wasted} of {size} bytes came twice")
    assert killed
    assert_swept(nacre)
    nacre("image", "prune", "-a", "-f").ok()


def test_push(nacre: Nacre, proxy: FaultProxy, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> None:
    archive = docker_archive(tmp_path_factory.mktemp("push") / "app.tar", image())
    nacre.load(archive)
    proxy.add(faults.on_upload(faults.trickle(RATE, 65536)), method="PATCH", times=ALWAYS)
    names = [f"{proxy.address}/app{number}:1" for number in range(EACH + 1)]
    nacre("tag", "app:1", names[-1]).ok()
    duration = seconds_of(nacre, "push", "-q", names[-1])
    expected = registry.manifest(f"app{EACH}", "1")
    nacre("rmi", "-f", nacre.image_ids()[0]).ok()
    killed = 0
    for name, delay in zip(names, delays("push", EACH, duration)):
        nacre.load(archive)
        nacre("tag", "app:1", name).ok()
        repository = name.rpartition("/")[2].partition(":")[0]
        killed += kill_after(nacre, delay, "push", "-q", name)
        assert_sound(nacre)
        # What the registry has under the name is all of it, or nothing.
        assert not registry.has_manifest(repository, "1") or registry.manifest(repository, "1") == expected
        proxy.exchanges.clear()
        nacre("push", "-q", name).ok()
        sent = sum(one.received for one in proxy.of("PATCH"))
        assert sent <= sum(layer["size"] for layer in expected.document["layers"]) + CELL
        there = registry.manifest(repository, "1")
        assert there == expected
        assert all(registry.has_blob(repository, digest) for digest in (*there.layers, there.config))
        assert_sound(nacre)
        nacre("rmi", "-f", nacre.image_ids()[0]).ok()
    assert killed
    assert_swept(nacre)

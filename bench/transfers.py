"""What is measured of pulls, pushes and copies: whose state is emptied when, and that each did what it was asked to."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from typing import TYPE_CHECKING

import measure
import registries
from measure import CommandFailed, Sample
from registries import Registry, Stored
from tools import Tool

if TYPE_CHECKING:
    from run import Bench

WORKLOADS = ("pull big-gzip", "pull stack", "pull one layer", "push big", "copy big-gzip", "pull 100 Mbit/s", "pull 1000 Mbit/s")
SLOW_LAYERS = 6  # of the stack, for the slow link


def measure_transfers(bench: Bench, tools: list[type[Tool]], rounds: int, folder: pathlib.Path) -> None:
    if not bench.wants(*WORKLOADS):
        return
    if not registries.installed():
        print("docker-registry or skopeo is not installed: pulls and pushes are left out", flush=True)
        return
    with bench.session(tools, "transfers") as started:
        measure_pulls(bench, started, rounds, folder)
        if bench.wants("push big"):
            for _ in range(rounds):
                bench.each(started, "push big", "push", lambda tool: push_anew(bench, tool, folder))
        for megabits in (100, 1000):
            if bench.wants(f"pull {megabits} Mbit/s"):
                measure_link(bench, started, rounds, folder, megabits)


def measure_pulls(bench: Bench, tools: list[Tool], rounds: int, folder: pathlib.Path) -> None:
    if not bench.wants("pull big-gzip", "pull stack", "pull one layer", "copy big-gzip"):
        return
    with registries.running(folder / "registry") as registry:
        big = registry.fill("big", bench.images["big-gzip"])
        stack = registry.fill("stack", bench.images["stack"])
        most = registry.put_beginning("stack", "most", len(stack.layers) - 1)
        for number in range(rounds):
            print(f"pulls, round {number + 1} of {rounds}", flush=True)
            if bench.wants("pull big-gzip"):
                bench.each(tools, "pull big-gzip", "pull", lambda tool: pull_and_remove(tool, big))
                bench.note("pull big-gzip", "limit", practical_limit(registry.blob_file(big.layers[0]), folder))
            if bench.wants("pull stack"):
                bench.each(tools, "pull stack", "pull", lambda tool: pull_and_remove(tool, stack))
            if bench.wants("copy big-gzip"):
                bench.each(tools, "copy big-gzip", "copy", lambda tool: copy_anew(tool, big, folder))
        if bench.wants("pull one layer"):
            for tool in tools:
                if "pull" in tool.operations:
                    pull_checked(tool, most)
            for _ in range(rounds):
                bench.each(tools, "pull one layer", "pull", lambda tool: pull_and_remove(tool, stack))
            for tool in tools:
                remove(tool, most)


def measure_link(bench: Bench, tools: list[Tool], rounds: int, folder: pathlib.Path, megabits: int) -> None:
    """The column `link` is the time that the layers' bytes alone take; TCP and IP leave 95.6 % of it to them."""
    workload = f"pull {megabits} Mbit/s"
    with registries.link(megabits) as namespace:
        with registries.running(folder / "registry", namespace) as registry:
            near = fill(bench, registry, megabits)
            for _ in range(rounds):
                bench.each(tools, workload, "pull", lambda tool: pull_and_remove(tool, near))
                bench.note(workload, "link", Sample(near.blob_bytes * 8 / (megabits * 1e6), 0.0, 0))


def fill(bench: Bench, registry: Registry, megabits: int) -> Stored:
    """What is sent to the registry takes the direction that is not slowed down."""
    if megabits >= 1000:
        return registry.fill("big", bench.images["big-gzip"])
    registry.fill("stack", bench.images["stack"])
    return registry.put_beginning("stack", "slow", min(SLOW_LAYERS, bench.images["stack"].layers))


def pull_checked(tool: Tool, image: Stored) -> Sample:
    sample = tool.pull(image.reference)
    if "images" in tool.operations and not tool.has_image(image.image_id):
        raise CommandFailed(f"{tool.name} pulled {image.reference}, but image {image.image_id} is not there")
    return sample


def remove(tool: Tool, image: Stored) -> None:
    with contextlib.suppress(CommandFailed):
        tool.forget(image.reference, image.image_id)


def pull_and_remove(tool: Tool, image: Stored) -> Sample:
    try:
        return pull_checked(tool, image)
    finally:
        remove(tool, image)


def push_anew(bench: Bench, tool: Tool, folder: pathlib.Path) -> Sample:
    """To an empty registry, of an image that was never pushed: it has to be compressed first."""
    image = bench.images["big"]
    tool.load(image)
    try:
        with registries.running(folder / "target") as registry:
            sample = tool.push(image, registry.reference("big"))
            if registry.stored("big").image_id != image.image_id:
                raise CommandFailed(f"{tool.name} pushed another image")
            return sample
    finally:
        with contextlib.suppress(CommandFailed):
            tool.rmi(image)


def copy_anew(tool: Tool, image: Stored, folder: pathlib.Path) -> Sample:
    with registries.running(folder / "target") as registry:
        sample = tool.copy(image.reference, registry.reference("big"))
        if registry.stored("big").layers != image.layers:
            raise CommandFailed(f"{tool.name} copied other layers")
        return sample


def practical_limit(blob: pathlib.Path, folder: pathlib.Path) -> Sample:
    """What no pull on this machine can do without: inflating, a digest of what comes out, and writing it."""
    program = shutil.which("igzip")
    if not program:
        raise CommandFailed("igzip is not installed")
    target = folder / "limit.tar"
    line = f"set -o pipefail; {program} -dc < {blob} | tee >(sha256sum > /dev/null) | dd of={target} bs=1M conv=fsync status=none"
    try:
        return measure.measure(["bash", "-c", line], folder / "limit.log", {"PATH": "/usr/bin:/bin"})
    finally:
        target.unlink(missing_ok=True)


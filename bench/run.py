#!/usr/bin/env python3
"""Measures nacre against docker, podman and skopeo on this machine, in turn, and writes build/bench/report.md and .json.

Run it as root: ./dev bench. Everything lies in a folder of its own below build/bench, which is removed at the end
together with every mount, process and cgroup that came to be.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator

import cleanup
import images as image_maker
import report
import transfers
from images import Image
from measure import CommandFailed, Sample, disk_bytes
from tools import TOOLS, Tool

Operation = Callable[[Tool], Sample]


class Bench:
    """Takes samples: each operation by each tool in turn, round after round."""

    def __init__(self, folder: pathlib.Path, state: pathlib.Path, images: dict[str, Image], only: list[str]) -> None:
        self._folder, self._state, self._only = folder, state, only
        self.images = images
        self.results: report.Results = {}
        self.versions: dict[str, str] = {}

    def wants(self, *workloads: str) -> bool:
        return not self._only or any(wanted in workload for wanted in self._only for workload in workloads)

    def each(self, tools: list[Tool], workload: str, kind: str, operation: Operation) -> None:
        """One sample of each tool that can do it."""
        for tool in tools:
            if kind not in tool.operations:
                continue
            try:
                sample = operation(tool)
            except CommandFailed as failure:
                print(f"  {workload}: {tool.name} cannot: {failure}", flush=True)
                continue
            self.note(workload, tool.name, sample)

    def note(self, workload: str, name: str, sample: Sample) -> None:
        """A sample of something that is no tool: what a tool is held against."""
        self.results.setdefault(workload, {}).setdefault(name, []).append(sample)
        print(f"  {workload:16} {name:8} {sample.seconds:8.3f} s", flush=True)

    @contextlib.contextmanager
    def session(self, tools: list[type[Tool]], name: str) -> Iterator[list[Tool]]:
        """The tools, started, each with an empty root."""
        with contextlib.ExitStack() as stack:
            started = []
            for kind in tools:
                tool = kind(self._folder / name, self._state / name)
                stack.callback(tool.stop)
                tool.start()
                self.versions[tool.name] = tool.version()
                started.append(tool)
            yield started

    def moves(self, tools: list[Tool], name: str) -> None:
        """Loads, saves and removes one image."""
        image = self.images[name]
        self.each(tools, f"load {name}", "load", lambda tool: load_and_weigh(tool, image))
        if self.wants(f"save {name}") and name != "stack":
            self.each(tools, f"save {name}", "save", lambda tool: save_and_forget(tool, image))
        for tool in tools:
            if "rmi" not in tool.operations:
                with contextlib.suppress(CommandFailed):
                    tool.rmi(image)
        self.each(tools, f"rmi {name}", "rmi", lambda tool: tool.rmi(image))

    def measure_moves(self, tools: list[type[Tool]], rounds: int) -> None:
        names = [name for name in ("big", "big-gzip", "stack") if self.wants(*(f"{v} {name}" for v in ("load", "save", "rmi")))]
        if not names:
            return
        with self.session(tools, "moves") as started:
            for number in range(rounds):
                print(f"round {number + 1} of {rounds}", flush=True)
                for name in names:
                    self.moves(started, name)

    def measure_runs(self, tools: list[type[Tool]], rounds: int) -> None:
        if not self.wants("run"):
            return
        image = self.images["run"]
        with self.session([tool for tool in tools if "run" in tool.operations], "runs") as started:
            for tool in started:
                tool.load(image)
            for number in range(rounds):
                self.each(started, "run", "run", lambda tool: tool.run(image))

    def measure_lists(self, tools: list[type[Tool]], rounds: int) -> None:
        if not self.wants("images"):
            return
        with self.session([tool for tool in tools if "images" in tool.operations], "lists") as started:
            for tool in started:
                print(f"  {tool.name} loads {self.images['tiny'].layers} images", flush=True)
                tool.load(self.images["tiny"])
                if tool.count_images() != self.images["tiny"].layers:
                    raise CommandFailed(f"{tool.name} lists {tool.count_images()} images")
            for number in range(rounds):
                self.each(started, "images", "images", lambda tool: tool.images())


def load_and_weigh(tool: Tool, image: Image) -> Sample:
    before = disk_bytes(tool.root)
    sample = tool.load(image)
    return dataclasses.replace(sample, disk_bytes=disk_bytes(tool.root) - before)


def save_and_forget(tool: Tool, image: Image) -> Sample:
    target = tool.folder / "saved.tar"
    try:
        return tool.save(image, target)
    finally:
        target.unlink(missing_ok=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="./dev bench")
    parser.add_argument("--rounds", type=int, default=5, help="how often each workload is measured (default: 5)")
    parser.add_argument("--quick", action="store_true", help="small images and one round: does everything work?")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="workloads whose name contains it")
    parser.add_argument("--tools", default=",".join(TOOLS), help="comma-separated (default: %(default)s)")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build/bench"), help="folder for the report")
    return parser.parse_args()


def chosen_tools(names: str) -> list[type[Tool]]:
    chosen = []
    for name in names.split(","):
        if name not in TOOLS:
            raise SystemExit(f"no such tool: {name}; known are {', '.join(TOOLS)}")
        if TOOLS[name].find():
            chosen.append(TOOLS[name])
        else:
            print(f"{name} is not installed: left out", flush=True)
    return chosen


def write_report(output: pathlib.Path, bench: Bench, facts: dict[str, object]) -> None:
    blob_bytes = {name: image.blob_bytes for name, image in bench.images.items()}
    unpacked_bytes = {name: image.unpacked_bytes for name, image in bench.images.items()}
    text = report.markdown(bench.results, facts, blob_bytes, unpacked_bytes)
    samples = {
        workload: {tool: [dataclasses.asdict(sample) for sample in taken] for tool, taken in tools.items()}
        for workload, tools in bench.results.items()
    }
    (output / "report.md").write_text(text)
    (output / "report.json").write_text(json.dumps({"facts": facts, "samples": samples}, indent=2))
    print(f"\n{text}\nwritten: {output}/report.md, {output}/report.json", flush=True)


def describe_images(images: dict[str, Image]) -> dict[str, object]:
    return {
        f"image {name}": f"{image.layers} layers, {image.files} files, {image.unpacked_bytes / 1e6:,.1f} MB,"
        f" {image.blob_bytes / 1e6:,.1f} MB in the archive"
        for name, image in images.items()
    }


def main() -> int:
    options = parse_arguments()
    if os.geteuid() != 0:
        raise SystemExit("the bench mounts file systems and starts dockerd: run it as root")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tools = chosen_tools(options.tools)
    output = options.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    sizes, rounds = (image_maker.QUICK, 1) if options.quick else (image_maker.FULL, options.rounds)
    print("making the images (kept in build/bench/images)", flush=True)
    images = image_maker.make_images(output / "images", sizes)
    before = cleanup.outside_state()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=output))
    state = pathlib.Path(tempfile.mkdtemp(prefix="nacre-bench-"))
    try:
        bench = Bench(folder, state, images, options.only)
        facts = report.machine_facts(folder)
        bench.measure_moves(tools, rounds)
        transfers.measure_transfers(bench, tools, rounds, folder)
        bench.measure_runs(tools, rounds * 3)
        bench.measure_lists(tools, rounds)
        facts |= {f"{name} version": version for name, version in bench.versions.items()}
        write_report(output, bench, facts | describe_images(images))
    finally:
        cleanup.remove_folder(state)
        cleanup.remove_folder(folder)
        cleanup.remove_traces(before)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Turns samples into medians, ratios and a Markdown table."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from measure import Sample

# workload -> tool -> samples, in the order they were taken
Results = dict[str, dict[str, list[Sample]]]
MIB = 1024 * 1024
PEAK_TARGET = 150 * MIB


@dataclasses.dataclass(frozen=True)
class Workload:
    """A row of the table, and how much faster than each peer nacre is to be."""

    name: str
    title: str
    targets: Mapping[str, float]


WORKLOADS = (
    Workload("load big", "load, one big layer", {"docker": 4, "podman": 4}),
    Workload("load big-gzip", "load, one big layer, gzip", {"docker": 4, "podman": 4}),
    Workload("load stack", "load, many layers", {"docker": 4, "podman": 4}),
    Workload("save big", "save, one big layer", {"docker": 5}),
    Workload("save big-gzip", "save, loaded as gzip", {"docker": 5}),
    Workload("rmi big", "rmi, one big layer", {"docker": 20}),
    Workload("rmi stack", "rmi, many layers", {}),
    Workload("pull big-gzip", "pull, one big layer", {"docker": 4, "podman": 4, "limit": 1 / 1.6}),
    Workload("pull stack", "pull, many layers", {"docker": 4, "podman": 4}),
    Workload("pull one layer", "pull, all layers but one here", {"docker": 5, "podman": 5}),
    Workload("push big", "push, one big layer", {"docker": 3}),
    Workload("copy big-gzip", "copy between registries", {"skopeo": 1}),
    Workload("pull 100 Mbit/s", "pull over 100 Mbit/s", {"link": 0.9}),
    Workload("pull 1000 Mbit/s", "pull over 1,000 Mbit/s", {"link": 0.9}),
    Workload("run", "run --rm true", {"docker": 4, "podman": 4}),
    Workload("images", "images, with many", {"docker": 5, "podman": 5}),
)


def median(samples: Sequence[Sample], field: str) -> float:
    return statistics.median(getattr(sample, field) for sample in samples)


def machine_facts(folder: pathlib.Path) -> dict[str, object]:
    cpu = next((line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    df = subprocess.run(["df", "--output=fstype", str(folder)], capture_output=True, text=True, check=True)
    return {
        "cpu": cpu.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "file_system": df.stdout.split()[-1],
        "disk_write_mib_s": round(disk_speed(folder)),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load_average": os.getloadavg()[0],
    }


def disk_speed(folder: pathlib.Path, size: int = 512 * MIB) -> float:
    """MiB a second of one plain sequential write with fsync: the floor of everything that is durable when it returns."""
    probe, block = folder / "probe", os.urandom(MIB)
    start = time.monotonic()
    with probe.open("wb") as stream:
        for _ in range(size // MIB):
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    seconds = time.monotonic() - start
    probe.unlink()
    return size / MIB / seconds


def show_seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def show_bytes(value: float) -> str:
    return f"{value / MIB:,.0f} MiB"


def ratio(tools: Mapping[str, list[Sample]], peer: str, field: str) -> float | None:
    if "nacre" not in tools or peer not in tools or not median(tools["nacre"], field):
        return None
    return median(tools[peer], field) / median(tools["nacre"], field)


def verdict(workload: Workload, tools: Mapping[str, list[Sample]]) -> str:
    parts = []
    for peer, least in workload.targets.items():
        value = ratio(tools, peer, "seconds")
        if value is not None:
            parts.append(f"{peer} >= {least:.3g}x: {'met' if value >= least else 'MISSED'}")
    return ", ".join(parts)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def present_tools(results: Results) -> list[str]:
    return list(dict.fromkeys(tool for tools in results.values() for tool in tools))


def times_table(results: Results) -> str:
    names = present_tools(results)
    peers = [name for name in names if name != "nacre"] if "nacre" in names else []
    rows = []
    for workload in WORKLOADS:
        tools = results.get(workload.name)
        if not tools:
            continue
        row = [workload.title]
        row += [show_seconds(median(tools[name], "seconds")) if name in tools else "" for name in names]
        for peer in peers:
            value = ratio(tools, peer, "seconds")
            row.append("" if value is None else f"{value:.2f}x" if value < 2 else f"{value:.1f}x")
        rows.append([*row, verdict(workload, tools)])
    return table(["seconds, median", *names, *(f"{peer} / nacre" for peer in peers), "target"], rows)


def field_table(results: Results, title: str, field: str, workloads: Sequence[str], show: Callable[[float], str]) -> str:
    names = present_tools(results)
    rows = []
    for workload in workloads:
        tools = results.get(workload)
        if tools:
            rows.append([workload, *(show(median(tools[name], field)) if name in tools else "" for name in names)])
    return table([title, *names], rows)


def peak_verdict(results: Results) -> list[str]:
    samples = [sample for name, tools in results.items() if name != "images" for sample in tools.get("nacre", [])]
    if not samples:
        return []
    peak = max(sample.peak_bytes for sample in samples)
    return [f"- peak memory <= 150 MiB: {'met' if peak <= PEAK_TARGET else 'MISSED'} ({show_bytes(peak)})"]


def disk_verdict(results: Results, blob_bytes: Mapping[str, int]) -> list[str]:
    lines = []
    for image in ("big", "big-gzip"):
        tools = results.get(f"load {image}", {})
        if "nacre" in tools and "podman" in tools:
            ours = median(tools["nacre"], "disk_bytes")
            limit = median(tools["podman"], "disk_bytes") + blob_bytes[image]
            word = "met" if ours <= limit else "MISSED"
            lines.append(f"- disk of {image} <= podman's + its blobs: {word} ({show_bytes(ours)} of {show_bytes(limit)})")
    return lines


def per_gigabyte_table(results: Results, unpacked_bytes: Mapping[str, int]) -> str:
    """Processor seconds for each GB of the image, unpacked."""
    names = present_tools(results)
    rows = []
    for workload, tools in results.items():
        size = unpacked_bytes.get(workload.partition(" ")[2])
        if size:
            shown = [f"{median(tools[name], 'cpu_seconds') / size * 1e9:.2f}" if name in tools else "" for name in names]
            rows.append([workload, *shown])
    return table(["processor seconds per GB", *names], rows)


def markdown(
    results: Results, facts: Mapping[str, object], blob_bytes: Mapping[str, int], unpacked_bytes: Mapping[str, int]
) -> str:
    """The whole report. A target that is missed says so in capitals."""
    moved = [name for name in results if name.startswith(("load", "save", "pull", "push", "copy"))]
    removed = [name for name in results if name.startswith("rmi")]
    parts = ["# nacre and its peers, measured\n", "\n".join(f"- {name}: {value}" for name, value in facts.items()) + "\n"]
    parts.append(times_table(results))
    parts += [line + "\n" for line in ["\n".join(peak_verdict(results) + disk_verdict(results, blob_bytes))] if line]
    parts.append(field_table(results, "peak memory", "peak_bytes", moved, show_bytes))
    parts.append(field_table(results, "processor time", "cpu_seconds", list(results), show_seconds))
    parts.append(per_gigabyte_table(results, unpacked_bytes))
    parts.append(field_table(results, "sync() afterwards", "flush_seconds", moved + removed, show_seconds))
    parts.append(field_table(results, "rmi until the space is free", "background_seconds", removed, show_seconds))
    loads = [name for name in moved if name.startswith("load")]
    parts.append(field_table(results, "disk after load", "disk_bytes", loads, show_bytes))
    return "\n".join(parts)

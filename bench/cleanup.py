"""Leaves the machine as it was: processes, mounts, cgroups and files that the tools have left behind."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

# What the tools make outside the roots they are given: a cache of digests, and folders that are empty once they are done.
CACHE = pathlib.Path("/var/lib/containers/cache")
RUN_STATE = ("containerd", "containers", "libpod", "crun", "runc", "nacre")
CGROUPS = ("libpod_parent", "docker", "nacre")


def cgroup_folders() -> list[pathlib.Path]:
    base = pathlib.Path("/sys/fs/cgroup")
    return [folder for name in CGROUPS for folder in (base / name, *base.glob(f"*/{name}")) if folder.is_dir()]


def outside_state() -> set[pathlib.Path]:
    """What is there before the bench, and must therefore stay."""
    return {path for path in (CACHE, *run_folders(), *cgroup_folders()) if path.exists()}


def run_folders() -> list[pathlib.Path]:
    return [pathlib.Path("/run", name) for name in RUN_STATE]


def processes_of(folder: pathlib.Path) -> list[int]:
    """Processes whose command line names the bench's own folder, whose name no one else can have guessed."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if os.fsencode(folder) in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def unmount_below(folder: pathlib.Path) -> None:
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    for point in sorted((point for point in points if pathlib.Path(point).is_relative_to(folder)), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", point], check=False, stderr=subprocess.DEVNULL)


def remove_empty(folder: pathlib.Path) -> None:
    """A folder whose folders hold no files of anybody's; cgroups count as such."""
    for child, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(child)


def remove_folder(folder: pathlib.Path) -> None:
    """A folder of the bench's own with everything that lives in it."""
    for pid in processes_of(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    unmount_below(folder)
    shutil.rmtree(folder, ignore_errors=True)


def remove_traces(before: set[pathlib.Path]) -> None:
    """What the tools have made outside the folders they were given."""
    for folder in (*cgroup_folders(), *run_folders()):
        if folder not in before:
            remove_empty(folder)
    if CACHE not in before:
        shutil.rmtree(CACHE, ignore_errors=True)
        remove_empty(CACHE.parent)

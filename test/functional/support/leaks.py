"""Finds what a command has left behind: mounts, processes, cgroups, unfinished work in the store."""

from __future__ import annotations

import contextlib
import os
import pathlib
import time
from collections.abc import Callable, Iterator

GRACE = 60  # seconds that removal in the background, which runs at the lowest priority, may take


def unescape(field: str) -> str:
    """A field of mountinfo: blanks and the like are written in octal."""
    return field.encode().decode("unicode_escape")


def mounts_below(folder: pathlib.Path) -> list[str]:
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return [point for line in lines if pathlib.Path(point := unescape(line.split()[4])).is_relative_to(folder)]


def processes_of(folder: pathlib.Path) -> list[str]:
    """Command lines of processes that name the folder, or that have it mounted in a mount namespace of their own."""
    found, wanted = [], os.fsencode(folder)
    mounted_here = wanted in pathlib.Path("/proc/self/mountinfo").read_bytes()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                mounted = not mounted_here and wanted in (entry / "mountinfo").read_bytes()
                if mounted or wanted + b"/" in words.replace(b"\0", b"/"):
                    found.append(words.replace(b"\0", b" ").decode(errors="replace").strip())
    return found


def cgroups() -> set[str]:
    """cgroups that are nacre's, in every hierarchy: those below the one that is named so, too."""
    found = set()
    for folder, children, _ in os.walk("/sys/fs/cgroup"):
        found |= {path for child in children if "nacre" in (path := os.path.join(folder, child))}
    return found


def unfinished_work(root: pathlib.Path) -> list[str]:
    """What lies in a store that only a command at work, or one that was killed, may have there."""
    return [str(path) for name in ("ingest", "trash") if (root / name).is_dir() for path in (root / name).iterdir()]


def wait_until_none(find: Callable[[], list[str]]) -> list[str]:
    """What `find` still finds when the grace period is over."""
    deadline = time.monotonic() + GRACE
    while (found := find()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def leaks(root: pathlib.Path) -> Iterator[str]:
    """Everything left behind by the commands that used the store at `root`, in words."""
    yield from (f"process: {words}" for words in wait_until_none(lambda: processes_of(root)))
    yield from (f"mount: {point}" for point in mounts_below(root))
    yield from (f"unfinished: {path}" for path in wait_until_none(lambda: unfinished_work(root)))

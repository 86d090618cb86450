"""What the tests of `run` share."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
from collections.abc import Iterator

from support.leaks import wait_until_none
from support.nacre import Nacre, Result

IMAGE = "busybox:latest"


def shell(nacre: Nacre, script: str, *flags: str | os.PathLike[str], stdin: bytes | None = None) -> Result:
    """Runs a script in a container that goes when it ends."""
    return nacre("run", "--rm", *flags, IMAGE, "sh", "-c", script, stdin=stdin)


def container_directories(nacre: Nacre) -> list[str]:
    folder = nacre.root / "containers"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def container_mounts(nacre: Nacre) -> list[str]:
    """Processes that live in a container of this store: what is mounted there is mounted nowhere else."""
    wanted, found = os.fsencode(nacre.root / "containers"), []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "mountinfo").read_bytes():
                found.append(f"{entry.name}: {(entry / 'cmdline').read_bytes().decode(errors='replace')}")
    return found


def assert_nothing_runs(nacre: Nacre) -> None:
    left = wait_until_none(lambda: container_mounts(nacre))
    assert not left, f"still in a container: {left}"


@contextlib.contextmanager
def running(nacre: Nacre, script: str, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
    """A container whose script has said "ready". Killed at the end of the block if it still runs."""
    command = ("run", *flags, IMAGE, "sh", "-c", script)
    process = nacre.start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line == b"ready\n", (line, process.stderr.read())
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


WAIT = "echo ready; while :; do sleep 0.05; done"  # goes on until a signal ends it

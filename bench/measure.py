"""Runs one command and measures it: time on the clock, processor time, peak memory."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class CommandFailed(Exception):
    """A measured command ended with a status that is not zero."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One measurement. Seconds and bytes; what does not apply is 0."""

    seconds: float  # from the command's start to its end
    cpu_seconds: float  # user and system, of the command, its children, and the daemon that works for it
    peak_bytes: int  # largest resident set of one process: the command (never below ours), a child of it, or the daemon
    flush_seconds: float = 0.0  # what sync() took afterwards: bytes the command had left to the kernel
    background_seconds: float = 0.0  # until work the command had put off was done
    disk_bytes: int = 0  # blocks that the tool's root has grown by


class Daemon:
    """A process that works on behalf of the commands measured, and its children."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def pids(self) -> list[int]:
        lists = pathlib.Path(f"/proc/{self._pid}/task").glob("*/children")
        return [self._pid, *(int(pid) for children in lists for pid in children.read_text().split())]

    def cpu_seconds(self) -> float:
        return sum(process_cpu_seconds(pid) for pid in self.pids())

    def reset_peak(self) -> None:
        for pid in self.pids():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_bytes(self) -> int:
        return max(process_peak_bytes(pid) for pid in self.pids())


def process_cpu_seconds(pid: int) -> float:
    """Of a process and of the children it has waited for."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / CLOCK_TICKS


def process_peak_bytes(pid: int) -> int:
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def disk_bytes(folder: pathlib.Path) -> int:
    """Blocks used below a folder, hard links counted once; stays in its file system."""
    if not folder.exists():
        return 0
    command = ["du", "--summarize", "--one-file-system", "--block-size=1", str(folder)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])


def flush() -> float:
    start = time.monotonic()
    os.sync()
    return time.monotonic() - start


def measure(
    command: Sequence[str],
    log: pathlib.Path,
    environment: Mapping[str, str],
    daemon: Daemon | None = None,
    settled: Callable[[], bool] | None = None,
) -> Sample:
    """Runs a command to its end. `settled` tells whether work that it has put off is done."""
    os.sync()
    if daemon:
        daemon.reset_peak()
    daemon_cpu = daemon.cpu_seconds() if daemon else 0.0
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(command)}\n".encode())
        output.flush()
        said_from = output.tell()
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = log.read_bytes()[said_from:].decode(errors="replace").strip().splitlines()
        raise CommandFailed(f"{' '.join(command)}: exit status {process.returncode}: {' / '.join(said[-3:])}")
    background = wait_until(settled, start) if settled else 0.0
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    if daemon:
        cpu += daemon.cpu_seconds() - daemon_cpu
        peak = max(peak, daemon.peak_bytes())
    return Sample(seconds, cpu, peak, flush(), background)


def wait_until(condition: Callable[[], bool], start: float) -> float:
    """Seconds from `start` until the condition holds."""
    while not condition():
        time.sleep(0.005)
        if time.monotonic() - start > 600:
            raise CommandFailed("work in the background did not end within 10 minutes")
    return time.monotonic() - start

"""Other programs that read what we write, each in a private root: podman, skopeo, docker."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time
from typing import Any


class Peer:
    """A program to call with arguments; fails the test when the program fails."""

    def __init__(self, *prefix: str, environment: dict[str, str] | None = None) -> None:
        self._prefix = prefix
        self._environment = os.environ | (environment or {})

    def __call__(self, *arguments: str | os.PathLike[str], **options: Any) -> str:
        command = [*self._prefix, *(os.fspath(argument) for argument in arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment, **options)
        assert done.returncode == 0, f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}"
        return done.stdout


def podman(folder: pathlib.Path, state: pathlib.Path) -> Peer:
    """podman with all it keeps below `folder`; `state` must have a short path. No containers: it is here to load and list."""
    places = {"root": folder / "root", "runroot": state / "run", "tmpdir": state / "tmp"}
    private = [f"--{option}={place}" for option, place in places.items()]
    options = ("--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=none")
    (folder / "scratch").mkdir(parents=True)
    return Peer("podman", *private, *options, environment={"TMPDIR": str(folder / "scratch")})


def skopeo(folder: pathlib.Path) -> Peer:
    folder.mkdir(parents=True)
    return Peer("skopeo", "--insecure-policy", "--tmpdir", str(folder))


class DockerDaemon:
    """Debian's dockerd on a private socket, without network or firewall rules."""

    def __init__(self, folder: pathlib.Path, state: pathlib.Path) -> None:
        self._host = f"unix://{state}/docker.sock"
        options = "--iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --log-level=error"
        places = {"data-root": folder / "data", "exec-root": state / "exec", "pidfile": state / "pid"}
        command = ["dockerd", f"--host={self._host}", *options.split()]
        command += [f"--{option}={place}" for option, place in places.items()]
        folder.mkdir(parents=True)
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self.docker = Peer(self.program() or "docker", "--host", self._host)

    @staticmethod
    def program() -> str | None:
        """Debian's client, which is the daemon's age."""
        return shutil.which("docker", path="/usr/bin") if shutil.which("dockerd") else None

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while subprocess.run([self.program() or "docker", "--host", self._host, "version"], capture_output=True).returncode:
            assert self._process.poll() is None and time.monotonic() < deadline, "dockerd does not start"
            time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()

"""The tools that are measured, each behind the same few operations and in a root of its own."""

from __future__ import annotations

import abc
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

import measure
from images import Image
from measure import CommandFailed, Daemon, Sample
from registries import LINK


def output_of(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Tool(abc.ABC):
    """A container tool with an empty root below `folder`; start() before use, stop() after.

    `state` is a folder with a short name for sockets and run-time state: both have a limit to their paths.
    """

    name = ""
    operations = frozenset({"load", "save", "rmi", "run", "images", "pull", "push"})

    def __init__(self, folder: pathlib.Path, state: pathlib.Path) -> None:
        self.folder = folder / self.name
        self.state = state / self.name
        self.root = self.folder / "root"
        self.log = self.folder / "log"
        self.environment = {**os.environ, "TMPDIR": str(self.folder / "tmp"), "LC_ALL": "C"}

    @staticmethod
    @abc.abstractmethod
    def find() -> str | None:
        """The program's path, or None where it is not installed."""

    @abc.abstractmethod
    def version(self) -> str: ...

    @abc.abstractmethod
    def prefix(self) -> list[str]:
        """The command up to the verb."""

    def start(self) -> None:
        (self.folder / "tmp").mkdir(parents=True)
        self.state.mkdir(parents=True)

    def stop(self) -> None:
        """Ends every process that start() began."""

    def daemon(self) -> Daemon | None:
        return None

    def settled(self) -> bool:
        """Whether nothing that a command has put off is left to do."""
        return True

    def measure(self, *arguments: str, wait: bool = False) -> Sample:
        settled = self.settled if wait else None
        return measure.measure([*self.prefix(), *arguments], self.log, self.environment, self.daemon(), settled)

    def load(self, image: Image) -> Sample:
        return self.measure("load", "-q", "-i", str(image.archive))

    def save(self, image: Image, target: pathlib.Path) -> Sample:
        return self.measure("save", "-o", str(target), image.image_id)

    def rmi(self, image: Image) -> Sample:
        return self.measure("rmi", "-f", image.image_id, wait=True)

    def run(self, image: Image) -> Sample:
        return self.measure("run", "--rm", "--network", "none", *self.run_options(), image.image_id, "true")

    def run_options(self) -> list[str]:
        """What `run` needs to work on this host at all."""
        return []

    def images(self) -> Sample:
        return self.measure("images")

    def pull(self, reference: str) -> Sample:
        return self.measure("pull", "-q", *self.registry_options(), reference)

    def push(self, image: Image, reference: str) -> Sample:
        output_of(*self.prefix(), "tag", image.image_id, reference, environment=self.environment)
        return self.measure("push", "-q", *self.registry_options(), reference)

    def copy(self, source: str, target: str) -> Sample:
        """From registry to registry."""
        raise CommandFailed(f"{self.name} has no copy")

    def registry_options(self) -> list[str]:
        """What makes it speak plain http to registries that are not on the loopback."""
        return []

    def forget(self, reference: str, image_id: str) -> None:
        """Removes what pull() brought."""
        self.measure("rmi", "-f", image_id, wait=True)

    def has_image(self, image_id: str) -> bool:
        listed = output_of(*self.prefix(), "images", "-q", "--no-trunc", environment=self.environment).splitlines()
        return any(line.removeprefix("sha256:") == image_id for line in listed)

    def count_images(self) -> int:
        return len(output_of(*self.prefix(), "images", "-q", "--no-trunc", environment=self.environment).splitlines())


class Nacre(Tool):
    name = "nacre"
    operations = Tool.operations | {"copy"}

    def start(self) -> None:
        super().start()
        config = self.folder / "config.toml"
        config.write_text(f'insecure-registries = ["{LINK}.0/30"]\n')
        self.environment["NACRE_CONFIG"] = str(config)

    def copy(self, source: str, target: str) -> Sample:
        return self.measure("copy", "-q", source, target)

    @staticmethod
    def find() -> str | None:
        return shutil.which(os.environ.get("NACRE_BINARY", "build/release/nacre"))

    def version(self) -> str:
        return output_of(*self.prefix(), "--version").removeprefix("nacre version ")

    def prefix(self) -> list[str]:
        return [os.path.abspath(self.find() or "nacre"), "--root", str(self.root)]

    def settled(self) -> bool:
        trash = self.root / "trash"
        return not trash.exists() or not any(trash.iterdir())


class Docker(Tool):
    """Debian's dockerd on a private socket, with a containerd that it starts itself; no network, no firewall rules."""

    name = "docker"
    _process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def find() -> str | None:
        client = shutil.which("docker", path="/usr/bin:/usr/local/bin:/bin")
        return client if client and shutil.which("dockerd") else None

    def version(self) -> str:
        server = output_of(*self.prefix(), "version", "--format", "{{.Server.Version}}")
        return f"{server}, client {output_of(*self.prefix(), 'version', '--format', '{{.Client.Version}}')}"

    def prefix(self) -> list[str]:
        return [self.find() or "docker", "--host", f"unix://{self.state}/docker.sock"]

    def start(self) -> None:
        super().start()
        options = "--iptables=false --ip6tables=false --bridge=none --storage-driver=overlay2 --log-level=error"
        options += f" --insecure-registry={LINK}.0/30"
        places = {"data-root": self.root, "exec-root": self.state / "exec", "pidfile": self.state / "docker.pid"}
        command = ["dockerd", f"--host=unix://{self.state}/docker.sock", *options.split()]
        command += [f"--{option}={place}" for option, place in places.items()]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment, process_group=0
            )
        deadline = time.monotonic() + 60
        while subprocess.run([*self.prefix(), "version"], capture_output=True).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise CommandFailed(f"dockerd does not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def daemon(self) -> Daemon | None:
        return Daemon(self._process.pid) if self._process else None


class Podman(Tool):
    name = "podman"
    _run_options: list[str] | None = None

    @staticmethod
    def find() -> str | None:
        return shutil.which("podman")

    def version(self) -> str:
        return output_of(*self.prefix(), "--version").removeprefix("podman version ")

    def prefix(self) -> list[str]:
        options = "--storage-driver=overlay --cgroup-manager=cgroupfs --events-backend=none"
        places = {"root": self.root, "runroot": self.state / "run", "tmpdir": self.state / "tmp"}
        private = [f"--{option}={place}" for option, place in places.items()]
        return [self.find() or "podman", *private, *options.split(), *self.runtime_options()]

    def runtime_options(self) -> list[str]:
        """crun, podman's default, refuses a host with cgroup v1 and v2 side by side."""
        hybrid = pathlib.Path("/sys/fs/cgroup/unified").exists()
        runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
        return [f"--runtime={runc}"] if hybrid and runc else []

    def registry_options(self) -> list[str]:
        return ["--tls-verify=false"]

    def run_options(self) -> list[str]:
        """podman asks for more open files and processes than a host that withholds CAP_SYS_RESOURCE allows."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return ["--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"] if 0 <= hard < 1_048_576 else []


class Skopeo(Tool):
    """Copies between archives and containers/storage, the store that podman uses."""

    name = "skopeo"
    operations = frozenset({"load", "save", "pull", "push", "copy"})

    @staticmethod
    def find() -> str | None:
        return shutil.which("skopeo")

    def version(self) -> str:
        return output_of(*self.prefix(), "--version").removeprefix("skopeo version ")

    def prefix(self) -> list[str]:
        return [self.find() or "skopeo"]

    def reference(self, name: str = "bench.test/image:1") -> str:
        return f"containers-storage:[overlay@{self.root}+{self.state}/run]{name}"

    def load(self, image: Image) -> Sample:
        kind = "oci-archive" if "gzip" in image.archive.name else "docker-archive"
        return self.measure("copy", "--insecure-policy", "-q", f"{kind}:{image.archive}", self.reference())

    def save(self, image: Image, target: pathlib.Path) -> Sample:
        return self.measure("copy", "--insecure-policy", "-q", self.reference(), f"docker-archive:{target}:image:1")

    def rmi(self, image: Image) -> Sample:
        return self.measure("delete", self.reference())

    def forget(self, reference: str, image_id: str) -> None:
        self.measure("delete", self.reference(reference))

    def pull(self, reference: str) -> Sample:
        return self.measure("copy", "--insecure-policy", "-q", "--src-tls-verify=false", f"docker://{reference}", self.reference(reference))

    def push(self, image: Image, reference: str) -> Sample:
        return self.measure("copy", "--insecure-policy", "-q", "--dest-tls-verify=false", self.reference(), f"docker://{reference}")

    def copy(self, source: str, target: str) -> Sample:
        plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
        return self.measure("copy", "--insecure-policy", "-q", *plain, f"docker://{source}", f"docker://{target}")


TOOLS: dict[str, type[Tool]] = {tool.name: tool for tool in (Nacre, Docker, Podman, Skopeo)}

"""Runs the real binary in a root of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
from typing import Any

PROJECT = pathlib.Path(__file__).resolve().parents[3]
TIMEOUT = 120  # seconds; nothing we test takes more than a few, so this only ends what hangs


def binary() -> pathlib.Path:
    return pathlib.Path(os.environ.get("NACRE_BINARY", PROJECT / "build/release/nacre")).resolve()


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    command: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def json(self) -> Any:
        return json.loads(self.stdout)

    def ok(self) -> Result:
        """This result, after checking that the command succeeded."""
        assert self.code == 0, f"{' '.join(self.command)}: exit status {self.code}\n{self.err}{self.out}"
        return self

    def fails(self, code: int = 1, *words: str) -> Result:
        """This result, after checking the exit status and that the error names every one of `words`."""
        assert self.code == code, f"{' '.join(self.command)}: exit status {self.code}, not {code}\n{self.err}{self.out}"
        missing = [word for word in words if word not in self.err]
        assert not missing, f"{' '.join(self.command)}: the error does not say {missing}\n{self.err}"
        return self


class Nacre:
    """nacre with a store of its own; call it with a command line: nacre("load", "-i", path)."""

    def __init__(self, root: pathlib.Path, driver: str | None = None) -> None:
        self.root = root
        self.driver = driver
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("NACRE_")}
        self.environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def command(self, *arguments: str | os.PathLike[str]) -> tuple[str, ...]:
        driver = ("--driver", self.driver) if self.driver else ()
        return (str(binary()), "--root", str(self.root), *driver, *(os.fspath(argument) for argument in arguments))

    def __call__(
        self,
        *arguments: str | os.PathLike[str],
        stdin: bytes | None = None,
        environment: dict[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> Result:
        """Runs a command to its end. Without `stdin` it reads from /dev/null."""
        command = self.command(*arguments)
        where: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        variables = self.environment | (environment or {})
        done = subprocess.run(command, capture_output=True, env=variables, timeout=timeout, check=False, **where)
        return Result(command, done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | os.PathLike[str], **options: Any) -> subprocess.Popen[bytes]:
        """Starts a command and leaves it running: for tests that interrupt or kill it. The caller waits for it."""
        return subprocess.Popen(self.command(*arguments), env=self.environment, **options)

    def load(self, archive: pathlib.Path) -> Result:
        return self("load", "-i", archive).ok()

    def image_ids(self) -> list[str]:
        return self("images", "-a", "-q", "--no-trunc").ok().lines

    def inspect(self, name: str) -> Any:
        return self("inspect", name).ok().json()[0]

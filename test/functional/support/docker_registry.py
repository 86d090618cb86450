"""Debian's docker-registry on a loopback port of its own."""

from __future__ import annotations

import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import time
from typing import Any


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class DockerRegistry:
    """Listens from the moment it is made until it is stopped. `http` and `auth` are sections of its configuration."""

    def __init__(self, folder: pathlib.Path, *, http: dict[str, Any] | None = None, **sections: Any) -> None:
        folder.mkdir(parents=True)
        self._port = free_port()
        self._tls = "tls" in (http or {})
        settings = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self._port}"} | (http or {}),
        }
        config = folder / "config.yml"
        config.write_text(json.dumps(settings | sections))  # JSON is YAML
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["docker-registry", "serve", str(config)], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        self._wait(folder / "log")

    @staticmethod
    def installed() -> bool:
        return shutil.which("docker-registry") is not None

    @property
    def address(self) -> str:
        return f"localhost:{self._port}"

    def _wait(self, log: pathlib.Path) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
                return
            except OSError:
                alive = self._process.poll() is None and time.monotonic() < deadline
                assert alive, f"docker-registry does not start:\n{log.read_text()}"
                time.sleep(0.01)

    def get(self, path: str, accept: str = "*/*") -> tuple[int, bytes]:
        """Plain http only."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()


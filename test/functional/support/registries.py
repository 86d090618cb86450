"""Debian's docker-registry on a port of its own, in every way of asking who one is; and the fixtures for it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.certificates import Authority, Certificate, server_context
from support.distribution import AGENT, Contents
from support.fault_proxy import FaultProxy
from support.hostile_registry import HostileRegistry
from support.nacre import Nacre
from support.token_server import EVERYTHING, Scope, TokenServer, signing_certificate
from support.wire_server import WireServer

USER, PASSWORD = "alice", "correct horse"  # known to every registry that asks
LISTENING = re.compile(r'msg="listening on 127\.0\.0\.1:(\d+)')
ACCESS = re.compile(r'\S+ \S+ \S+ \[(.*?)\] "(\S+) (\S+) [^"]*" (\d+) (\d+) "[^"]*" "([^"]*)"')
PATIENCE = 20  # seconds for a start that takes 30 ms


@dataclasses.dataclass(frozen=True)
class Request:
    """A line of the registry's access log. It does not say what Range was asked for, but 206 and `sent` tell of parts: who
    wants the header puts a FaultProxy in front."""

    time: datetime.datetime
    method: str
    target: str
    status: int
    sent: int
    agent: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclasses.dataclass(frozen=True)
class Options:
    """What a registry asks of those who come."""

    certificate: Certificate | None = None
    authority: Authority | None = None  # of the certificate
    client: Certificate | None = None  # one of the certificates it lets in; without one it asks for none
    users: dict[str, str] | None = None  # htpasswd; the first is us
    tokens: TokenServer | None = None
    mirrored: str | None = None  # the URL that it is a pull-through mirror of
    deletes: bool = False

    def context(self) -> ssl.SSLContext | None:
        return self.authority.context(self.client) if self.authority else None


class Registry(Contents):
    """A registry that runs from the moment it is made until it is stopped."""

    def __init__(self, folder: pathlib.Path, options: Options = Options()) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.options = options
        self._config = folder / "config.yml"
        self._config.write_text(json.dumps(configuration(folder, options), indent=1))  # JSON is YAML
        self._process = self._start()
        try:
            port = self._wait_until_it_listens()
        except BaseException:
            self.stop()
            raise
        login = next(iter(options.users.items())) if options.users else None
        super().__init__(f"127.0.0.1:{port}", options.context(), login)

    @property
    def url(self) -> str:
        return f"{'https' if self.options.certificate else 'http'}://{self.address}"

    @staticmethod
    def installed() -> bool:
        return shutil.which("docker-registry") is not None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> subprocess.Popen[bytes]:
        # If the test run is killed, so is the registry.
        command = ["setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", str(self._config)]
        with (self.folder / "log").open("ab") as log, (self.folder / "access").open("ab") as access:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=access, stderr=log)

    def _wait_until_it_listens(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while not (found := LISTENING.search(self.log)):
            assert self._process.poll() is None and time.monotonic() < deadline, f"docker-registry does not start:\n{self.log}"
            time.sleep(0.005)
        return int(found[1])

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def authorization(self, repository: str) -> str | None:
        if not self.options.tokens:
            return super().authorization(repository)
        return "Bearer " + self.options.tokens.mint("us", Scope("repository", repository, EVERYTHING))

    def requests(self, method: str | None = None, path: str = "") -> list[Request]:
        """What others than we have asked for so far; `path` is searched for in path and query."""
        mark = f"/v2/?mark={uuid.uuid4()}"
        self.ask("GET", mark)  # the log is a moment behind the answers
        deadline = time.monotonic() + PATIENCE
        while mark not in (text := (self.folder / "access").read_text()):
            assert time.monotonic() < deadline, "the access log does not grow"
            time.sleep(0.005)
        found = (parsed(line) for line in text.splitlines())
        return [one for one in found if one.agent != AGENT and method in (None, one.method) and re.search(path, one.target)]

    def blob_file(self, digest: str) -> pathlib.Path:
        """Where it keeps a blob: for tests that spoil it behind its back."""
        algorithm, _, number = digest.partition(":")
        return self.folder / "data/docker/registry/v2/blobs" / algorithm / number[:2] / number / "data"


def parsed(line: str) -> Request:
    found = ACCESS.fullmatch(line)
    assert found, f"not a line of an access log: {line}"
    when = datetime.datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z")
    return Request(when, found[2], found[3], int(found[4]), int(found[5]), found[6])


def configuration(folder: pathlib.Path, options: Options) -> dict[str, Any]:
    """https://distribution.github.io/distribution/about/configuration/"""
    http: dict[str, Any] = {"addr": "127.0.0.1:0", "secret": "shared by all who serve the same uploads"}
    made: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "data")},
            "delete": {"enabled": options.deletes},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": http,
    }
    if options.certificate:
        http["tls"] = {"certificate": str(options.certificate.certificate), "key": str(options.certificate.key)}
        if options.client and options.authority:
            http["tls"]["clientcas"] = [str(options.authority.path)]
    if options.users:
        (folder / "htpasswd").write_text("".join(htpasswd_line(*user) for user in options.users.items()))
        made["auth"] = {"htpasswd": {"realm": "nacre test registry", "path": str(folder / "htpasswd")}}
    if options.tokens:
        bundle, service, issuer = str(options.tokens.signer.certificate), options.tokens.service, options.tokens.issuer
        made["auth"] = {"token": {"realm": options.tokens.realm, "service": service, "issuer": issuer, "rootcertbundle": bundle}}
    if options.mirrored:
        made["proxy"] = {"remoteurl": options.mirrored}
    return made


def htpasswd_line(user: str, password: str) -> str:
    command = ["htpasswd", "-niB", "-C", "4", user]  # the cheapest bcrypt: nobody attacks it
    return subprocess.run(command, input=password, capture_output=True, text=True, check=True).stdout.strip() + "\n"


# Fixtures


@pytest.fixture
def home(tmp_path: pathlib.Path, nacre: Nacre) -> pathlib.Path:
    """The home of a user without any configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    nacre.environment |= {"HOME": str(folder), "DOCKER_CONFIG": str(folder / ".docker")}
    for name in ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE"):
        nacre.environment.pop(name, None)
    return folder


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Issues the certificates of servers and clients."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def token_signer(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return signing_certificate(tmp_path_factory.mktemp("tokens"))


StartRegistry = Callable[..., Registry]
StartProxy = Callable[..., FaultProxy]


@pytest.fixture
def start_registry(tmp_path: pathlib.Path) -> Iterator[StartRegistry]:
    """Starts registries; its arguments are the fields of Options. A test that fails shows the ends of their logs."""
    if not Registry.installed():
        pytest.skip("docker-registry is not installed")
    running: list[Registry] = []

    def start(**options: Any) -> Registry:
        running.append(Registry(tmp_path / f"registry{len(running)}", Options(**options)))
        return running[-1]

    yield start
    for registry in reversed(running):
        registry.stop()
        print(f"{registry.folder}/log ends:\n{registry.log[-4000:]}")


@pytest.fixture
def start_proxy() -> Iterator[StartProxy]:
    """Puts a FaultProxy in front of a registry; `tls` is a certificate that it shows its clients."""
    running: list[FaultProxy] = []

    def start(registry: Registry, tls: Certificate | None = None) -> FaultProxy:
        running.append(FaultProxy(registry.address, registry.options.context(), server_context(tls) if tls else None))
        return running[-1]

    yield start
    stop_all(running)


def stop_all(servers: list[Any]) -> None:
    for server in servers:
        assert isinstance(server, WireServer)
        for one in server.exchanges:
            print(f"{server.address} {one.method} {one.target} {one.range or ''}: {one.status}, {one.sent} bytes, {one.ended}")
        server.stop()


@pytest.fixture
def registry(start_registry: StartRegistry) -> Registry:
    """One that lets everybody in and deletes nothing."""
    return start_registry()


@pytest.fixture
def deleting_registry(start_registry: StartRegistry) -> Registry:
    return start_registry(deletes=True)


@pytest.fixture
def tls_registry(start_registry: StartRegistry, authority: Authority) -> Registry:
    return start_registry(certificate=authority.server(), authority=authority)


@pytest.fixture
def mutual_tls_registry(start_registry: StartRegistry, authority: Authority) -> Registry:
    """One that wants a certificate of its clients: `registry.options.client` is good."""
    return start_registry(certificate=authority.server(), authority=authority, client=authority.client())


@pytest.fixture
def password_registry(start_registry: StartRegistry) -> Registry:
    """One that lets nobody but USER in."""
    return start_registry(users={USER: PASSWORD})


@pytest.fixture
def tokens(token_signer: Certificate) -> Iterator[TokenServer]:
    """The token server of `token_registry`: everybody may pull, USER may do everything."""
    server = TokenServer(token_signer, {USER: PASSWORD})
    yield server
    stop_all([server])


@pytest.fixture
def token_registry(start_registry: StartRegistry, tokens: TokenServer) -> Registry:
    return start_registry(tokens=tokens)


@pytest.fixture
def mirror(start_registry: StartRegistry, registry: Registry) -> Registry:
    """A pull-through mirror of `registry`."""
    return start_registry(mirrored=registry.url)


@pytest.fixture
def proxy(start_proxy: StartProxy, registry: Registry) -> FaultProxy:
    """Stands in front of `registry`."""
    return start_proxy(registry)


@pytest.fixture
def hostile_registry() -> Iterator[HostileRegistry]:
    server = HostileRegistry()
    yield server
    stop_all([server])

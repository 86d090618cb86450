"""Registries that send their clients to a token server."""

from __future__ import annotations

import json
import pathlib

import pytest

from support import faults
from support.fault_proxy import FaultProxy
from support.nacre import Nacre
from support.registries import PASSWORD, USER, Registry, StartProxy
from support.token_server import TokenServer
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver


@pytest.fixture
def name(nacre: Nacre, home: pathlib.Path, token_registry: Registry, busybox: str) -> str:
    """An image that is here and wants to be there."""
    made = f"{token_registry.address}/team/app:1"
    nacre("tag", busybox, made).ok()
    return made


def login(nacre: Nacre, registry: Registry | FaultProxy) -> None:
    nacre("login", "-u", USER, "--password-stdin", registry.address, stdin=PASSWORD.encode()).ok()


def kept(home: pathlib.Path) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = json.loads((home / ".docker/config.json").read_text())["auths"]
    return entries


def test_everybody_may_pull_and_we_may_push(nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    nacre("push", name).fails(1, "authentication required", "nacre login")
    login(nacre, token_registry)
    nacre("push", name).ok()
    nacre("logout", token_registry.address).ok()
    tokens.requests.clear()
    nacre("rmi", name).ok()
    nacre("pull", "-q", name).ok()
    assert [(one.grant, one.scopes) for one in tokens.requests] == [("anonymous", ("repository:team/app:pull",))]


def test_one_token_does_for_all_connections(nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    login(nacre, token_registry)
    tokens.requests.clear()
    nacre("push", name).ok()
    assert {one.scopes for one in tokens.requests} == {("repository:team/app:pull,push",)}
    assert len(tokens.requests) == 1


def test_an_identity_token_takes_the_place_of_the_password(
    nacre: Nacre, home: pathlib.Path, token_registry: Registry, tokens: TokenServer, name: str
) -> None:
    login(nacre, token_registry)
    entry = kept(home)[token_registry.address]
    assert entry["identitytoken"] in tokens.refresh_tokens
    assert PASSWORD not in json.dumps(entry)
    tokens.requests.clear()
    nacre("push", name).ok()
    assert {(one.method, one.grant, one.user) for one in tokens.requests} == {("POST", "refresh_token", USER)}
    tokens.refresh_tokens.clear()  # it was revoked
    nacre("push", name).fails(1, "incorrect username or password")


def test_a_server_that_knows_get_alone(nacre: Nacre, home: pathlib.Path, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    tokens.oauth = False
    (home / ".docker").mkdir()
    auth = {"username": USER, "password": PASSWORD}
    (home / ".docker/config.json").write_text(json.dumps({"auths": {token_registry.address: auth}}))
    nacre("push", name).ok()
    assert {(one.method, one.grant) for one in tokens.requests} == {("GET", "basic")}


@pytest.mark.parametrize("fields", [("token",), ("access_token",)])
def test_either_field_holds_the_token(
    nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str, fields: tuple[str, ...]
) -> None:
    tokens.answers = fields
    login(nacre, token_registry)
    nacre("push", name).ok()


def test_wrong_passwords(nacre: Nacre, home: pathlib.Path, token_registry: Registry) -> None:
    refused = nacre("login", "-u", USER, "--password-stdin", token_registry.address, stdin=b"guessed").fails(1)
    assert "incorrect username or password" in refused.err and "guessed" not in refused.err
    assert not (home / ".docker/config.json").exists()


def test_a_token_that_runs_out_in_the_middle_of_a_push(
    nacre: Nacre, token_registry: Registry, tokens: TokenServer, start_proxy: StartProxy, busybox: str
) -> None:
    proxy = start_proxy(token_registry)
    name = f"{proxy.address}/team/app:1"
    nacre("tag", busybox, name).ok()
    login(nacre, proxy)
    tokens.requests.clear()
    challenge = f'Bearer realm="{tokens.realm}",service="{tokens.service}",scope="repository:team/app:pull,push",error="invalid_token"'
    proxy.add(faults.unauthorized(challenge), method="PATCH")
    proxy.add(faults.unauthorized(challenge), method="PUT", path="/manifests/")
    nacre("push", name).ok()
    assert len(tokens.requests) == 3
    assert token_registry.has_manifest("team/app", "1")


def test_tokens_that_are_dead_when_they_come(nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    login(nacre, token_registry)
    tokens.expired_next = 1
    nacre("push", name).fails(1, token_registry.address)
    nacre("push", name).ok()


def test_scopes_for_both_ends_of_a_mount(nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    login(nacre, token_registry)
    nacre("push", name).ok()
    other = f"{token_registry.address}/other/app:1"
    nacre("tag", name, other).ok()
    tokens.requests.clear()
    pushed = nacre("push", other).ok()
    assert any("Mounted from team/app" in line for line in pushed.lines)
    assert ("repository:other/app:pull,push", "repository:team/app:pull") in {one.scopes for one in tokens.requests}


def test_a_token_server_in_trouble(nacre: Nacre, token_registry: Registry, tokens: TokenServer, name: str) -> None:
    tokens.add(faults.failure(503), times=ALWAYS)
    nacre("pull", name).fails(1, "token")
    tokens.clear()
    tokens.add(faults.answer(200, {"Content-Type": "application/json"}, b'{"token": ""}'), times=ALWAYS)
    nacre("pull", name).fails(1, "holds no token")
    tokens.clear()
    tokens.add(faults.answer(200, {"Content-Type": "application/json"}, b"sesame"), times=ALWAYS)
    assert "sesame" not in nacre("pull", name).fails(1, "no JSON").err


@pytest.mark.parametrize("realm", ["", "file:///etc/passwd", "http://169.254.169.254/latest", "gopher://x/"])
def test_token_servers_where_none_can_be(
    nacre: Nacre, home: pathlib.Path, proxy: FaultProxy, realm: str
) -> None:
    (home / ".docker").mkdir()
    auth = {"username": USER, "password": PASSWORD}
    (home / ".docker/config.json").write_text(json.dumps({"auths": {proxy.address: auth}}))
    proxy.add(faults.unauthorized(f'Bearer realm="{realm}",service="x"'), times=ALWAYS)
    refused = nacre("pull", f"{proxy.address}/app:1").fails(1)
    assert PASSWORD not in refused.err

"""login and logout, and registries that want to know who asks: passwords, certificates."""

from __future__ import annotations

import json
import pathlib

import pexpect
import pytest

from support import archives, faults
from support.fault_proxy import FaultProxy
from support.nacre import Nacre
from support.peers import Peer
from support.registries import Registry, StartRegistry
from support.wire_server import ALWAYS

pytestmark = pytest.mark.one_driver
USER, PASSWORD = "ann", "p:w \N{SNOWMAN}"


@pytest.fixture
def guarded(start_registry: StartRegistry) -> Registry:
    """A registry that lets in whoever knows the password."""
    return start_registry(users={USER: PASSWORD})


def test_a_password_registry(nacre: Nacre, home: pathlib.Path, guarded: Registry, busybox: str, skopeo: Peer) -> None:
    name = f"{guarded.address}/team/app:1"
    nacre("tag", busybox, name).ok()
    nacre("push", name).fails(1, "no basic auth credentials", f"nacre login {guarded.address}")
    wrong = nacre("login", "-u", USER, "--password-stdin", guarded.address, stdin=b"s3cret\n").fails(1)
    assert "s3cret" not in wrong.err + wrong.out
    assert not (home / ".docker/config.json").exists()
    right = nacre("login", "-u", USER, "--password-stdin", guarded.address, stdin=PASSWORD.encode() + b"\n").ok()
    assert right.out == "Login Succeeded\n"
    assert "stored unencrypted" in right.err
    nacre("push", name).ok()
    nacre("pull", "-q", name).ok()
    assert nacre("login", guarded.address).ok().lines == ["Authenticating with existing credentials...", "Login Succeeded"]
    auth = str(home / ".docker/config.json")
    assert json.loads(skopeo("inspect", "--tls-verify=false", "--authfile", auth, f"docker://{name}"))["Architecture"]
    assert nacre("logout", guarded.address).ok().out == f"Removing login credentials for {guarded.address}\n"
    nacre("pull", name).fails(1, "no basic auth credentials")
    assert nacre("logout", guarded.address).ok().out == f"Not logged in to {guarded.address}\n"


def test_at_a_terminal_the_password_is_not_shown(nacre: Nacre, home: pathlib.Path, guarded: Registry) -> None:
    command, *arguments = nacre.command("login", guarded.address)
    terminal = pexpect.spawn(command, arguments, env=nacre.environment, timeout=20, encoding="utf-8")
    terminal.expect("Username: ")
    terminal.sendline(USER)
    terminal.expect("Password: ")
    terminal.waitnoecho()
    terminal.sendline(PASSWORD)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert PASSWORD not in terminal.before and "Login Succeeded" in terminal.before


def test_bad_flags(nacre: Nacre, home: pathlib.Path) -> None:
    nacre("login", "-p", "x", "--password-stdin").fails(1, "mutually exclusive")
    nacre("login", "--password-stdin").fails(1, "Must provide --username")
    nacre("login", "localhost:1").fails(1, "non TTY")
    assert not (home / ".docker").exists()


def test_a_helper_keeps_the_password(nacre: Nacre, home: pathlib.Path, guarded: Registry, tmp_path: pathlib.Path) -> None:
    helper = tmp_path / "bin/docker-credential-test"
    helper.parent.mkdir()
    helper.write_text(f'#!/bin/sh\ncase "$1" in\nstore) cat > {tmp_path}/kept;;\nget) cat {tmp_path}/kept;;\nerase) rm {tmp_path}/kept;;\nesac\n')
    helper.chmod(0o755)
    nacre.environment["PATH"] = f"{helper.parent}:{nacre.environment['PATH']}"
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text('{"credsStore": "test"}')
    login = nacre("login", "-u", USER, "--password-stdin", guarded.address, stdin=PASSWORD.encode()).ok()
    assert "unencrypted" not in login.err
    assert PASSWORD not in (home / ".docker/config.json").read_text()
    assert json.loads((tmp_path / "kept").read_text())["Secret"] == PASSWORD
    nacre("tags", f"{guarded.address}/none").fails(1, "no such repository")


def test_credentials_do_not_follow_a_redirect(nacre: Nacre, home: pathlib.Path, guarded: Registry, busybox: str) -> None:
    """Blobs may be on another server, which is none of the registry's secrets' business."""
    with FaultProxy(guarded.address) as elsewhere, FaultProxy(guarded.address) as proxy:
        name = f"{proxy.address}/app:1"
        nacre("login", "-u", USER, "--password-stdin", proxy.address, stdin=PASSWORD.encode()).ok()
        nacre("tag", busybox, name).ok()
        nacre("push", name).ok()
        nacre("rmi", name, busybox).ok()
        proxy.add(faults.redirect(lambda exchange: elsewhere.url + exchange.target), method="GET", path="/blobs/", times=ALWAYS)
        nacre("pull", name).fails(1, "unauthorized")
        assert elsewhere.exchanges and not [one for one in elsewhere.exchanges if one.headers.get("Authorization")]

"""run -t: the terminal's size, keys and settings."""

from __future__ import annotations

import os
import pathlib
import shlex
import termios
from collections.abc import Callable, Iterator

import pytest

from support.containers import IMAGE, assert_nothing_runs, container_directories
from support.nacre import Nacre

pexpect = pytest.importorskip("pexpect")
ROWS, COLUMNS, TIMEOUT = 33, 101, 60

Spawn = Callable[..., "pexpect.spawn"]


@pytest.fixture(autouse=True)
def image(busybox: str) -> str:
    return busybox


@pytest.fixture
def on_terminal(nacre: Nacre) -> Iterator[Spawn]:
    """Starts a command of nacre on a terminal of its own."""
    children = []

    def start(*arguments: str, program: tuple[str, ...] | None = None) -> pexpect.spawn:
        first, *rest = program or nacre.command(*arguments)
        child = pexpect.spawn(first, rest, env=nacre.environment, dimensions=(ROWS, COLUMNS), timeout=TIMEOUT)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def ended(child: pexpect.spawn) -> tuple[bytes, int | None]:
    output = child.read()
    child.wait()
    return output, child.exitstatus


def tty_of(child: pexpect.spawn) -> pathlib.Path:
    return pathlib.Path(f"/proc/{child.pid}/fd/0").resolve()


def test_the_size_is_there_from_the_start(nacre: Nacre, on_terminal: Spawn) -> None:
    output, status = ended(on_terminal("run", "--rm", "-it", IMAGE, "sh", "-c", "tty; stty size; exit 6"))
    assert output.splitlines() == [b"/dev/pts/0", f"{ROWS} {COLUMNS}".encode()]
    assert status == 6
    assert container_directories(nacre) == []
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
def test_a_resize_is_passed_on(on_terminal: Spawn) -> None:
    script = "trap 'stty size' WINCH; trap 'exit 0' USR1; echo ready; while :; do sleep 0.05; done"
    child = on_terminal("run", "--rm", "-it", IMAGE, "sh", "-c", script)
    child.expect_exact("ready")
    child.setwinsize(12, 34)
    child.expect_exact("12 34")
    child.setwinsize(45, 67)
    child.expect_exact("45 67")


@pytest.mark.one_driver
def test_ctrl_c_reaches_the_process_and_not_nacre(on_terminal: Spawn) -> None:
    script = "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.05; done"
    child = on_terminal("run", "--rm", "-it", IMAGE, "sh", "-c", script)
    child.expect_exact("ready")
    child.sendcontrol("c")
    child.expect_exact("interrupted")
    assert ended(child)[1] == 7


@pytest.mark.one_driver
def test_a_conversation(on_terminal: Spawn) -> None:
    child = on_terminal("run", "--rm", "-it", IMAGE, "sh")
    child.expect_exact("# ")
    child.sendline("echo $((6*7))")
    child.expect_exact("\r\n42\r\n")
    child.sendline("exit 9")
    assert ended(child)[1] == 9


@pytest.mark.one_driver
def test_ctrl_d_ends_the_input(on_terminal: Spawn) -> None:
    child = on_terminal("run", "--rm", "-it", IMAGE, "cat")
    child.sendline("a line")
    child.expect_exact("a line\r\na line\r\n")
    child.sendeof()
    assert ended(child)[1] == 0


@pytest.mark.one_driver
@pytest.mark.parametrize("end", ["exit 0", "exit 1", "no-such-command"])
def test_the_terminals_settings_come_back(nacre: Nacre, on_terminal: Spawn, end: str) -> None:
    command = shlex.join(nacre.command("run", "--rm", "-it", IMAGE, "sh", "-c", end))
    child = on_terminal(program=("/bin/sh", "-c", f"stty -g; {command}; stty -g"))
    lines = [line for line in ended(child)[0].splitlines() if line.count(b":") > 10]
    assert len(lines) == 2 and lines[0] == lines[1]


@pytest.mark.one_driver
def test_the_terminal_is_usable_after_nacre_was_killed(nacre: Nacre, on_terminal: Spawn) -> None:
    child = on_terminal("run", "--rm", "-it", IMAGE, "sh", "-c", "echo ready; sleep 1000")
    terminal = os.open(tty_of(child), os.O_RDWR | os.O_NOCTTY)
    try:
        child.expect_exact("ready")
        assert not termios.tcgetattr(terminal)[3] & termios.ICANON
        child.kill(9)
        child.wait()
        assert_nothing_runs(nacre)
        assert termios.tcgetattr(terminal)[3] & termios.ICANON
    finally:
        os.close(terminal)


@pytest.mark.one_driver
def test_a_terminal_without_input(on_terminal: Spawn) -> None:
    output, status = ended(on_terminal("run", "--rm", "-t", IMAGE, "sh", "-c", "test -t 1 && echo terminal"))
    assert (output.split(), status) == ([b"terminal"], 0)


@pytest.mark.one_driver
def test_i_and_t_without_a_terminal_is_refused_as_docker_does(nacre: Nacre) -> None:
    nacre("run", "--rm", "-it", IMAGE, "true", stdin=b"").fails(1, "the input device is not a TTY")
    assert container_directories(nacre) == []


@pytest.mark.one_driver
def test_t_writes_to_a_pipe(nacre: Nacre) -> None:
    assert nacre("run", "--rm", "-t", IMAGE, "echo", "out").ok().stdout == b"out\r\n"


@pytest.mark.one_driver
def test_term_is_set_with_a_terminal_only(nacre: Nacre) -> None:
    assert nacre("run", "--rm", "-t", IMAGE, "sh", "-c", "echo $TERM").ok().out == "xterm\r\n"
    assert nacre("run", "--rm", IMAGE, "sh", "-c", "env").ok().out.count("TERM=") == 0

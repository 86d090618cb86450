"""run: signals are passed on, and a nacre that is killed takes its container along."""

from __future__ import annotations

import os
import pathlib
import signal

import pytest

from support.containers import IMAGE, WAIT, assert_nothing_runs, container_directories, running, shell
from support.killing import assert_sound, assert_swept
from support.leaks import cgroups, mounts_below
from support.nacre import Nacre


@pytest.fixture(autouse=True)
def image(busybox: str) -> str:
    return busybox


@pytest.mark.one_driver
@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1"])
def test_signals_reach_the_process(nacre: Nacre, name: str) -> None:
    with running(nacre, f"trap 'echo got {name}; exit 9' {name}; {WAIT}", "--rm") as process:
        process.send_signal(getattr(signal, f"SIG{name}"))
        out, err = process.communicate(timeout=60)
        assert (out.decode(), err.decode(), process.returncode) == (f"got {name}\n", "", 9)
    assert container_directories(nacre) == []


def test_a_signal_without_a_handler_ends_a_process_under_init(nacre: Nacre) -> None:
    with running(nacre, WAIT, "--rm", "--init") as process:
        process.terminate()
        assert process.wait(60) == 143
    assert container_directories(nacre) == []
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
def test_a_process_without_a_handler_goes_on(nacre: Nacre) -> None:
    # PID 1 of a namespace ignores SIGTERM by default; nacre must not end before its container does.
    with running(nacre, f"trap 'exit 4' USR1; {WAIT}", "--rm") as process:
        process.terminate()
        process.send_signal(signal.SIGUSR1)
        assert process.wait(60) == 4


def assert_only_stopped(nacre: Nacre, count: int) -> None:
    assert nacre("info").ok().lines[:3] == [f"Containers: {count}", " Running: 0", f" Stopped: {count}"]


@pytest.mark.parametrize("flags, kept", [(["--rm"], 0), ([], 1)], ids=["rm", "kept"])
def test_a_killed_nacre_takes_its_container_along(nacre: Nacre, flags: list[str], kept: int) -> None:
    with running(nacre, f"sleep 1000 & {WAIT}", *flags) as process:
        (container,) = container_directories(nacre)
        assert any(container in name for name in cgroups())
        process.kill()
        process.wait()
        assert_nothing_runs(nacre)
    shell(nacre, "true").ok()  # sweeps what the other could not
    assert len(container_directories(nacre)) == kept
    assert_only_stopped(nacre, kept)
    assert mounts_below(nacre.root) == []
    assert not any(container in name for name in cgroups())
    nacre("rmi", "-f", IMAGE).ok()
    nacre("store", "check").ok()


@pytest.mark.parametrize("seed", range(int(os.environ.get("NACRE_CRASH_ROUNDS", "50")) // 10))
def test_a_nacre_killed_at_any_point_leaves_nothing(nacre: Nacre, seed: int) -> None:
    # From the start of the program to the middle of the process: 0 to 400 ms, spread evenly.
    process = nacre.start("run", "--rm", IMAGE, "sleep", "1000")
    try:
        process.wait(0.01 + 0.4 * (seed * 0.618034 % 1))
    except BaseException as error:
        assert type(error).__name__ == "TimeoutExpired"
    process.kill()
    process.wait()
    assert_nothing_runs(nacre)
    shell(nacre, "true").ok()
    assert container_directories(nacre) == []
    assert mounts_below(nacre.root) == []
    assert_sound(nacre)
    assert_swept(nacre)


@pytest.mark.one_driver
def test_the_whole_group_of_processes_is_killed(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    process = nacre.start("run", "--rm", "-v", f"{tmp_path}:/data", IMAGE, "sh", "-c", f"touch /data/ready; {WAIT}", start_new_session=True)
    while not (tmp_path / "ready").exists():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert_nothing_runs(nacre)
    shell(nacre, "true").ok()
    assert container_directories(nacre) == []

"""Fixtures. A test that asks for `nacre` runs once with each storage driver, in a store of its own, and fails if anything
is left behind when it ends."""

from __future__ import annotations

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from support import archives, leaks, peers
from support.nacre import Nacre, binary

pytest_plugins = ["support.registries"]

DRIVERS = ("erofs", "extract")
MS_RDONLY, MNT_DETACH = 1, 2


# A runner that was started in the background, or by nohup, ignores these, and whatever it starts would, too.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--driver", choices=("both", *DRIVERS), default=os.environ.get("NACRE_DRIVER", "both"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "driver" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("driver")
    if metafunc.definition.get_closest_marker("one_driver"):
        metafunc.parametrize("driver", ["any"], ids=[""])
    else:
        metafunc.parametrize("driver", DRIVERS if chosen == "both" else [chosen])


def pytest_sessionstart(session: pytest.Session) -> None:
    if not binary().exists():
        pytest.exit(f"{binary()} does not exist: ./dev build", returncode=2)
    session.config.stash[CGROUPS_BEFORE] = leaks.cgroups()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """cgroups are looked at when every test is over: those of tests that run side by side cannot be told apart."""
    if hasattr(session.config, "workerinput"):
        return
    left = leaks.cgroups() - session.config.stash[CGROUPS_BEFORE]
    if left:
        print("\nleft behind: " + ", ".join(f"cgroup {name}" for name in sorted(left)))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


CGROUPS_BEFORE = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def erofs_refusal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Why this host does not mount an EROFS image straight from a file; empty where it does. Asks the kernel, not nacre."""
    folder = tmp_path_factory.mktemp("erofs")
    image, source, target = folder / "image", folder / "source", folder / "target"
    source.mkdir()
    target.mkdir()
    subprocess.run(["mkfs.erofs", str(image), str(source)], check=True, capture_output=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(os.fsencode(image), os.fsencode(target), b"erofs", MS_RDONLY, None) != 0:
        return f"mount: {os.strerror(ctypes.get_errno())}"
    libc.umount2(os.fsencode(target), MNT_DETACH)
    return ""


@pytest.fixture
def store_root(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The root of a store, checked for leftovers and removed after the test."""
    root = tmp_path / "store"
    yield root
    left = list(leaks.leaks(root))
    shutil.rmtree(root, ignore_errors=True)
    assert not left, "left behind:\n" + "\n".join(left)


@pytest.fixture
def nacre(store_root: pathlib.Path, driver: str, request: pytest.FixtureRequest) -> Nacre:
    """The binary with an empty store."""
    if driver == "erofs":
        refusal = request.getfixturevalue("erofs_refusal")
        if refusal:
            pytest.skip(f"no EROFS from a file on this host: {refusal}")
    return Nacre(store_root, None if driver == "any" else driver)


@pytest.fixture
def busybox(nacre: Nacre, tmp_path: pathlib.Path) -> str:
    """An image that can run a shell, loaded as busybox:latest."""
    nacre.load(archives.docker_archive(tmp_path / "busybox.tar", archives.busybox_image("busybox:latest")))
    return "busybox:latest"


@pytest.fixture(scope="session")
def shared_images() -> pathlib.Path:
    """A folder of published images, where the machine has one."""
    folder = os.environ.get("NACRE_SHARED_IMAGES")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip("NACRE_SHARED_IMAGES names no folder of published images")
    return pathlib.Path(folder)


@pytest.fixture
def short_path() -> Iterator[pathlib.Path]:
    """A folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="nacre-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def skopeo(tmp_path: pathlib.Path) -> peers.Peer:
    if not shutil.which("skopeo"):
        pytest.skip("skopeo is not installed")
    return peers.skopeo(tmp_path / "skopeo")


@pytest.fixture
def podman(tmp_path: pathlib.Path, short_path: pathlib.Path) -> peers.Peer:
    if not shutil.which("podman"):
        pytest.skip("podman is not installed")
    if os.geteuid() != 0:
        pytest.skip("podman's private root needs root")
    return peers.podman(tmp_path / "podman", short_path)


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Peer]:
    """Debian's docker client, with a daemon of its own."""
    if not peers.DockerDaemon.program() or os.geteuid() != 0:
        pytest.skip("dockerd is not installed, or this is not root")
    with tempfile.TemporaryDirectory(prefix="nacre-") as state:
        daemon = peers.DockerDaemon(tmp_path_factory.mktemp("docker") / "docker", pathlib.Path(state))
        try:
            daemon.wait_until_ready()
            yield daemon.docker
        finally:
            daemon.stop()

"""Commands that are started without standard input, output or error: what they open must not be taken for it."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from support import archives
from support.archives import busybox_image, tiny_image
from support.hostile import assert_whole
from support.nacre import Nacre, Result

pytestmark = pytest.mark.one_driver


def without(nacre: Nacre, closed: str, *arguments: str | os.PathLike[str]) -> Result:
    """Runs a command with a redirection of the shell that closes: "<&-", ">&-", "2>&-"."""
    command = ("sh", "-c", f'exec "$@" {closed}', "sh", *nacre.command(*arguments))
    done = subprocess.run(command, input=b"", capture_output=True, env=nacre.environment, timeout=60, check=False)
    return Result(command, done.returncode, done.stdout, done.stderr)


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    nacre.load(archives.docker_archive(tmp_path / "app.tar", tiny_image("app:1")))
    return nacre


@pytest.mark.parametrize("words", [("load",), ("import", "-", "x:1")], ids=" ".join)
def test_no_standard_input(loaded: Nacre, words: tuple[str, ...]) -> None:
    done = without(loaded, "<&-", *words).fails(1, "bad file descriptor")
    assert done.err.startswith("nacre: ") and done.err.count("\n") == 1, done.err
    assert len(loaded.image_ids()) == 1
    assert_whole(loaded)


@pytest.mark.parametrize(
    "words", [("images",), ("inspect", "app:1"), ("save", "app:1"), ("cat", "app:1:/content"), ("cp", "app:1:/content", "-")], ids=" ".join
)
def test_no_standard_output(loaded: Nacre, words: tuple[str, ...]) -> None:
    """It cannot say what it has to say, and says that."""
    without(loaded, ">&-", *words).fails(1, "bad file descriptor")
    assert_whole(loaded)


def test_nothing_at_all(loaded: Nacre, tmp_path: pathlib.Path) -> None:
    other = archives.docker_archive(tmp_path / "other.tar", tiny_image("other:1", content="other"))
    without(loaded, "<&- >&- 2>&-", "load", "-q", "-i", other)
    assert loaded("cat", "other:1:/content").ok().out == "other"
    without(loaded, "<&- >&- 2>&-", "rmi", "other:1")
    assert len(loaded.image_ids()) == 1
    assert_whole(loaded)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_containers_do_without(nacre: Nacre, tmp_path: pathlib.Path, closed: str) -> None:
    nacre.load(archives.docker_archive(tmp_path / "busybox.tar", busybox_image("busybox:1")))
    done = without(nacre, closed, "run", "--rm", "busybox:1", "sh", "-c", "exit 3")
    assert done.code == 3, done.err
    assert_whole(nacre)

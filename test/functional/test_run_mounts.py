"""run: volumes, mounts, tmpfs, a read-only root."""

from __future__ import annotations

import pathlib

import pytest

from support import archives, tars
from support.containers import IMAGE, assert_nothing_runs, container_directories, shell
from support.nacre import Nacre


@pytest.fixture(autouse=True)
def image(busybox: str) -> str:
    return busybox


@pytest.fixture
def shared(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "file").write_text("from the host\n")
    return folder


def test_a_volume_is_the_hosts_directory(nacre: Nacre, shared: pathlib.Path) -> None:
    assert shell(nacre, "cat /data/file; echo back > /data/answer", "-v", f"{shared}:/data").ok().out == "from the host\n"
    assert (shared / "answer").read_text() == "back\n"
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
@pytest.mark.parametrize("flag, form", [("-v", "{}:/data:ro"), ("--mount", "type=bind,source={},target=/data,readonly")])
def test_read_only_binds(nacre: Nacre, shared: pathlib.Path, flag: str, form: str) -> None:
    result = shell(nacre, "cat /data/file; touch /data/new", flag, form.format(shared)).fails(1, "Read-only file system")
    assert result.out == "from the host\n"
    assert not (shared / "new").exists()


@pytest.mark.one_driver
def test_a_bind_of_a_file(nacre: Nacre, shared: pathlib.Path) -> None:
    flags = ["--mount", f"type=bind,src={shared / 'file'},dst=/etc/passwd"]
    assert nacre("run", "--rm", *flags, IMAGE, "cat", "/etc/passwd").ok().out == "from the host\n"


@pytest.mark.one_driver
def test_v_makes_a_missing_source(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    shell(nacre, "echo x > /data/made", "-v", f"{tmp_path / 'not/there/yet'}:/data").ok()
    assert (tmp_path / "not/there/yet/made").read_text() == "x\n"


@pytest.mark.one_driver
def test_the_same_target_twice(nacre: Nacre, shared: pathlib.Path) -> None:
    nacre("run", "-v", f"{shared}:/a", "-v", f"{shared}:/a", IMAGE, "true").fails(125, "Duplicate mount point: /a".lower())


def test_an_anonymous_volume_starts_as_the_image_has_it_and_goes_with_rm(nacre: Nacre) -> None:
    assert shell(nacre, "stat -c %u:%g . && touch new && ls", "-v", "/home/alice", "-w", "/home/alice").ok().lines == ["1000:1000", "new"]
    assert container_directories(nacre) == []


def test_an_image_as_a_mount(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    members = [tars.folder("docs"), tars.file("docs/page", "of another image")]
    other = archives.Image([tars.make_tar(members)], ["other:1"])
    nacre.load(archives.docker_archive(tmp_path / "other.tar", other))
    flags = ["--mount", "type=image,source=other:1,target=/other"]
    result = shell(nacre, "cat /other/docs/page; touch /other/new", *flags).fails(1, "Read-only file system")
    assert result.out == "of another image"
    below = ["--mount", "type=image,source=other:1,target=/other,image-subpath=docs"]
    assert shell(nacre, "ls /other", *below).ok().out == "page\n"
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
@pytest.mark.parametrize(
    "flags, size",
    [
        (["--tmpfs", "/scratch:size=1m,mode=700"], "1024"),
        (["--mount", "type=tmpfs,target=/scratch,tmpfs-size=1m,tmpfs-mode=0700"], "1024"),
    ],
)
def test_tmpfs(nacre: Nacre, flags: list[str], size: str) -> None:
    script = "grep ' /scratch ' /proc/mounts; stat -c %a /scratch; df -k /scratch | tail -1; echo x > /scratch/file"
    line, mode, free = shell(nacre, script, *flags).ok().lines
    assert line.split()[2] == "tmpfs"
    assert {"nosuid", "nodev", "noexec", "rw"} <= set(line.split()[3].split(","))
    assert mode == "700" and free.split()[1] == size


def test_a_read_only_root(nacre: Nacre, shared: pathlib.Path) -> None:
    flags = ["--read-only", "--tmpfs", "/tmp", "-v", f"{shared}:/data"]
    shell(nacre, "touch /new", *flags).fails(1, "Read-only file system")
    shell(nacre, "touch /tmp/new && touch /data/new && echo > /dev/null && touch /dev/shm/new", *flags).ok()
    assert (shared / "new").exists()


@pytest.mark.one_driver
def test_a_target_through_a_symlink_stays_inside(nacre: Nacre, tmp_path: pathlib.Path, shared: pathlib.Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    trap = archives.busybox_image("trap:1", more=[[tars.symlink("way", f"../../../../../../..{outside}")]])
    nacre.load(archives.docker_archive(tmp_path / "trap.tar", trap))
    result = nacre("run", "--rm", "-v", f"{shared}:/way/in", "trap:1", "ls", f"{outside}/in")
    assert result.ok().out == "file\n"
    nacre("run", "--rm", "-w", "/way/work", "trap:1", "true").fails(125, "cannot mkdir: /way is not a directory")
    assert list(outside.iterdir()) == []

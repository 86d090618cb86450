"""run: the process, its exit status, streams, environment, user and command."""

from __future__ import annotations

import pathlib

import pytest

from support import archives, tars
from support.containers import IMAGE, assert_nothing_runs, container_directories, shell
from support.nacre import Nacre


@pytest.fixture(autouse=True)
def image(busybox: str) -> str:
    return busybox


def load_image(nacre: Nacre, tmp_path: pathlib.Path, *tags: str, more: list[list[tars.Member]] | None = None, **settings) -> None:
    image = archives.busybox_image(*tags, more=more, **settings)
    nacre.load(archives.docker_archive(tmp_path / f"{tags[0].replace(':', '-')}.tar", image))


def test_output_and_status_are_those_of_the_process(nacre: Nacre) -> None:
    result = shell(nacre, "echo out; echo err >&2; exit 42")
    assert (result.code, result.out, result.err) == (42, "out\n", "err\n")
    assert container_directories(nacre) == []
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
@pytest.mark.parametrize("number, status", [(9, 137), (15, 143), (11, 139), (6, 134)])
def test_a_signal_that_ends_the_process_is_128_and_its_number(nacre: Nacre, number: int, status: int) -> None:
    # The first process of a PID namespace ignores what it has no handler for, so an init has to be in its place.
    shell(nacre, f"kill -{number} $$", "--init").fails(status)


@pytest.mark.parametrize("command", ["no-such-command", "/bin/no-such-command", "./nothing"])
def test_a_missing_command_is_127(nacre: Nacre, command: str) -> None:
    nacre("run", "--rm", IMAGE, command).fails(127, command)
    assert container_directories(nacre) == []


@pytest.mark.one_driver
@pytest.mark.parametrize("command", ["/etc/passwd", "/etc"])
def test_a_command_that_cannot_be_invoked_is_126(nacre: Nacre, command: str) -> None:
    nacre("run", "--rm", IMAGE, command).fails(126, command)
    assert container_directories(nacre) == []


@pytest.mark.one_driver
@pytest.mark.parametrize(
    "flags, words",
    [
        (["--no-such-flag"], "no-such-flag"),
        (["-v", "relative:"], "relative:"),
        (["-w", "relative"], "absolute path"),
        (["-u", "nobody-here"], "unable to find user nobody-here: no matching entries in passwd file"),
        (["-u", "root:no-such-group"], "unable to find group no-such-group: no matching entries in group file"),
        (["--cap-add", "FLY"], 'unknown capability: "CAP_FLY"'),
        (["--network", "nowhere"], "network nowhere not found"),
        (["--ulimit", "nofile=2:1"], "ulimit soft limit must be less than or equal to hard limit: 2 > 1"),
        (["--memory", "1k"], "minimum memory limit allowed is 6MB"),
        (["--memory", "much"], "invalid size: 'much'"),
        (["--cpus", "1000000"], "range of CPUs is from 0.01 to"),
        (["--pids-limit", "some"], "invalid syntax"),
        (["--stop-signal", "SIGNOTHING"], "invalid signal: SIGNOTHING"),
        (["--env-file", "/no/such/file"], "/no/such/file"),
        (["--platform", "linux/s390x"], "linux/s390x"),
        (["--mount", "type=bind,src=/no/such/place,dst=/x"], "bind source path does not exist: /no/such/place"),
        (["--mount", "type=nothing,dst=/x"], "mount type unknown"),
        (["--mount", "type=image,src=no-such-image,dst=/x"], "No such image: no-such-image"),
    ],
)
def test_what_nacre_refuses_is_125(nacre: Nacre, flags: list[str], words: str) -> None:
    nacre("run", *flags, IMAGE, "true").fails(125, words)
    assert container_directories(nacre) == []
    assert_nothing_runs(nacre)


@pytest.mark.one_driver
def test_an_image_that_is_not_there_is_125(nacre: Nacre) -> None:
    nacre("run", "no-such-image", "true").fails(125, "no-such-image")


@pytest.mark.one_driver
def test_no_command_is_125(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load_image(nacre, tmp_path, "empty:1", Cmd=None)
    nacre("run", "empty:1").fails(125, "no command specified")


def test_stdin_is_passed_on_to_its_end(nacre: Nacre) -> None:
    data = bytes(range(256)) * 1500
    assert nacre("run", "-i", "--rm", IMAGE, "cat", stdin=data).ok().stdout == data


@pytest.mark.one_driver
def test_without_i_there_is_no_stdin(nacre: Nacre) -> None:
    assert nacre("run", "--rm", IMAGE, "wc", "-c", stdin=b"not for the container").ok().out.strip() == "0"


@pytest.mark.one_driver
def test_a_process_that_does_not_read_its_stdin_ends_the_run(nacre: Nacre) -> None:
    nacre("run", "-i", "--rm", IMAGE, "true", stdin=bytes(1 << 20)).ok()


@pytest.mark.one_driver
def test_much_output_arrives_whole(nacre: Nacre) -> None:
    result = shell(nacre, "dd if=/dev/zero bs=65536 count=80 2>/dev/null; dd if=/dev/zero bs=65536 count=10 >&2 2>/dev/null")
    assert (len(result.ok().stdout), len(result.stderr)) == (80 * 65536, 10 * 65536)


@pytest.mark.one_driver
def test_the_environment(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load_image(nacre, tmp_path, "env:1", Env=["PATH=/bin", "KEPT=image", "REPLACED=image", "DROPPED=image"])
    env_file = tmp_path / "env"
    env_file.write_text("# a comment\n\nFROM_FILE=a b = c\nBOTH=file\nTAKEN\nUNSET_HERE\n")
    flags = ["-e", "REPLACED=flag", "-e", "DROPPED", "-e", "BOTH=flag", "-e", "HOST", "-e", "EMPTY=", "--env-file", str(env_file)]
    result = nacre("run", "--rm", "--hostname", "box", *flags, "env:1", "env", environment={"HOST": "value", "TAKEN": "taken"})
    assert dict(line.split("=", 1) for line in result.ok().lines) == {
        "PATH": "/bin",
        "HOSTNAME": "box",
        "HOME": "/root",
        "KEPT": "image",
        "REPLACED": "flag",
        "FROM_FILE": "a b = c",
        "BOTH": "flag",
        "TAKEN": "taken",
        "HOST": "value",
        "EMPTY": "",
    }


@pytest.mark.one_driver
@pytest.mark.parametrize("content, words", [("A B=1\n", "contains whitespaces"), ("=1\n", "no variable name on line"), ("A=\xff\n", "utf8")])
def test_a_bad_env_file(nacre: Nacre, tmp_path: pathlib.Path, content: str, words: str) -> None:
    (tmp_path / "env").write_bytes(content.encode("latin-1"))
    nacre("run", "--env-file", tmp_path / "env", IMAGE, "true").fails(125, words)


def test_the_working_directory_is_made(nacre: Nacre) -> None:
    assert shell(nacre, "pwd; stat -c %u:%a .", "-w", "/deep/new/place").ok().lines == ["/deep/new/place", "0:755"]


def test_the_image_says_where_and_as_whom(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    load_image(nacre, tmp_path, "app:1", WorkingDir="/home/alice", User="alice", Entrypoint=["echo", "I"], Cmd=["am"])
    assert nacre("run", "--rm", "app:1").ok().out == "I am\n"
    assert nacre("run", "--rm", "app:1", "was").ok().out == "I was\n"
    assert nacre("run", "--rm", "--entrypoint", "pwd", "app:1").ok().out == "/home/alice\n"
    assert nacre("run", "--rm", "--entrypoint", "id", "app:1", "-u").ok().out == "1000\n"
    assert nacre("run", "--rm", "--entrypoint", "", "app:1", "id", "-un").ok().out == "alice\n"


def test_the_image_of_another_layer_has_the_tables(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    passwd = tars.file("etc/passwd", "bob:x:77:88:Bob:/var/bob:/bin/sh\n")
    load_image(nacre, tmp_path, "more:1", more=[[passwd, tars.file("etc/group", "team:x:99:bob\n")]])
    result = nacre("run", "--rm", "-u", "bob", "more:1", "sh", "-c", "id -u; id -g; id -G; echo $HOME")
    assert result.ok().lines == ["77", "88", "88 99", "/var/bob"]
    nacre("run", "--rm", "-u", "alice", "more:1", "true").fails(125, "unable to find user alice")


@pytest.mark.one_driver
@pytest.mark.parametrize(
    "user, ids",
    [
        ("alice", ["1000", "1000", "1000 50", "/home/alice"]),
        ("1000", ["1000", "1000", "1000 50", "/home/alice"]),
        ("alice:staff", ["1000", "50", "50", "/home/alice"]),
        ("1234", ["1234", "0", "0", "/"]),
        ("1234:4321", ["1234", "4321", "4321", "/"]),
        ("root", ["0", "0", "0", "/root"]),
    ],
)
def test_users(nacre: Nacre, user: str, ids: list[str]) -> None:
    assert shell(nacre, "id -u; id -g; id -G; echo $HOME", "-u", user).ok().lines == ids


@pytest.mark.one_driver
def test_a_name_belongs_to_one_container(nacre: Nacre) -> None:
    nacre("run", "--name", "mine", IMAGE, "true").ok()
    nacre("run", "--name", "mine", IMAGE, "true").fails(125, '"/mine" is already in use by container')
    nacre("run", "--rm", "--name", "other", IMAGE, "true").ok()
    nacre("run", "--rm", "--name", "other", IMAGE, "true").ok()
    nacre("run", "--name", "not/valid", IMAGE, "true").fails(125, "invalid container name (not/valid), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    assert len(container_directories(nacre)) == 1


def test_rm_removes_and_without_it_the_container_is_kept(nacre: Nacre) -> None:
    shell(nacre, "echo data > /file").ok()
    assert container_directories(nacre) == []
    nacre("run", IMAGE, "sh", "-c", "echo data > /file; exit 3").fails(3)
    (kept,) = container_directories(nacre)
    assert (nacre.root / "containers" / kept / "upper/file").read_text() == "data\n"
    assert nacre("info").ok().lines[:3] == ["Containers: 1", " Running: 0", " Stopped: 1"]
    assert_nothing_runs(nacre)


def test_a_container_does_not_change_its_image(nacre: Nacre) -> None:
    shell(nacre, "echo changed > /etc/passwd; rm -r /home; echo new > /new").ok()
    assert shell(nacre, "cat /etc/passwd; ls /home; test -e /new").fails(1).lines[0].startswith("root:x:0:0")
    nacre("store", "check").ok()


@pytest.mark.one_driver
def test_an_image_of_a_foreign_platform_is_warned_about(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    foreign = archives.busybox_image("foreign:1")
    foreign.architecture = "s390x"
    nacre.load(archives.docker_archive(tmp_path / "foreign.tar", foreign))
    warned = nacre("run", "--rm", "foreign:1", "echo", "runs").ok()
    assert warned.out == "runs\n"
    assert warned.err.startswith("WARNING: The requested image's platform (linux/s390x) does not match the detected host platform")
    assert nacre("run", "--rm", "--platform", "linux/s390x", "foreign:1", "true").ok().err == ""


def test_containers_run_side_by_side(nacre: Nacre) -> None:
    processes = [nacre.start("run", "--rm", IMAGE, "sh", "-c", f"sleep 0.2; exit {number}") for number in range(10, 16)]
    assert [process.wait(120) for process in processes] == list(range(10, 16))
    assert container_directories(nacre) == []

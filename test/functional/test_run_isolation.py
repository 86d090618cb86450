"""run: what a container may do and see: capabilities, seccomp, devices, paths, network, names, limits."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest

from support.containers import IMAGE, WAIT, container_directories, running, shell
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

# Bits of include/uapi/linux/capability.h
DOCKER_DEFAULTS = {
    "chown": 0, "dac_override": 1, "fowner": 3, "fsetid": 4, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8,
    "net_bind_service": 10, "net_raw": 13, "sys_chroot": 18, "mknod": 27, "audit_write": 29, "setfcap": 31,
}  # fmt: skip
DEFAULT = sum(1 << bit for bit in DOCKER_DEFAULTS.values())
NET_ADMIN, NET_RAW, CHOWN = 1 << 12, 1 << 13, 1 << 0


@pytest.fixture(autouse=True)
def image(busybox: str) -> str:
    return busybox


def status_of(nacre: Nacre, *flags: str) -> dict[str, str]:
    lines = nacre("run", "--rm", *flags, IMAGE, "cat", "/proc/self/status").ok().lines
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def all_capabilities() -> int:
    return (1 << (int(pathlib.Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1)) - 1


def test_the_default_is_dockers_14_capabilities_with_seccomp(nacre: Nacre) -> None:
    status = status_of(nacre)
    assert len(DOCKER_DEFAULTS) == 14
    assert [int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")] == [DEFAULT] * 3
    assert [int(status[name], 16) for name in ("CapInh", "CapAmb")] == [0, 0]
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "0"


def test_a_user_has_no_capabilities(nacre: Nacre) -> None:
    status = status_of(nacre, "-u", "alice")
    assert (int(status["CapEff"], 16), int(status["CapBnd"], 16)) == (0, DEFAULT)


@pytest.mark.parametrize(
    "flags, expected",
    [
        (["--cap-add", "NET_ADMIN"], DEFAULT | NET_ADMIN),
        (["--cap-add", "cap_net_admin", "--cap-drop", "net_raw"], (DEFAULT | NET_ADMIN) & ~NET_RAW),
        (["--cap-drop", "ALL"], 0),
        (["--cap-drop", "all", "--cap-add", "CHOWN"], CHOWN),
    ],
)
def test_capabilities_are_added_and_dropped(nacre: Nacre, flags: list[str], expected: int) -> None:
    assert int(status_of(nacre, *flags)["CapEff"], 16) == expected


def test_all_capabilities_but_one(nacre: Nacre) -> None:
    mine = int(next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if "CapBnd" in line).split()[1], 16)
    found = int(status_of(nacre, "--cap-add", "ALL", "--cap-drop", "NET_RAW")["CapEff"], 16)
    assert found == all_capabilities() & mine & ~NET_RAW


def test_what_capabilities_allow(nacre: Nacre) -> None:
    shell(nacre, "mount -t tmpfs none /tmp").fails(1)
    shell(nacre, "mount -t tmpfs none /tmp", "--cap-add", "SYS_ADMIN").ok()
    shell(nacre, "chown alice /tmp", "--cap-drop", "CHOWN").fails(1, "not permitted")


def test_privileged(nacre: Nacre) -> None:
    status = status_of(nacre, "--privileged")
    assert status["Seccomp"] == "0"
    assert int(status["CapEff"], 16) & NET_ADMIN
    assert shell(nacre, "test -r /dev/kmsg && mount -t tmpfs none /tmp && grep -c ' /proc/sys ' /proc/mounts", "--privileged").out == "0\n"


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts"])
def test_masked_files_are_empty(nacre: Nacre, path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"this kernel has no {path}")
    assert shell(nacre, f"wc -c < {path}").ok().out.strip() == "0"


@pytest.mark.parametrize("path", ["/proc/acpi", "/proc/scsi", "/sys/firmware"])
def test_masked_directories_are_empty(nacre: Nacre, path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"this kernel has no {path}")
    assert shell(nacre, f"ls -A {path}; touch {path}/new").fails(1).out == ""


@pytest.mark.parametrize("path", ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/sys/kernel/uevent_seqnum"])
def test_the_kernels_settings_cannot_be_written(nacre: Nacre, path: str) -> None:
    result = shell(nacre, f"echo x > {path}")
    assert result.code != 0
    assert "Read-only file system" in result.err or "can't create" in result.err, result.err


def test_dev_has_what_every_container_has_and_nothing_of_the_host(nacre: Nacre) -> None:
    script = "ls /dev; stat -c %t:%T:%a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; readlink /dev/fd; readlink /dev/ptmx"
    lines = shell(nacre, script).ok().lines
    names = "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero".split()
    assert [name for name in lines[: len(names)] if name != "core"] == names
    assert lines[len(names) :] == ["1:3:666", "1:5:666", "1:7:666", "1:8:666", "1:9:666", "5:0:666", "/proc/self/fd", "pts/ptmx"]
    shell(nacre, "echo x > /dev/null && head -c 1 /dev/zero > /dev/shm/x && test -c /dev/pts/ptmx").ok()


def test_devices_of_the_host_cannot_be_opened(nacre: Nacre) -> None:
    # mknod is allowed, as it is with docker; the device cgroup refuses to open what was made.
    shell(nacre, "busybox mknod /disk b 7 0 && head -c 1 /disk").fails(1, "not permitted")


def test_namespaces_are_its_own(nacre: Nacre) -> None:
    names = ("pid", "mnt", "uts", "ipc", "net")
    inside = shell(nacre, f"cd /proc/self/ns; for n in {' '.join(names)}; do readlink $n; done").ok().lines
    assert not set(inside) & {os.readlink(f"/proc/self/ns/{name}") for name in names}


def test_network_none_is_the_default(nacre: Nacre) -> None:
    for flags in ([], ["--network", "none"]):
        assert shell(nacre, "ls /sys/class/net; cat /sys/class/net/lo/flags", *flags).ok().lines == ["lo", "0x9"]


def test_network_host(nacre: Nacre) -> None:
    result = shell(nacre, "readlink /proc/self/ns/net; cat /etc/hosts", "--network", "host").ok()
    assert result.lines[0] == os.readlink("/proc/self/ns/net")
    assert "\n".join(result.lines[1:]) == pathlib.Path("/etc/hosts").read_text().rstrip("\n")


def test_hostname(nacre: Nacre) -> None:
    script = "hostname; cat /etc/hostname; echo $HOSTNAME; head -1 /etc/hosts"
    assert shell(nacre, script, "--hostname", "box").ok().lines == ["box", "box", "box", "127.0.0.1\tlocalhost"]
    with running(nacre, f"hostname > /name; {WAIT}") as process:
        (container,) = container_directories(nacre)
        assert (nacre.root / "containers" / container / "upper/name").read_text().strip() == container[:12]
        process.kill()


def test_init_is_the_first_process(nacre: Nacre) -> None:
    if not any(shutil.which(name) for name in ("tini-static", "catatonit", "docker-init", "tini")):
        pytest.skip("no init program on this host")
    assert shell(nacre, "echo $$").ok().out == "1\n"
    result = shell(nacre, "echo $$; cat /proc/1/comm; exit 5", "--init").fails(5)
    assert result.lines[0] != "1" and result.lines[1] != "sh"


def test_ulimits(nacre: Nacre) -> None:
    flags = ["--ulimit", "nofile=100:200", "--ulimit", "core=0"]
    assert shell(nacre, "ulimit -Sn; ulimit -Hn; ulimit -c", *flags).ok().lines == ["100", "200", "0"]


def read_cgroup(nacre: Nacre, v1: str, v2: str, *flags: str) -> list[str]:
    """What a container's own cgroup says, whichever version the host has."""
    result = shell(nacre, f"cat /sys/fs/cgroup/{v1} 2>/dev/null || cat /sys/fs/cgroup/{v2}", *flags).ok()
    if "Limitation discarded" in result.err:
        pytest.skip(f"this host cannot limit it: {result.err}")
    return result.out.split()


def test_memory(nacre: Nacre) -> None:
    assert read_cgroup(nacre, "memory/memory.limit_in_bytes", "memory.max", "--memory", "32m") == [str(32 << 20)]


def test_a_process_over_its_memory_limit_is_killed(nacre: Nacre) -> None:
    read_cgroup(nacre, "memory/memory.limit_in_bytes", "memory.max", "--memory", "32m")
    shell(nacre, "dd if=/dev/zero of=/dev/null bs=200M count=1", "--memory", "32m").fails(137)


def test_cpus(nacre: Nacre) -> None:
    quota = read_cgroup(nacre, "cpu/cpu.cfs_quota_us", "cpu.max", "--cpus", "0.5")
    assert quota[0] == "50000"


def test_pids_limit(nacre: Nacre) -> None:
    assert read_cgroup(nacre, "pids/pids.max", "pids.max", "--pids-limit", "7") == ["7"]
    script = "for n in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait"
    result = shell(nacre, script, "--pids-limit", "7")
    assert "can't fork" in result.err
    assert read_cgroup(nacre, "pids/pids.max", "pids.max", "--pids-limit", "-1") == ["max"]

"""A disk whose plug can be pulled: an ext4 file system on a loop device that forgets what was never synced."""

from __future__ import annotations

import fcntl
import os
import pathlib
import struct
import subprocess

from support.leaks import processes_of, wait_until_none

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32). Linux: include/uapi/linux/ext4.h
NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: neither dirty data nor the journal in memory is written any more


class NoSuchDisk(Exception):
    """This host cannot make one."""


class Disk:
    """Mounted until it is removed; the plug can be pulled any number of times."""

    def __init__(self, folder: pathlib.Path, size: int, options: str) -> None:
        self.point = folder / "disk"
        self._image = folder / "disk.img"
        self._options = ",".join(("loop", options)) if options else "loop"
        self.point.mkdir()
        with self._image.open("wb") as image:
            image.truncate(size)
        self._run("mkfs.ext4", "-q", str(self._image))
        self._mount()

    @staticmethod
    def _run(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoSuchDisk(f"{' '.join(command)}: {done.stderr.strip()}")

    def _mount(self) -> None:
        self._run("mount", "-o", self._options, str(self._image), str(self.point))

    def pull_the_plug(self) -> None:
        """From here on every access fails, and what has not reached the disk never will."""
        folder = os.open(self.point, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        except OSError as error:
            raise NoSuchDisk(f"EXT4_IOC_SHUTDOWN: {error.strerror}") from error
        finally:
            os.close(folder)

    def switch_on(self) -> None:
        """Mounts what is left. The journal is replayed, as after any power cut."""
        self.unmount()
        self._mount()

    def unmount(self) -> None:
        """Once nobody works there: a process of ours that removes trash in the background ends at its next access."""
        if os.path.ismount(self.point):
            left = wait_until_none(lambda: processes_of(self.point))
            assert not left, f"still at work after the power cut: {left}"
            # The last of them may be a moment from letting go of what it had open.
            left = wait_until_none(self._umount)
            assert not left, left
            # A process in a mount namespace of its own may have it for a moment longer; mounted again, it would be as dead.
            left = wait_until_none(self._devices)
            assert not left, f"still mounted somewhere: {left}"

    def _umount(self) -> list[str]:
        """What umount complains about."""
        return subprocess.run(["umount", str(self.point)], capture_output=True, text=True, check=False).stderr.splitlines()

    def _devices(self) -> list[str]:
        """Loop devices of the image: they go with its last mount."""
        return subprocess.run(["losetup", "-j", str(self._image)], capture_output=True, text=True, check=True).stdout.splitlines()

    def remove(self) -> None:
        self.unmount()
        self._image.unlink()

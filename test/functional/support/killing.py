"""Kills commands at points that differ from round to round and are the same in every run of the tests."""

from __future__ import annotations

import os
import random
import subprocess
import time

from support.leaks import unfinished_work, wait_until_none
from support.nacre import Nacre

ROUNDS = int(os.environ.get("NACRE_CRASH_ROUNDS", "25"))


def delays(seed: str, rounds: int, longest: float) -> list[float]:
    """Seconds, in random order, one from each of `rounds` equal parts of the time up to `longest`."""
    dice = random.Random(seed)
    parts = [(part + dice.random()) * longest / rounds for part in range(rounds)]
    dice.shuffle(parts)
    return parts


def seconds_of(nacre: Nacre, *command: str) -> float:
    """How long a command takes here and now, so that kills fall within it. A measure to aim with, no assertion."""
    start = time.monotonic()
    nacre(*command).ok()
    return time.monotonic() - start


def kill_after(nacre: Nacre, delay: float, *command: str) -> bool:
    """Starts the command and kills it after `delay` seconds. False: it was faster."""
    process = nacre.start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(delay)
        return False
    except subprocess.TimeoutExpired:
        return True
    finally:
        process.kill()
        process.wait()


def assert_sound(nacre: Nacre) -> None:
    """Every byte is read and nothing is wrong: what the dead left is no damage."""
    result = nacre("store", "check")
    assert result.code == 0 and "nothing wrong" in result.out, result.out + result.err


def assert_swept(nacre: Nacre) -> None:
    """After a removal nothing is left of those that were killed."""
    nacre("image", "prune", "-f").ok()
    left = wait_until_none(lambda: unfinished_work(nacre.root))
    assert not left, f"not swept: {left}"
    assert list((nacre.root / "leases").iterdir()) == []

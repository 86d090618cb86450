"""Does the program start, and does it say what it is?"""

from __future__ import annotations

import re

import pytest

from support.nacre import Nacre

pytestmark = pytest.mark.one_driver


def test_version_names_the_program(nacre: Nacre) -> None:
    assert re.fullmatch(r"nacre version \d+\.\d+\.\d+.*\n", nacre("--version").ok().out, re.IGNORECASE)


def test_help_lists_the_commands(nacre: Nacre) -> None:
    text = nacre("--help").ok().out
    for command in ("load", "save", "images", "inspect", "history", "run", "tag", "rmi"):
        assert re.search(rf"^\s+{command}\b", text, re.MULTILINE), f"--help does not list {command}"


def test_an_unknown_command_is_an_error(nacre: Nacre) -> None:
    nacre("lode").fails(1, "lode")


def test_saying_what_it_is_makes_no_store(nacre: Nacre) -> None:
    nacre("--version").ok()
    nacre("--help").ok()
    assert not nacre.root.exists()

"""Help, usage errors, completion and man pages."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

COMMANDS = ("load save import images inspect history tag rmi run info version ls cat cp diff completion".split()
            + ["image prune", "image ls", "image rm", "image inspect", "system df", "system info", "store check"])  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(nacre: Nacre, command: str) -> None:
    words = command.split()
    text = nacre(*words, "--help").ok().out
    assert text.startswith("Usage:  nacre ")
    assert nacre("help", *words).ok().out == text
    assert max(map(len, text.splitlines())) <= 110
    done = nacre(*words, "--no-such-flag").fails(125, "unknown flag: --no-such-flag", "Usage:  nacre ", "--help")
    assert done.out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("load x", "'nacre load' accepts no arguments"),
        ("save", "'nacre save' requires at least 1 argument"),
        ("images a b", "'nacre images' requires at most 1 argument"),
        ("history", "'nacre history' requires 1 argument"),
        ("history a b", "'nacre history' requires 1 argument"),
        ("tag a", "'nacre tag' requires 2 arguments"),
        ("rmi", "'nacre rmi' requires at least 1 argument"),
        ("inspect", "'nacre inspect' requires at least 1 argument"),
        ("cp a:/b", "'nacre cp' requires 2 arguments"),
        ("diff a", "'nacre diff' requires 2 arguments"),
        ("image nope", "unknown command: nacre image nope"),
        ("nope", "unknown command: nacre nope"),
    ],
)
def test_arguments_are_counted(nacre: Nacre, words: str, said: str) -> None:
    nacre(*words.split()).fails(1, said, "--help")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-x images", "unknown shorthand flag: 'x' in -x"),
        ("images -qz", "unknown shorthand flag: 'z' in -z"),
        ("load -i", "flag needs an argument: 'i' in -i"),
        ("load --input", "flag needs an argument: --input"),
        ("images --quiet=maybe", 'invalid argument "maybe" for "-q, --quiet" flag'),
        ("images --filter x", "bad format of filter (expected name=value)"),
    ],
)
def test_wrong_flags(nacre: Nacre, words: str, said: str) -> None:
    nacre(*words.split()).fails(125, said)


@pytest.mark.parametrize("words", ["images -aq", "images --quiet=true -a=1", "images -q -- x", "images x -q"])
def test_flags_in_every_form(nacre: Nacre, words: str) -> None:
    assert nacre(*words.split()).ok().out == ""


def test_groups_list_their_commands(nacre: Nacre) -> None:
    for group in ("image", "system", "store"):
        text = nacre(group).ok().out
        assert text.startswith(f"Usage:  nacre {group} COMMAND") and text == nacre(group, "--help").ok().out
    assert nacre().ok().out == nacre("--help").ok().out == nacre("help").ok().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_scripts(nacre: Nacre, shell: str) -> None:
    script = nacre("completion", shell).ok().stdout
    assert b"images" in script and b"no-trunc" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, check=True, timeout=60)
    nacre("completion", "tcsh").fails(1, "bash, zsh or fish")


def test_bash_completes(nacre: Nacre) -> None:
    script = nacre("completion", "bash").ok().out + """
COMP_WORDS=(nacre imp) COMP_CWORD=1 COMP_LINE='nacre imp' COMP_POINT=9
$(complete -p nacre | sed 's/.*-F \\([^ ]*\\) .*/\\1/') nacre imp nacre
echo "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash"], input=script, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["import"]


def test_man_pages(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre("manual", tmp_path / "man").ok()
    pages = {page.name for page in (tmp_path / "man").rglob("*.1")}
    assert {"nacre.1", "nacre-load.1", "nacre-image-prune.1", "nacre-system-df.1"} <= pages
    if shutil.which("mandoc"):
        for page in (tmp_path / "man").rglob("*.1"):
            subprocess.run(["mandoc", "-T", "lint", "-W", "error", page], check=True, timeout=60)

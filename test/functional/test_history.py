"""history: every row that made files names its layer."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from support import archives, tars
from support.archives import Image
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

LAYERS = [tars.make_tar([tars.file("a", "x" * 10)]), tars.make_tar([tars.file("b", "x" * 2_000)])]
STEPS = [
    {"created": "2024-01-01T00:00:00Z", "created_by": "ADD rootfs / # buildkit", "comment": "first"},
    {"created": "2024-01-02T00:00:00Z", "created_by": 'CMD ["sh"]', "empty_layer": True},
    {"created": "2024-01-03T00:00:00Z", "created_by": "RUN make " + "y" * 80},
    {"created": "2024-01-04T00:00:00Z", "created_by": "ENV A=b", "empty_layer": True},
]


@pytest.fixture
def loaded(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image(LAYERS, ["app:1"], history=STEPS)))
    return nacre


def test_rows_map_to_layers(loaded: Nacre) -> None:
    rows = loaded("history", "--no-trunc", "--format", "{{.Layer}}|{{.Size}}|{{.CreatedBy}}", "app:1").ok().lines
    digests = [row.split("|")[0] for row in rows]
    assert (digests[1], digests[3]) == (tars.sha256(LAYERS[1]), tars.sha256(LAYERS[0]))
    assert [row.split("|")[1] for row in rows] == ["0B", "2kB", "0B", "10B"]
    assert rows[0].endswith("|ENV A=b")


def test_only_empty_rows_are_missing(loaded: Nacre) -> None:
    ids = loaded("history", "-q", "--no-trunc", "app:1").ok().lines
    assert ids[0] == loaded.inspect("app:1")["Id"]
    assert ids[1] == tars.sha256(LAYERS[1])
    assert ids[2] == "<missing>"
    assert ids[3] == tars.sha256(LAYERS[0])


def test_the_table_is_docker_s(loaded: Nacre) -> None:
    lines = loaded("history", "app:1").ok().lines
    assert lines[0].split() == ["IMAGE", "CREATED", "CREATED", "BY", "SIZE", "COMMENT"]
    assert len(lines) == 5
    assert "RUN make " + "y" * 35 + "…" in lines[2]
    assert lines[4].endswith("first")
    assert "y" * 80 in loaded("history", "--no-trunc", "app:1").ok().out


def test_dates_and_bytes_for_programs(loaded: Nacre) -> None:
    rows = loaded("history", "-H=false", "--format", "{{.CreatedAt}} {{.CreatedSince}} {{.Size}}", "app:1").ok().lines
    assert rows[1] == "2024-01-03T00:00:00Z 2024-01-03T00:00:00Z 2000"


def test_json(loaded: Nacre) -> None:
    row = json.loads(loaded("history", "--format", "json", "app:1").ok().lines[-1])
    assert (row["Comment"], row["CreatedBy"]) == ("first", "ADD rootfs / # buildkit")
    assert {"ID", "CreatedAt", "CreatedSince", "Size"} <= set(row)


def test_an_image_without_history(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image(LAYERS, ["app:1"], history=[])))
    digests = nacre("history", "--no-trunc", "--format", "{{.Layer}}", "app:1").ok().lines
    assert digests == [tars.sha256(layer) for layer in reversed(LAYERS)]


def read_terminal(descriptor: int) -> bytes:
    """Some bytes; none when nobody has the other end open, which Linux reports as EIO."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""


def test_what_an_image_says_cannot_steer_the_terminal(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    step = {"created": "2024-01-01T00:00:00Z", "created_by": "RUN \x1b[2J\x1b]0;title\x07"}
    nacre.load(archives.docker_archive(tmp_path / "image.tar", Image(LAYERS[:1], ["app:1"], history=[step])))
    assert b"\x1b[2J" in nacre("history", "app:1").ok().stdout  # a program gets what there is
    ours, theirs = os.openpty()
    with nacre.start("history", "app:1", stdout=theirs) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
        assert process.wait() == 0
    os.close(ours)
    assert b"RUN" in shown
    assert b"\x1b" not in shown and b"\x07" not in shown

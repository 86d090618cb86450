"""images: columns, filters, order and formats, as docker has them."""

from __future__ import annotations

import json
import pathlib

import pytest

from support import archives
from support.archives import Image, tiny_image
from support.nacre import Nacre
from support.tars import file, make_tar

pytestmark = pytest.mark.one_driver


def made(name: str, day: int, **labels: str) -> Image:
    layer = make_tar([file("name", name or "none")])
    settings = {"Labels": labels} if labels else {}
    return Image([layer], [name] if name else [], settings, created=f"2024-01-{day:02}T00:00:00Z")


@pytest.fixture
def stocked(nacre: Nacre, tmp_path: pathlib.Path) -> Nacre:
    images = [made("old:1", 1, tier="back"), made("mid/app:2", 2, tier="front", x=""), made("", 3), made("new:1", 4)]
    nacre.load(archives.docker_archive(tmp_path / "images.tar", *images))
    return nacre


def names(nacre: Nacre, *flags: str) -> list[str]:
    return nacre("images", "--format", "{{.Repository}}:{{.Tag}}", *flags).ok().lines


ALL = ["new:1", "<none>:<none>", "mid/app:2", "old:1"]


def test_newest_first_in_docker_s_columns(stocked: Nacre) -> None:
    lines = stocked("images").ok().lines
    assert lines[0].split("  ")[0] == "REPOSITORY"
    assert lines[0].split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]
    assert [line.split()[0] for line in lines[1:]] == ["new", "<none>", "mid/app", "old"]
    assert stocked("image", "ls").ok().out == stocked("images").ok().out == stocked("image", "list").ok().out


def test_an_empty_store_has_a_header_only(nacre: Nacre) -> None:
    assert nacre("images").ok().out == "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n"
    assert nacre("images", "-q").ok().out == ""
    assert nacre("images", "--format", "json").ok().out == ""


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["-f", "dangling=true"], ALL[1:2]),
        (["-f", "dangling=false"], [ALL[0], *ALL[2:]]),
        (["-f", "label=tier"], ALL[2:]),
        (["-f", "label=tier=back"], ALL[3:]),
        (["-f", "label=tier", "-f", "label=x"], ALL[2:3]),
        (["-f", "label=none"], []),
        (["-f", "before=mid/app:2"], ALL[3:]),
        (["-f", "since=mid/app:2"], ALL[:2]),
        (["-f", "since=old:1", "-f", "before=new:1"], ALL[1:3]),
        (["-f", "until=2024-01-02T12:00:00Z"], ALL[2:]),
        (["-f", "until=1h"], ALL),
        (["-f", "reference=old"], ALL[3:]),
        (["-f", "reference=*:1"], [ALL[0], ALL[3]]),
        (["-f", "reference=*/*"], ALL[2:3]),
        (["-f", "reference=old", "-f", "reference=new"], [ALL[0], ALL[3]]),
        (["old"], ALL[3:]),
        (["old:1"], ALL[3:]),
        (["old:2"], []),
        (["mid/*"], ALL[2:3]),
    ],
)
def test_filters(stocked: Nacre, flags: list[str], expected: list[str]) -> None:
    assert names(stocked, *flags) == expected


def test_ids_short_and_whole(stocked: Nacre) -> None:
    whole = stocked("images", "-q", "--no-trunc").ok().lines
    assert stocked("images", "-q").ok().lines == [archives.hex_of(digest)[:12] for digest in whole]
    assert whole[0] == made("new:1", 4).image_id
    assert stocked("images", "--no-trunc", "--format", "{{.ID}}").ok().lines == whole


def test_a_line_for_each_name(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    nacre.load(archives.docker_archive(tmp_path / "a.tar", tiny_image("a:1", "a:2", "b:1")))
    assert names(nacre) == ["a:1", "a:2", "b:1"]
    assert names(nacre, "a") == ["a:1", "a:2"]
    assert len(nacre("images", "-q").ok().lines) == 3


def test_digests_have_a_column(stocked: Nacre) -> None:
    assert stocked("images", "--digests").ok().lines[0].split()[:3] == ["REPOSITORY", "TAG", "DIGEST"]


def test_json_has_docker_s_fields(stocked: Nacre) -> None:
    rows = [json.loads(line) for line in stocked("images", "--format", "json").ok().lines]
    assert [row["Repository"] for row in rows] == ["new", "<none>", "mid/app", "old"]
    docker_s = {"Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "SharedSize", "Size", "Tag",
                "UniqueSize", "VirtualSize"}
    assert docker_s <= set(rows[0])
    assert rows[0]["CreatedAt"] == "2024-01-04 00:00:00 +0000 UTC"


def test_table_templates_have_headers(stocked: Nacre) -> None:
    assert stocked("images", "--format", "table {{.Tag}}\\t{{.Repository}}", "old").ok().lines == [
        "TAG       REPOSITORY",
        "1         old",
    ]


@pytest.mark.parametrize(
    ("until", "newest"),
    [("2024-01-04", "<none>"), ("2024-01-04T06", "new"), ("2024-01-04T05:31", "new"), ("2024-01-04T05:29Z", "new"),
     ("1704326400.5", "new"), ("1704326399.5", "<none>")],
)  # fmt: skip
def test_until_is_in_the_local_zone(stocked: Nacre, until: str, newest: str) -> None:
    zone = {"TZ": "XXX-05:30"}  # five and a half hours ahead of UTC
    said = stocked("images", "--format", "{{.Repository}}", "--filter", f"until={until}", environment=zone).ok().lines
    assert said[0] == newest


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("nope=1", 1, "invalid filter 'nope'"),
        ("dangling=maybe", 1, "invalid filter 'dangling=[maybe]'"),
        ("before=missing", 1, "No such image: missing:latest"),
        ("until=soon", 1, "soon"),
        ("dangling", 125, "bad format of filter (expected name=value)"),
    ],
)
def test_wrong_filters(stocked: Nacre, text: str, code: int, words: str) -> None:
    stocked("images", "--filter", text).fails(code, words)

"""Documents that are no JSON, too much of it, or the wrong one: manifest.json, index.json, manifests and configs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support import archives, tars
from support.archives import Image
from support.hostile import MEMORY, assert_one_line, assert_whole, kept, packed, refused, within  # noqa: F401 (kept is a fixture)
from support.nacre import Nacre
from support.tars import file, make_tar

pytestmark = pytest.mark.one_driver

SAMPLE = Image([make_tar([file("content", "sample")])], ["bad:1"])
LAYOUT = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
DEEP = b'{"a":' * 100_000
JSON = {
    "empty": b"",
    "text": b"not json",
    "number": b"7",
    "null": b"null",
    "list": b"[]",
    "list of numbers": b"[1]",
    "object": b"{}",
    "deep list": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep object": DEEP,
    "wrong types": b'[{"Config":1,"RepoTags":2,"Layers":3}]',
    "layers of numbers": b'[{"Config":"c.json","RepoTags":null,"Layers":[1]}]',
    "bad UTF-8": b'[{"Config":"\xff\xfe"}]',
    "two documents": b"[][]",
    "a NUL byte": b'[{"Config":"c.json\0"}]',
    "half a surrogate": b'[{"Config":"\\ud800"}]',
    "a comment": b"[/* */]",
    "a trailing comma": b"[{},]",
    "not a number": b"[NaN]",
    "huge": b'[{"Config":"' + b"x" * 40_000_000 + b'"}]',
    "many values": b"[" + b"0," * 3_000_000 + b"0]",
}


@pytest.mark.parametrize("document", JSON.values(), ids=JSON.keys())
@pytest.mark.parametrize("others", [{}, LAYOUT], ids=["manifest.json", "index.json"])
def test_lists_of_images_that_are_none(kept: Nacre, others: dict[str, bytes], document: bytes) -> None:
    name = "index.json" if others else "manifest.json"
    done = assert_one_line(within(kept, MEMORY, "load", stdin=packed(others | {name: document})).fails(1, name))
    assert len(done.err) < 1000  # says what is wrong without repeating it


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "etc/../../../etc/passwd"])
def test_paths_lead_nowhere_but_into_the_archive(kept: Nacre, path: str) -> None:
    for listed in ([{"Config": path, "Layers": []}], [{"Config": "c.json", "Layers": [path]}]):
        data = docker_members(SAMPLE.config(), json.dumps(listed))
        refused(kept, data, "the archive has no", "etc/passwd")


def test_an_index_of_nothing(kept: Nacre) -> None:
    refused(kept, packed(LAYOUT | {"index.json": b'{"schemaVersion":2,"manifests":[]}'}), "index.json")


def docker_members(config: bytes, manifest: str = "") -> bytes:
    listed = manifest or '[{"Config":"c.json","RepoTags":["bad:1"],"Layers":["l.tar"]}]'
    return packed({"c.json": config, "l.tar": SAMPLE.layers[0], "manifest.json": listed.encode()})


@pytest.mark.parametrize("config", [b"", b"[]", b"null", DEEP, b'{"rootfs":[]}', b'{"config":7,"rootfs":{"diff_ids":[]}}'], ids=len)
def test_configs_that_are_none(kept: Nacre, config: bytes) -> None:
    refused(kept, docker_members(config), "c.json")


# --- one field of the wrong type: Go's decoder refuses each of these, and docker and containerd with it ---

Path = tuple[str | int, ...]
FIELDS: list[tuple[Path, object]] = [
    *(((field,), value) for field in ("architecture", "os", "created", "author") for value in (7, [], {})),
    (("created",), "yesterday"),
    *((("config",), value) for value in (7, [], "text")),
    *((("config", field), 7) for field in ("User", "Env", "Cmd", "Entrypoint", "Labels", "Volumes", "ExposedPorts", "WorkingDir")),
    *((("config", field), {"a": 1}) for field in ("User", "Env", "WorkingDir", "StopSignal")),
    (("config", "Env"), [7]),
    (("config", "Cmd"), [["sh"]]),
    (("config", "Labels"), {"a": 7}),
    (("config", "Labels"), ["a"]),
    (("config", "Volumes"), ["/data"]),
    *((("rootfs",), value) for value in (7, [], "text")),
    (("rootfs", "diff_ids"), [[]]),
    (("history",), 7),
    (("history",), {"created_by": "me"}),
    (("history",), [7]),
    (("history",), [{"created_by": 7}]),
    (("history",), [{"empty_layer": "yes"}]),
    (("history",), [{"created": "yesterday"}]),
]


def changed(document: dict[str, Any], path: Path, value: object) -> bytes:
    inner: Any = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return json.dumps(document).encode()


def label(value: object) -> str:
    return ".".join(map(str, value)) if isinstance(value, tuple) else json.dumps(value)


@pytest.mark.parametrize(("path", "value"), FIELDS, ids=label)
def test_configs_with_a_field_of_the_wrong_type(kept: Nacre, path: Path, value: object) -> None:
    refused(kept, docker_members(changed(json.loads(SAMPLE.config()), path, value)), "c.json", str(path[-1]))


def field_of(path: Path) -> str:
    return str([step for step in path if isinstance(step, str)][-1])


def layout_of(manifest: bytes, change_index: Callable[[dict[str, Any]], None] = lambda index: None) -> bytes:
    """SAMPLE as an OCI layout with another manifest."""
    members = archives.oci_members(SAMPLE)
    old = json.loads(members["index.json"])["manifests"][0]["digest"]
    del members[f"blobs/sha256/{archives.hex_of(old)}"]
    index = {"schemaVersion": 2, "manifests": [archives.descriptor(archives.OCI_MANIFEST, manifest)]}
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "bad:1"}
    change_index(index)
    named = {f"blobs/sha256/{archives.hex_of(tars.sha256(manifest))}": manifest, "index.json": json.dumps(index).encode()}
    return packed(members | named)


def manifest_of_sample() -> dict[str, Any]:
    members = archives.oci_members(SAMPLE)
    digest = json.loads(members["index.json"])["manifests"][0]["digest"]
    return json.loads(members[f"blobs/sha256/{archives.hex_of(digest)}"])


NUMBERS = (-1, "5", 2**63, 1.5)
DIGESTS = (7, "", "sha256:", "sha256:" + "g" * 64, "sha256:" + "0" * 63, "md5:" + "0" * 32, "../../../etc/passwd", None)
MANIFEST_FIELDS: list[tuple[Path, object]] = [
    *((("config",), value) for value in (7, [], None, {})),
    *((("layers",), value) for value in (7, {}, [7], [[]], [{}])),
    *(((*where, "size"), value) for where in (("config",), ("layers", 0)) for value in NUMBERS),
    *(((*where, "digest"), value) for where in (("config",), ("layers", 0)) for value in DIGESTS),
    *(((*where, "mediaType"), 7) for where in ((), ("config",), ("layers", 0))),
    (("annotations",), []),
    (("annotations",), {"a": 7}),
    (("schemaVersion",), "2"),
]


@pytest.mark.parametrize(("path", "value"), MANIFEST_FIELDS, ids=label)
def test_manifests_with_a_field_of_the_wrong_type(kept: Nacre, path: Path, value: object) -> None:
    refused(kept, layout_of(changed(manifest_of_sample(), path, value)), field_of(path))


@pytest.mark.parametrize(("path", "value"), [
    *((("manifests",), value) for value in (7, {}, [7], [[]], [{}])),
    *((("manifests", 0, "size"), value) for value in NUMBERS),
    *((("manifests", 0, "digest"), value) for value in DIGESTS),
    (("manifests", 0, "mediaType"), 7),
    (("manifests", 0, "annotations"), {"org.opencontainers.image.ref.name": 7}),
    (("manifests", 0, "platform"), 7),
    (("manifests", 0, "platform"), {"architecture": 7, "os": "linux"}),
    (("schemaVersion",), "2"),
], ids=label)  # fmt: skip
def test_indexes_with_a_field_of_the_wrong_type(kept: Nacre, path: Path, value: object) -> None:
    manifest = json.dumps(manifest_of_sample()).encode()
    refused(kept, layout_of(manifest, lambda index: index.update(json.loads(changed(index, path, value)))), "index.json", field_of(path))


def test_the_manifest_that_the_others_are_made_of_is_right(nacre: Nacre) -> None:
    nacre("load", stdin=layout_of(json.dumps(manifest_of_sample()).encode())).ok()
    assert nacre("cat", "bad:1:/content").ok().out == "sample"


# --- a key twice: the last one counts, as Go's decoder has it ---


def twice(document: bytes | str, key: str, first: object) -> str:
    """The document with another value for a key of its first object, before the right one."""
    text = document.decode() if isinstance(document, bytes) else document
    assert json.dumps(key) + ":" in text.replace(": ", ":")
    return text.replace("{", "{" + f"{json.dumps(key)}:{json.dumps(first)},", 1)


def wrong_at_last(document: bytes | str, key: str, last: object) -> str:
    text = document.decode() if isinstance(document, bytes) else document
    end = text.rindex("}")
    return text[:end] + f",{json.dumps(key)}:{json.dumps(last)}" + text[end:]


ZERO = "sha256:" + "0" * 64
LISTED = '[{"Config":"c.json","RepoTags":["bad:1"],"Layers":["l.tar"]}]'


@pytest.mark.parametrize(("key", "wrong"), [("Config", "other.json"), ("Layers", ["other.tar"]), ("Layers", [])], ids=label)
def test_a_key_twice_in_manifest_json(nacre: Nacre, key: str, wrong: object) -> None:
    refused(nacre, docker_members(SAMPLE.config(), wrong_at_last(LISTED, key, wrong)))
    nacre("load", stdin=docker_members(SAMPLE.config(), twice(LISTED, key, wrong))).ok()
    assert nacre("cat", "bad:1:/content").ok().out == "sample"
    assert_whole(nacre)


def test_the_tags_twice_in_manifest_json(nacre: Nacre) -> None:
    nacre("load", stdin=docker_members(SAMPLE.config(), twice(LISTED, "RepoTags", ["first:1"]))).ok()
    assert nacre("images", "--format", "{{.Repository}}:{{.Tag}}").ok().lines == ["bad:1"]


@pytest.mark.parametrize("diff_ids", [[], [ZERO], [*SAMPLE.diff_ids(), ZERO]], ids=len)
def test_a_key_twice_in_a_config(nacre: Nacre, diff_ids: list[str]) -> None:
    wrong = {"type": "layers", "diff_ids": diff_ids}
    refused(nacre, docker_members(wrong_at_last(SAMPLE.config(), "rootfs", wrong).encode()))
    config = twice(SAMPLE.config(), "rootfs", wrong).encode()
    nacre("load", stdin=docker_members(config)).ok()
    assert nacre("cat", "bad:1:/content").ok().out == "sample"
    assert nacre.image_ids() == [tars.sha256(config)]  # the bytes as they came
    assert_whole(nacre)


@pytest.mark.parametrize("key", ["manifests", "layers"])
def test_a_key_twice_in_an_oci_layout(nacre: Nacre, key: str) -> None:
    manifest = json.dumps(manifest_of_sample())
    if key == "layers":
        refused(nacre, layout_of(wrong_at_last(manifest, key, []).encode()))
        nacre("load", stdin=layout_of(twice(manifest, key, []).encode())).ok()
    else:
        members = archives.oci_members(SAMPLE)
        index = members["index.json"]
        refused(nacre, packed(members | {"index.json": wrong_at_last(index, key, []).encode()}))
        nacre("load", stdin=packed(members | {"index.json": twice(index, key, []).encode()})).ok()
    assert nacre("cat", "bad:1:/content").ok().out == "sample"
    assert_whole(nacre)

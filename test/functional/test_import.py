"""import: a tar of a root file system becomes an image."""

from __future__ import annotations

import functools
import http.server
import pathlib
import threading

import pytest

from support import tars
from support.nacre import Nacre

pytestmark = pytest.mark.one_driver

ROOT = tars.make_tar([tars.folder("etc"), tars.file("etc/name", "imported")])


@pytest.mark.parametrize("compression", [None, *tars.COMPRESSIONS])
def test_any_compression(nacre: Nacre, tmp_path: pathlib.Path, compression: str) -> None:
    (tmp_path / "root").write_bytes(tars.compress(ROOT, compression))
    said = nacre("import", tmp_path / "root", "base:1").ok().out
    assert said.strip() == nacre.inspect("base:1")["Id"]
    assert nacre("cat", "base:1:/etc/name").ok().out == "imported"
    assert nacre.inspect("base:1")["RootFS"]["Layers"] == [tars.sha256(ROOT)]


def test_standard_input_and_no_name(nacre: Nacre) -> None:
    image = nacre("import", "-", stdin=ROOT).ok().out.strip()
    assert nacre.image_ids() == [image]
    assert nacre.inspect(image)["RepoTags"] == []


def test_changes_message_and_platform(nacre: Nacre) -> None:
    changes = ['CMD ["sh", "-c", "x y"]', "ENV A=b C='d e'", "USER alice", "WORKDIR /etc", "EXPOSE 80 53/udp",
               "LABEL k=v", "VOLUME /data", "ENTRYPOINT run me", "STOPSIGNAL SIGINT"]
    flags = [word for change in changes for word in ("-c", change)]
    nacre("import", *flags, "-m", "by hand", "--platform", "linux/arm64", "-", "base:1", stdin=ROOT).ok()
    image = nacre.inspect("base:1")
    config = image["Config"]
    assert config["Cmd"] is None or config["Cmd"] == ["sh", "-c", "x y"]
    assert {"A=b", "C=d e"} <= set(config["Env"])
    assert (config["User"], config["WorkingDir"], config["StopSignal"]) == ("alice", "/etc", "SIGINT")
    assert config["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}
    assert (config["Labels"], config["Volumes"]) == ({"k": "v"}, {"/data": {}})
    assert config["Entrypoint"] == ["/bin/sh", "-c", "run me"]
    assert (image["Comment"], image["Architecture"]) == ("by hand", "arm64")
    assert nacre("history", "--format", "{{.Comment}}", "base:1").ok().out == "by hand\n"


def test_a_url(nacre: Nacre, tmp_path: pathlib.Path) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    (tmp_path / "root.tar").write_bytes(ROOT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        nacre("import", f"{base}/root.tar", "web:1").ok()
        assert nacre("cat", "web:1:/etc/name").ok().out == "imported"
        nacre("import", f"{base}/missing.tar").fails(1, "nacre: ", "404")
    finally:
        server.shutdown()
        server.server_close()
    assert len(nacre.image_ids()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/missing"], "no such file or directory"),
        (["-", "BAD"], "must be lowercase"),
        (["-c", "RUN ls", "-"], "RUN"),
        (["-c", "FROM x", "-"], "FROM"),
        (["-c", "NOPE", "-"], "NOPE"),
        (["--platform", "a/b/c/d", "-"], "a/b/c/d"),
        (["-", "app@sha256:" + "0" * 64], "nacre: "),
    ],
)
def test_what_is_wrong_is_said(nacre: Nacre, arguments: list[str], words: str) -> None:
    nacre("import", *arguments, stdin=ROOT).fails(1, "nacre: ", words)
    assert nacre.image_ids() == []


@pytest.mark.parametrize("data", [b"garbage" * 1000, ROOT[:700], tars.compress(ROOT, tars.GZIP)[:60]])
def test_what_is_no_tar_is_refused(nacre: Nacre, data: bytes) -> None:
    nacre("import", "-", stdin=data).fails(1, "nacre: ")
    assert nacre.image_ids() == []

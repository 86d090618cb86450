"""The helpers are tools of judgement, so they are judged too, by programs that are not ours."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from support import archives, leaks, tars
from support.archives import Image, busybox_image
from support.peers import Peer

MAKERS = {
    "docker-archive": archives.docker_archive,
    "oci-archive": archives.oci_archive,
    "oci": archives.oci_layout,
}


@pytest.mark.parametrize("transport", MAKERS)
def test_skopeo_reads_our_archives(transport: str, skopeo: Peer, tmp_path: pathlib.Path) -> None:
    image = busybox_image("example.test/app:1", more=[[tars.whiteout("etc/group"), tars.file("new", "x")]], User="alice")
    path = MAKERS[transport](tmp_path / "image", image)
    config = json.loads(skopeo("inspect", "--config", "--raw", f"{transport}:{path}"))
    assert config["rootfs"]["diff_ids"] == image.diff_ids()
    assert config["config"]["User"] == "alice"


def test_podman_loads_the_legacy_layout(podman: Peer, tmp_path: pathlib.Path) -> None:
    image = busybox_image("example.test/app:1")
    podman("load", "-q", "-i", archives.legacy_docker_archive(tmp_path / "image.tar", image))
    assert podman("images", "-q", "--no-trunc").strip() == image.image_id


@pytest.mark.parametrize("compression", tars.COMPRESSIONS)
def test_compressed_archives_hold_the_same_bytes(compression: str, tmp_path: pathlib.Path) -> None:
    image = Image([tars.make_tar([tars.file("a", "b")])], ["a:1"])
    plain = archives.docker_archive(tmp_path / "plain", image).read_bytes()
    packed = archives.docker_archive(tmp_path / "packed", image, compression=compression)
    tool = {"gzip": "gzip", "zstd": "zstd", "xz": "xz", "bzip2": "bzip2"}[compression]
    assert subprocess.run([tool, "-dc"], input=packed.read_bytes(), capture_output=True, check=True).stdout == plain


def test_gnu_tar_extracts_our_layers(tmp_path: pathlib.Path) -> None:
    members = [tars.folder("d", 0o750), tars.file("d/f", "text", 0o640), tars.symlink("d/l", "f"), tars.hard_link("d/h", "d/f")]
    (tmp_path / "layer.tar").write_bytes(tars.make_tar(members))
    subprocess.run(["tar", "-xf", "layer.tar"], cwd=tmp_path, check=True)
    assert (tmp_path / "d/h").samefile(tmp_path / "d/f")
    assert (tmp_path / "d/l").read_text() == "text"
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o750


def test_a_process_left_behind_is_noticed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE", 0)
    program = "import time; print('up', flush=True); time.sleep(60)"
    sleeper = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "store")], stdout=subprocess.PIPE)
    try:
        assert sleeper.stdout and sleeper.stdout.readline() == b"up\n"  # before, its command line may not be there yet
        assert any("sleep" in words for words in leaks.processes_of(tmp_path / "store"))
        assert any(leak.startswith("process:") for leak in leaks.leaks(tmp_path / "store"))
    finally:
        sleeper.kill()
        sleeper.wait()


def test_unfinished_work_is_noticed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE", 0)
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest/half").touch()
    assert list(leaks.leaks(tmp_path)) == [f"unfinished: {tmp_path}/ingest/half"]

"""Makes the images that are measured, from the files of the Debian packages this machine has installed.

The same packages give the same images. They are kept in a cache folder; the recipe's version is part of their names.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator

RECIPE = 1
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large the images are to be: at least so many bytes and files."""

    big_bytes: int
    big_files: int
    stack_layers: int
    stack_bytes: int
    tiny_images: int


FULL = Sizes(big_bytes=1_600_000_000, big_files=32_000, stack_layers=20, stack_bytes=600_000_000, tiny_images=1_000)
QUICK = Sizes(big_bytes=40_000_000, big_files=1_000, stack_layers=5, stack_bytes=20_000_000, tiny_images=20)


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer on disk: the tar, and what is known about it."""

    path: pathlib.Path
    diff_id: str
    size: int


@dataclasses.dataclass(frozen=True)
class Image:
    """An archive that every tool can load, and what is in it."""

    archive: pathlib.Path
    image_id: str
    blob_bytes: int
    unpacked_bytes: int
    files: int
    layers: int


def file_digest(path: pathlib.Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def installed_packages() -> list[str]:
    """Names of installed packages in an order that mixes large and small ones, and is the same every time."""
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${binary:Package}\n"], check=True, capture_output=True, text=True
    ).stdout
    names = [line.split()[1] for line in listing.splitlines() if line.startswith("installed ")]
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())


def package_files(package: str) -> Iterator[tuple[str, int]]:
    """Paths (without the leading slash) and sizes of what a package has installed below /usr; directories have size -1."""
    listing = pathlib.Path(f"/var/lib/dpkg/info/{package}.list")
    if not listing.exists():
        return
    for line in listing.read_text().splitlines():
        path = pathlib.Path(line)
        if not line.startswith("/usr/"):
            continue
        if path.is_symlink():
            yield line[1:], 0
        elif path.is_dir():
            yield line[1:], -1
        elif path.is_file() and path.stat().st_size < 200_000_000:
            yield line[1:], path.stat().st_size


class Picker:
    """Hands out installed packages' files, package by package, until there are enough of them."""

    def __init__(self) -> None:
        self._packages = iter(installed_packages())

    def take(self, least_bytes: int, least_files: int) -> tuple[list[str], int, int]:
        """Paths of whole packages: at least so many bytes and regular files, and not much more of either."""
        paths: dict[str, None] = {}
        total, files = 0, 0
        for package in self._packages:
            found = list(package_files(package))
            size = sum(max(length, 0) for _, length in found)
            count = sum(length >= 0 for _, length in found)
            if total + size > least_bytes * 1.1 and size > count * 20_000:
                continue
            paths.update((path, None) for path, _ in found)
            total, files = total + size, files + count
            if total >= least_bytes and files >= least_files:
                break
        return list(paths), total, files


def write_layer(target: pathlib.Path, paths: Iterable[str]) -> Layer:
    """A layer of the machine's own files, owned by root, with the times they have."""
    names = "\0".join(sorted(paths)).encode() + b"\0"
    command = "tar --create --directory=/ --format=gnu --hard-dereference --numeric-owner --owner=0 --group=0"
    names_on_stdin = "--no-recursion --null --files-from=-"
    subprocess.run([*command.split(), f"--file={target}", *names_on_stdin.split()], input=names, check=True)
    return Layer(target, file_digest(target), target.stat().st_size)


def write_tiny_layer(target: pathlib.Path, name: str, content: bytes) -> Layer:
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        add_bytes(tar, name, content)
    return Layer(target, file_digest(target), target.stat().st_size)


def write_busybox_layer(target: pathlib.Path) -> Layer:
    busybox = shutil.which("busybox") or "/bin/busybox"
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for folder in ("bin", "etc", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        add_bytes(tar, "bin/busybox", pathlib.Path(busybox).read_bytes(), 0o755)
        for applet in ("sh", "true", "cat", "ls"):
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return Layer(target, file_digest(target), target.stat().st_size)


def image_config(layers: Iterable[Layer], label: str) -> bytes:
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-01-01T00:00:00Z",
        "config": {"Cmd": ["/bin/true"], "Env": ["PATH=/usr/bin:/bin"], "Labels": {"bench": label}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.diff_id}" for layer in layers]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"bench {label}"} for _ in layers],
    }
    return json.dumps(config).encode()


def add_bytes(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def write_docker_archive(target: pathlib.Path, images: list[tuple[str, list[Layer]]]) -> list[str]:
    """A docker-archive with plain layers, one entry for each (tag, layers); returns the image IDs."""
    manifest, ids = [], []
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        written: set[str] = set()
        for tag, layers in images:
            config = image_config(layers, tag)
            ids.append(hashlib.sha256(config).hexdigest())
            add_bytes(tar, f"{ids[-1]}.json", config)
            for layer in layers:
                if layer.diff_id not in written:
                    tar.add(layer.path, f"{layer.diff_id}.tar")
                    written.add(layer.diff_id)
            names = [f"{layer.diff_id}.tar" for layer in layers]
            manifest.append({"Config": f"{ids[-1]}.json", "RepoTags": [tag], "Layers": names})
        add_bytes(tar, "manifest.json", json.dumps(manifest).encode())
    return ids


def descriptor(media_type: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def write_gzip_archive(target: pathlib.Path, tag: str, layers: list[Layer], scratch: pathlib.Path) -> tuple[str, int]:
    """An OCI layout with gzip layers that also has docker's manifest.json, so that every tool reads the same file.

    Returns the image ID and the bytes of the compressed layers.
    """
    config = image_config(layers, tag)
    config_id = hashlib.sha256(config).hexdigest()
    blobs = []
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for layer in layers:
            compressed = scratch / "layer.gz"
            with compressed.open("wb") as stream:
                subprocess.run(["gzip", "-6", "-n", "-c", str(layer.path)], stdout=stream, check=True)
            blobs.append((file_digest(compressed), compressed.stat().st_size))
            tar.add(compressed, f"blobs/sha256/{blobs[-1][0]}")
            compressed.unlink()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": descriptor(OCI_CONFIG, config_id, len(config)),
                "layers": [descriptor(OCI_LAYER_GZIP, digest, size) for digest, size in blobs],
            }
        ).encode()
        manifest_id = hashlib.sha256(manifest).hexdigest()
        entry = descriptor(OCI_MANIFEST, manifest_id, len(manifest))
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag, "io.containerd.image.name": tag}
        legacy = {"Config": f"blobs/sha256/{config_id}", "RepoTags": [tag]}
        legacy["Layers"] = [f"blobs/sha256/{digest}" for digest, _ in blobs]  # type: ignore[assignment]
        add_bytes(tar, f"blobs/sha256/{config_id}", config)
        add_bytes(tar, f"blobs/sha256/{manifest_id}", manifest)
        add_bytes(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
        add_bytes(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add_bytes(tar, "manifest.json", json.dumps([legacy]).encode())
    return config_id, sum(size for _, size in blobs)


def make_big(folder: pathlib.Path, sizes: Sizes, picker: Picker) -> dict[str, Image]:
    paths, _, files = picker.take(sizes.big_bytes, sizes.big_files)
    layer = write_layer(folder / "layer.tar", paths)
    plain, compressed = folder / "big.tar", folder / "big-gzip.tar"
    plain_id = write_docker_archive(plain, [("bench.test/big:plain", [layer])])[0]
    gzip_id, gzip_bytes = write_gzip_archive(compressed, "bench.test/big:gzip", [layer], folder)
    layer.path.unlink()
    return {
        "big": Image(plain, plain_id, layer.size, layer.size, files, 1),
        "big-gzip": Image(compressed, gzip_id, gzip_bytes, layer.size, files, 1),
    }


def make_stack(folder: pathlib.Path, sizes: Sizes, picker: Picker) -> dict[str, Image]:
    layers, files = [], 0
    for number in range(sizes.stack_layers):
        paths, _, count = picker.take(sizes.stack_bytes // sizes.stack_layers, 200)
        layers.append(write_layer(folder / f"layer{number}.tar", paths))
        files += count
    archive, total = folder / "stack.tar", sum(layer.size for layer in layers)
    image_id = write_docker_archive(archive, [("bench.test/stack:1", layers)])[0]
    for layer in layers:
        layer.path.unlink()
    return {"stack": Image(archive, image_id, total, total, files, len(layers))}


def make_small(folder: pathlib.Path, sizes: Sizes) -> dict[str, Image]:
    busybox = write_busybox_layer(folder / "busybox.tar.layer")
    run_id = write_docker_archive(folder / "run.tar", [("bench.test/run:1", [busybox])])[0]
    images = []
    for number in range(sizes.tiny_images):
        layer = write_tiny_layer(folder / f"tiny{number}.layer", f"file{number}", str(number).encode())
        images.append((f"bench.test/tiny{number}:1", [layer]))
    ids = write_docker_archive(folder / "tiny.tar", images)
    for leftover in folder.glob("*.layer"):
        leftover.unlink()
    tiny_bytes = sum(layers[0].size for _, layers in images)
    return {
        "run": Image(folder / "run.tar", run_id, busybox.size, busybox.size, 5, 1),
        "tiny": Image(folder / "tiny.tar", ids[0], tiny_bytes, tiny_bytes, sizes.tiny_images, sizes.tiny_images),
    }


def load_cached(record: pathlib.Path) -> dict[str, Image] | None:
    if not record.exists():
        return None
    known = json.loads(record.read_text())
    images = {name: Image(**{**facts, "archive": pathlib.Path(facts["archive"])}) for name, facts in known.items()}
    return images if all(image.archive.exists() for image in images.values()) else None


def make_images(cache: pathlib.Path, sizes: Sizes) -> dict[str, Image]:
    """All images by name: big, big-gzip, stack, run, tiny. Takes them from the cache where they are there."""
    recipe = hashlib.sha256(repr((RECIPE, sizes)).encode()).hexdigest()[:12]
    folder = cache / recipe
    record = folder / "images.json"
    cached = load_cached(record)
    if cached:
        return cached
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    picker = Picker()
    images = make_big(folder, sizes, picker) | make_stack(folder, sizes, picker) | make_small(folder, sizes)
    facts = {name: {**dataclasses.asdict(image), "archive": os.fspath(image.archive)} for name, image in images.items()}
    record.write_text(json.dumps(facts, indent=2))
    return images

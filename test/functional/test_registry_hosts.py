"""Where registries are reached: certificates, mirrors, and files of other programs that say so."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from support import archives, faults
from support.archives import Image
from support.certificates import Authority
from support.nacre import Nacre
from support.registries import Registry, StartProxy, StartRegistry
from support.wire_server import ALWAYS

pytestmark = [pytest.mark.one_driver, pytest.mark.usefixtures("home")]


@pytest.fixture
def image() -> Image:
    return archives.busybox_image("app:1")


def trust(home: pathlib.Path, registry: Registry, client: bool = False) -> pathlib.Path:
    """What docker users write for a registry with an authority of its own."""
    assert registry.options.authority
    folder = home / ".config/containers/certs.d" / registry.address
    return registry.options.authority.trust_folder(folder, registry.options.client if client else None)


def test_an_authority_that_is_known(nacre: Nacre, home: pathlib.Path, tls_registry: Registry, image: Image) -> None:
    tls_registry.push_image("app", "1", image)
    trust(home, tls_registry)
    nacre("pull", "-q", f"{tls_registry.address}/app:1").ok()


def test_a_server_that_is_not_who_it_says(
    nacre: Nacre, home: pathlib.Path, tmp_path: pathlib.Path, tls_registry: Registry, image: Image
) -> None:
    tls_registry.push_image("app", "1", image)
    folder = trust(home, tls_registry)
    stranger = Authority(tmp_path / "stranger", "somebody else")
    shutil.copy(stranger.path, folder / "ca.crt")
    nacre("pull", f"{tls_registry.address}/app:1").fails(1, "certificate")


def test_a_certificate_that_has_expired(
    nacre: Nacre, home: pathlib.Path, authority: Authority, start_proxy: StartProxy, registry: Registry, image: Image
) -> None:
    registry.push_image("app", "1", image)
    proxy = start_proxy(registry, tls=authority.expired())
    authority.trust_folder(home / ".config/nacre/certs.d" / proxy.address)
    nacre("pull", f"{proxy.address}/app:1").fails(1, "expired")


def test_a_registry_that_wants_our_certificate(
    nacre: Nacre, home: pathlib.Path, mutual_tls_registry: Registry, image: Image
) -> None:
    name = f"{mutual_tls_registry.address}/app:1"
    mutual_tls_registry.push_image("app", "1", image)
    trust(home, mutual_tls_registry)
    nacre("pull", name).fails(1, "certificate")
    trust(home, mutual_tls_registry, client=True)
    nacre("pull", "-q", name).ok()
    nacre("tag", name, f"{mutual_tls_registry.address}/back:2").ok()
    nacre("push", f"{mutual_tls_registry.address}/back:2").ok()
    assert mutual_tls_registry.tags("back") == ["2"]


def test_a_bundle_that_the_environment_names(nacre: Nacre, home: pathlib.Path, tls_registry: Registry, image: Image) -> None:
    tls_registry.push_image("app", "1", image)
    assert tls_registry.options.authority
    (home / ".config/nacre").mkdir(parents=True)
    (home / ".config/nacre/config.toml").write_text(f'[[registry]]\nname = "{tls_registry.address}"\ninsecure = false\n')
    nacre("pull", f"{tls_registry.address}/app:1").fails(1, "certificate")
    bundle = {"SSL_CERT_FILE": str(tls_registry.options.authority.path)}
    nacre("pull", "-q", f"{tls_registry.address}/app:1", environment=bundle).ok()


def test_a_pull_through_mirror(
    nacre: Nacre, home: pathlib.Path, registry: Registry, mirror: Registry, image: Image
) -> None:
    """Of a registry that nacre itself never reaches."""
    made = registry.push_image("team/app", "1", image)
    folder = home / ".config/nacre/certs.d/far.example"
    folder.mkdir(parents=True)
    (folder / "hosts.toml").write_text(f'[host."{mirror.url}"]\ncapabilities = ["pull", "resolve"]\n')
    pulled = nacre("pull", "far.example/team/app:1").ok()
    assert f"Digest: {made.digest}" in pulled.lines
    registry.stop()
    nacre("rmi", "far.example/team/app:1").ok()
    nacre("pull", "-q", f"far.example/team/app@{made.digest}").ok()  # the mirror has it by now


def test_a_mirror_of_registries_conf(
    nacre: Nacre, home: pathlib.Path, registry: Registry, mirror: Registry, image: Image
) -> None:
    registry.push_image("team/app", "1", image)
    (home / ".config/containers").mkdir(parents=True)
    (home / ".config/containers/registries.conf").write_text(
        f'[[registry]]\nprefix = "far.example/team"\nlocation = "{registry.address}/team"\ninsecure = true\n'
        f'[[registry.mirror]]\nlocation = "{mirror.address}/team"\ninsecure = true\n'
    )
    nacre("pull", "-q", "far.example/team/app:1").ok()
    assert mirror.requests("GET", "/v2/team/app/manifests/1")
    mirror.stop()
    nacre("rmi", "far.example/team/app:1").ok()
    nacre("pull", "-q", "far.example/team/app:1").ok()


def test_what_is_pushed_goes_to_the_registry_itself(
    nacre: Nacre, home: pathlib.Path, registry: Registry, start_registry: StartRegistry, busybox: str
) -> None:
    cache = start_registry()
    (home / ".config/nacre").mkdir(parents=True)
    (home / ".config/nacre/config.toml").write_text(f'[[registry]]\nname = "{registry.address}"\nmirrors = ["{cache.url}"]\n')
    nacre("tag", busybox, f"{registry.address}/app:1").ok()
    nacre("push", f"{registry.address}/app:1").ok()
    assert registry.tags("app") == ["1"]
    assert cache.tags("app") == []


def test_a_mirror_with_something_else_under_the_digest(
    nacre: Nacre, home: pathlib.Path, registry: Registry, start_proxy: StartProxy, image: Image
) -> None:
    """A blob that a mirror spoils is taken from the registry itself."""
    made = registry.push_image("app", "1", image)
    liar = start_proxy(registry)
    liar.add(faults.flip(100), method="GET", path=f"/blobs/{made.layers[0]}", times=ALWAYS)
    (home / ".config/nacre").mkdir(parents=True)
    (home / ".config/nacre/config.toml").write_text(f'[[registry]]\nname = "{registry.address}"\nmirrors = ["{liar.url}"]\n')
    nacre("pull", "-q", f"{registry.address}/app:1").ok()
    assert len(liar.of("GET", f"/blobs/{made.layers[0]}")) == 1
    nacre("store", "check").ok()


def test_proxies(nacre: Nacre, home: pathlib.Path, registry: Registry, start_proxy: StartProxy, image: Image) -> None:
    """A plain proxy is sent whole URLs; the loopback is asked without one unless told otherwise."""
    made = registry.push_image("app", "1", image)
    (home / ".config/nacre").mkdir(parents=True)
    (home / ".config/nacre/config.toml").write_text('[[registry]]\nname = "far.example"\nmirrors = ["http://far.example"]\n')
    between = start_proxy(registry)
    environment = {"http_proxy": between.url, "https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    nacre("pull", "-q", "far.example/app:1", environment=environment).ok()
    assert between.of("GET", f"http://far.example/v2/app/blobs/{made.layers[0]}")

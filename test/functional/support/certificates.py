"""A certificate authority for the length of a test run, made by openssl."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import shutil
import ssl
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
NAMES = ("localhost", "127.0.0.1")


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate and its key, both PEM files."""

    certificate: pathlib.Path
    key: pathlib.Path


class Authority:
    """Issues certificates. A second one, of another name, is an authority that nobody trusts."""

    def __init__(self, folder: pathlib.Path, name: str = "nacre test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count(1)
        self.root = self._make("authority", name, ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"))

    @property
    def path(self) -> pathlib.Path:
        """What a client must trust."""
        return self.root.certificate

    def _files(self, name: str) -> Certificate:
        """Where to put a new one: what was given out before is never written over."""
        number = next(self._numbers)
        return Certificate(self._folder / f"{name}-{number}.crt", self._folder / f"{name}-{number}.key")

    def _make(self, file: str, common_name: str, extensions: tuple[str, ...], *options: str) -> Certificate:
        made = self._files(file)
        places = ("-out", str(made.certificate), "-keyout", str(made.key))
        extra = [word for extension in extensions for word in ("-addext", extension)]
        openssl("req", "-x509", *KEY, "-subj", f"/CN={common_name}", "-days", "2", *places, *extra, *options)
        return made

    def _issue(self, file: str, common_name: str, *extensions: str) -> Certificate:
        signer = ("-CA", str(self.root.certificate), "-CAkey", str(self.root.key))
        return self._make(file, common_name, ("basicConstraints=critical,CA:FALSE", *extensions), *signer)

    def server(self, *names: str) -> Certificate:
        """A server's certificate for host names and addresses; for this machine's loopback, unless told otherwise."""
        names = names or NAMES
        alternatives = ",".join(f"{'IP' if name[-1].isdigit() else 'DNS'}:{name}" for name in names)
        return self._issue(f"server-{names[0]}", names[0], f"subjectAltName={alternatives}", "extendedKeyUsage=serverAuth")

    def client(self, name: str = "alice") -> Certificate:
        return self._issue(f"client-{name}", name, "extendedKeyUsage=clientAuth")

    def expired(self) -> Certificate:
        """A server's certificate that was good until yesterday."""
        good = self.server()
        made = Certificate(self._files("expired").certificate, good.key)
        request = openssl("x509", "-x509toreq", "-in", str(good.certificate), "-signkey", str(good.key), "-copy_extensions", "copyall")
        signer = ("-CA", str(self.root.certificate), "-CAkey", str(self.root.key), "-copy_extensions", "copyall")
        openssl("x509", "-req", *signer, "-days", "-1", "-out", str(made.certificate), stdin=request)
        return made

    def context(self, client: Certificate | None = None) -> ssl.SSLContext:
        """For a client of Python's own that trusts this authority."""
        context = ssl.create_default_context(cafile=str(self.path))
        if client:
            context.load_cert_chain(client.certificate, client.key)
        return context

    def trust_folder(self, folder: pathlib.Path, client: Certificate | None = None) -> pathlib.Path:
        """The folder that docker, podman and skopeo read certificates from, as certs.d has one for each registry."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.path, folder / "ca.crt")
        if client:
            shutil.copy(client.certificate, folder / "client.cert")
            shutil.copy(client.key, folder / "client.key")
        return folder


def server_context(certificate: Certificate, client_authority: pathlib.Path | None = None) -> ssl.SSLContext:
    """For a server of Python's own; with an authority, it wants a certificate of its clients, too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    if client_authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context

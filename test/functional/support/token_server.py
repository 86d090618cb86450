"""A token server that speaks docker's token protocol: it gives those who may push and pull a token that the registry trusts.

https://distribution.github.io/distribution/spec/auth/token/ (GET) and .../oauth/ (POST)
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
import pathlib
import secrets
import ssl
import time
import urllib.parse
from typing import Any

from support.certificates import Certificate, openssl
from support.wire_server import Exchange, Response, WireServer, reply

LEEWAY = 60  # seconds after its end for which docker-registry still takes a token
EVERYTHING = frozenset({"pull", "push", "delete", "*"})


def signing_certificate(folder: pathlib.Path) -> Certificate:
    """What the tokens of a server are signed with, and what its registries are told to trust."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "tokens.crt", folder / "tokens.key")
    places = ("-out", str(made.certificate), "-keyout", str(made.key))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=nacre test tokens", "-days", "2", *places)
    return made


@dataclasses.dataclass(frozen=True)
class Scope:
    kind: str
    name: str
    actions: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Scope:
        kind, _, rest = text.partition(":")
        name, _, actions = rest.rpartition(":")
        return cls(kind, name, frozenset(filter(None, actions.split(","))))

    def claim(self) -> dict[str, Any]:
        return {"type": self.kind, "name": self.name, "actions": sorted(self.actions)}


@dataclasses.dataclass(frozen=True)
class TokenRequest:
    """What a client asked for."""

    method: str
    grant: str  # "anonymous", "basic", "password" or "refresh_token"
    user: str | None  # whom it proved to be
    service: str
    scopes: tuple[str, ...]  # as written
    fields: dict[str, str]  # all the others: account, client_id, access_type, offline_token, ...
    status: int


class Refused(Exception):
    """Wrong credentials."""


class TokenServer(WireServer):
    """What is said here of tokens may be changed at any time, and faults can be added as for any WireServer."""

    def __init__(self, signer: Certificate, users: dict[str, str], *, tls: ssl.SSLContext | None = None) -> None:
        self.signer = signer
        self.users = users  # passwords by name
        self.refresh_tokens: dict[str, str] = {}  # the users they stand for
        self.service = "registry.test"
        self.issuer = "nacre test tokens"
        self.anonymous = frozenset({"pull"})  # what those may do who are nobody
        self.denied: frozenset[str] = frozenset()  # what nobody may do: the token comes without it
        self.lifetime = 300.0  # seconds until the registry takes a token no more
        self.said_lifetime: int | None = 300  # expires_in; None says nothing of it
        self.expired_next = 0  # so many of the next tokens are dead when they are given out
        self.answers = ("token", "access_token")  # the fields of an answer to GET that hold the token
        self.oauth = True  # POST is known
        self.requests: list[TokenRequest] = []
        super().__init__(tls)

    @property
    def realm(self) -> str:
        return f"{self.url}/token"

    def respond(self, exchange: Exchange) -> Response:
        known = ("GET", "POST") if self.oauth else ("GET",)
        if exchange.path != "/token" or exchange.method not in known:
            return reply(404, {"Content-Type": "text/plain"}, b"404 page not found")
        exchange.drain()
        form = exchange.body.decode() if exchange.method == "POST" else exchange.target.partition("?")[2]
        query = urllib.parse.parse_qs(form, keep_blank_values=True)
        fields = {name: values[-1] for name, values in query.items()}
        scopes = tuple(text for value in query.get("scope", []) for text in value.split(" ") if text)
        grant, user = "", None
        try:
            grant, user = self._post_login(fields) if exchange.method == "POST" else self._get_login(exchange)
            answer = reply(200, {"Content-Type": "application/json"}, json.dumps(self._grant(exchange, fields, scopes, user)).encode())
        except Refused:
            document = {"error": "invalid_grant", "errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]}
            headers = {"Content-Type": "application/json", "WWW-Authenticate": 'Basic realm="tokens"'}
            answer = reply(401, headers, json.dumps(document).encode())
        others = {name: value for name, value in fields.items() if name not in ("scope", "service")}
        asked = TokenRequest(exchange.method, grant, user, fields.get("service", ""), scopes, others, answer.status)
        self.requests.append(asked)
        return answer

    def _get_login(self, exchange: Exchange) -> tuple[str, str | None]:
        scheme, _, word = exchange.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return "anonymous", None
        try:
            user, _, password = base64.b64decode(word, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused from error
        return "basic", self._checked(user, password)

    def _post_login(self, fields: dict[str, str]) -> tuple[str, str | None]:
        if fields.get("grant_type") == "password":
            return "password", self._checked(fields.get("username", ""), fields.get("password", ""))
        user = self.refresh_tokens.get(fields.get("refresh_token", ""))
        if user is None:
            raise Refused
        return "refresh_token", user

    def _checked(self, user: str, password: str) -> str:
        if self.users.get(user) != password:
            raise Refused
        return user

    def _grant(self, exchange: Exchange, fields: dict[str, str], scopes: tuple[str, ...], user: str | None) -> dict[str, Any]:
        allowed = (EVERYTHING if user else self.anonymous) - self.denied
        wanted = [Scope.parse(text) for text in scopes]
        granted = [dataclasses.replace(scope, actions=scope.actions & allowed) for scope in wanted]
        token = self.mint(user or "", *granted)
        posted = exchange.method == "POST"
        document: dict[str, Any] = {field: token for field in (("access_token",) if posted else self.answers)}
        document["issued_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if self.said_lifetime is not None:
            document["expires_in"] = self.said_lifetime
        if posted:
            document["scope"] = " ".join(scopes)
        if user and (fields.get("access_type") == "offline" or fields.get("offline_token") == "true"):
            document["refresh_token"] = self.refresh_token(user)
        elif "refresh_token" in fields:
            document["refresh_token"] = fields["refresh_token"]
        return document

    def refresh_token(self, user: str) -> str:
        """A new one, also known as identity token."""
        made = secrets.token_urlsafe(24)
        self.refresh_tokens[made] = user
        return made

    def mint(self, subject: str, *scopes: Scope) -> str:
        """A signed token, without asking who wants it."""
        lifetime = self.lifetime
        if self.expired_next:
            self.expired_next -= 1
            lifetime = -1
        now = time.time()
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": self.service,
            "iat": int(now),
            "nbf": int(now) - 2 * LEEWAY,
            "exp": math.floor(now + lifetime) - LEEWAY,
            "jti": secrets.token_hex(8),
            "access": [scope.claim() for scope in scopes if scope.actions],
        }
        der = "".join(self.signer.certificate.read_text().split("-----")[2].split())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        signed = b".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        signature = openssl("dgst", "-sha256", "-sign", str(self.signer.key), stdin=signed)
        return b".".join((signed, encoded(signature))).decode()


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")

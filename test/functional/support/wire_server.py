"""An HTTP/1.1 server that has every byte in its own hands: it can lie about lengths, stall, and break off where it is told.

It runs in threads of the test and keeps a record of every request. What it answers is the business of the class that
derives from it; rules put faults (see faults.py) between the two.
"""

from __future__ import annotations

import contextlib
import dataclasses
import email.message
import fcntl
import http.client
import re
import select
import socket
import ssl
import struct
import termios
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

CHUNK = 256 * 1024
KEPT = 64 * 1024  # bytes of a request's body that the record keeps
LINGER = 2.0  # seconds for a client to take what was sent, before the connection is cut
ALWAYS = None

Body = Iterator[bytes]
Fields = Mapping[str, str] | Iterable[tuple[str, str]]


class CutOff(Exception):
    """Ends the connection here: with a reset, or as if all had been said."""

    def __init__(self, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


class ClientGone(Exception):
    """The client has closed the connection, or the server is being stopped."""


@dataclasses.dataclass
class Response:
    """What to send: nothing is checked and nothing is added but `Connection: close`, where the body's end needs it."""

    status: int
    headers: email.message.Message
    body: Iterable[bytes]
    early: bool = False  # do not wait for the end of the request's body
    head: bytes | None = None  # instead of status line and headers


def headers_of(fields: Fields) -> email.message.Message:
    made = email.message.Message()
    for name, value in fields.items() if isinstance(fields, Mapping) else fields:
        made[name] = value
    return made


def reply(status: int = 200, headers: Fields = (), body: bytes | Iterable[bytes] = b"", *, early: bool = False) -> Response:
    """A response; where `body` is bytes and the headers say no length, the right one is added."""
    made = headers_of(headers)
    if isinstance(body, bytes):
        if "Content-Length" not in made and "Transfer-Encoding" not in made:
            made["Content-Length"] = str(len(body))
        body = [body]
    return Response(status, made, body, early)


@dataclasses.dataclass
class Exchange:
    """A request, and how far its answer got. Faults may change `forwarded` and wrap `upload`."""

    connection: int  # the how manieth connection it came through
    method: str
    target: str  # path and query, as sent
    headers: email.message.Message
    upload: Body = dataclasses.field(repr=False)
    hung_up: Callable[[float | None], bool] = dataclasses.field(repr=False)  # waits for the client to go
    received: int = 0  # bytes of the request's body
    body: bytes = b""  # the first of them
    status: int = 0  # 0: nothing was answered
    sent: int = 0  # bytes of the response's body that the client was given
    ended: str = ""  # "whole", "reset", "closed", "client gone"
    forwarded: email.message.Message = dataclasses.field(init=False, repr=False)
    resources: contextlib.ExitStack = dataclasses.field(init=False, repr=False, default_factory=contextlib.ExitStack)

    def __post_init__(self) -> None:
        self.forwarded = headers_of(self.headers.items())

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        return urllib.parse.parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def range(self) -> str | None:
        return self.headers["Range"]

    def wait(self, seconds: float | None) -> None:
        """Lets time pass, or waits for ever; a client that goes away ends it."""
        if self.hung_up(seconds):
            raise ClientGone

    def drain(self) -> None:
        """Takes in what is left of the request's body."""
        for _ in self.upload:
            pass


Fault = Callable[[Exchange, Callable[[], Response]], Response]


@dataclasses.dataclass
class Rule:
    """Which requests a fault befalls."""

    fault: Fault
    method: str | None
    path: re.Pattern[str]
    nth: int
    times: int | None
    when: Callable[[Exchange], bool] | None
    seen: int = 0  # requests that it is about
    hits: int = 0  # those that the fault befell

    def befalls(self, exchange: Exchange) -> bool:
        if self.method not in (None, exchange.method) or not self.path.search(exchange.target):
            return False
        if self.when and not self.when(exchange):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.seen >= self.nth + self.times):
            return False
        self.hits += 1
        return True


class Connection:
    """One client's connection, in a thread of its own."""

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self._reader: BinaryIO = sock.makefile("rb")

    def read_request(self) -> Exchange | None:
        """The next request; nothing when the client has no more."""
        line = self._reader.readline(65537).decode("latin-1").split()
        if len(line) != 3 or not line[0].isalpha() or not line[0].isascii():  # no HTTP: somebody tries TLS
            return None
        headers = http.client.parse_headers(self._reader)
        exchange = Exchange(self.number, line[0], line[1], headers, iter(()), self.hung_up)
        exchange.upload = self._upload(exchange)
        return exchange

    def _upload(self, exchange: Exchange) -> Body:
        """The request's body, asked for when it is wanted: a client that expects "100 Continue" gets it only then."""
        if exchange.headers.get("Expect", "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        pieces = self._chunks() if is_chunked(exchange.headers) else self._exactly(int(exchange.headers.get("Content-Length", 0)))
        try:
            for piece in pieces:
                exchange.received += len(piece)
                exchange.body += piece[: KEPT - len(exchange.body)]
                yield piece
        except OSError as error:  # not to be taken for a failure of the registry that the bytes are for
            raise ClientGone from error

    def _exactly(self, length: int) -> Body:
        while length:
            piece = self._reader.read1(min(length, CHUNK))  # type: ignore[attr-defined]
            if not piece:
                raise ClientGone
            length -= len(piece)
            yield piece

    def _chunks(self) -> Body:
        while True:
            line = self._reader.readline(1024)
            if not line.strip():
                raise ClientGone
            length = int(line.partition(b";")[0], 16)
            yield from self._exactly(length)
            if length == 0:
                while self._reader.readline(65537) not in (b"\r\n", b"\n", b""):
                    pass
                return
            self._reader.readline(3)

    def write(self, data: bytes, exchange: Exchange | None = None) -> None:
        """Sends. The bytes count before they are gone, so that no client can have more than the record says."""
        left = memoryview(data)
        while left:
            if exchange:
                exchange.sent += len(left)
            done = 0
            try:
                done = self.sock.send(left)
            finally:
                if exchange:
                    exchange.sent -= len(left) - done
            left = left[done:]

    def send(self, exchange: Exchange, response: Response) -> bool:
        """Sends a response; whether the connection can be used once more."""
        chunked, said = is_chunked(response.headers), response.headers["Content-Length"]
        bodiless = exchange.method == "HEAD" or response.status in (204, 304)
        if not chunked and said is None and not bodiless:
            response.headers["Connection"] = "close"
        exchange.status = response.status
        self.write(head_of(response) if response.head is None else response.head)
        if bodiless:
            return True
        for piece in response.body:
            if piece and chunked:
                self.write(b"%x\r\n" % len(piece))
            self.write(piece, exchange)
            if piece and chunked:
                self.write(b"\r\n")
        if chunked:
            self.write(b"0\r\n\r\n")
        return response.head is None and (chunked or said == str(exchange.sent))

    def hung_up(self, seconds: float | None) -> bool:
        poll = select.poll()
        poll.register(self.sock.fileno(), select.POLLRDHUP)
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def cut(self, reset: bool) -> None:
        """Ends the connection, once the client has all that was sent: a reset would throw away what is on its way."""
        deadline = time.monotonic() + LINGER
        while time.monotonic() < deadline and unsent(self.sock) and not self.hung_up(0.001):
            pass
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def linger(self) -> None:
        """Says that no more will come, and reads on for a while: closing over unread bytes would be a reset."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
            self.sock.settimeout(LINGER)
            while self._reader.read1(CHUNK):  # type: ignore[attr-defined]
                pass

    def close(self) -> None:
        self._reader.close()
        self.sock.close()


def is_chunked(headers: email.message.Message) -> bool:
    return "chunked" in headers.get("Transfer-Encoding", "").lower()


def head_of(response: Response) -> bytes:
    reason = http.client.responses.get(response.status, "Whatever")
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in response.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def unsent(sock: socket.socket) -> int:
    """Bytes that the other side has not acknowledged."""
    return struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]


class WireServer:
    """Listens on a loopback port of its own from the moment it is made until it is stopped."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._rules: list[Rule] = []
        self._stopping = False
        self.exchanges: list[Exchange] = []  # every request, in the order of arrival
        self.connections = 0
        self.surprises: list[str] = []  # what went wrong in the server itself
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="wire server")
        self._acceptor.start()

    @property
    def address(self) -> str:
        """What stands in an image's name."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.address}"

    def __enter__(self) -> WireServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def respond(self, exchange: Exchange) -> Response:
        """The honest answer."""
        raise NotImplementedError

    def add(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        path: str = "",
        nth: int = 1,
        times: int | None = 1,
        when: Callable[[Exchange], bool] | None = None,
    ) -> Rule:
        """A fault for the `nth` matching request and those after it, `times` (or ALWAYS) in all. `path` is searched for in
        path and query. Several faults for one request: the one added first sees the request first and the response last."""
        rule = Rule(fault, method, re.compile(path), nth, times, when)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forgets rules and records."""
        with self._lock:
            self._rules.clear()
            self.exchanges.clear()

    def of(self, method: str | None = None, path: str = "") -> list[Exchange]:
        """The requests so far of a method, and to what a pattern finds in path and query."""
        return [one for one in list(self.exchanges) if method in (None, one.method) and re.search(path, one.target)]

    def bytes_sent(self, path: str = "") -> int:
        """Bytes of bodies that clients were given: what was fetched twice counts twice."""
        return sum(one.sent for one in self.of(path=path))

    def stop(self) -> None:
        """Ends every connection and thread; once is enough. Fails if the server itself was at fault."""
        if self._stopping:
            return
        with self._lock:
            self._stopping = True
            for sock in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self._acceptor.join(30)
        for thread in self._threads:
            thread.join(30)
        self._listener.close()
        left = [thread.name for thread in (self._acceptor, *self._threads) if thread.is_alive()]
        assert not left, f"still running: {left}"
        assert not self.surprises, "\n".join(self.surprises)

    @contextlib.contextmanager
    def watched(self, sock: socket.socket) -> Iterator[None]:
        """A socket that stop() shuts down, so that nobody waits for it for ever."""
        with self._lock:
            if self._stopping:
                raise ClientGone
            self._open.add(sock)
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(sock)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(self.connections, sock), name=f"connection {self.connections}")
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()

    def _run(self, number: int, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            with self.watched(sock):
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                connection = Connection(number, sock)
                try:
                    while self._serve(connection):
                        pass
                finally:
                    connection.close()
        except (OSError, ClientGone):
            pass
        except Exception:  # noqa: BLE001 - a thread's failure would be lost
            self.surprises.append(traceback.format_exc())
        finally:
            sock.close()

    def _serve(self, connection: Connection) -> bool:
        """One request; whether there may be another."""
        exchange = connection.read_request()
        if not exchange:
            return False
        with exchange.resources:
            try:
                again = self._answer(connection, exchange)
                exchange.ended = "whole"
                return again
            except CutOff as cut:
                exchange.ended = str(cut)
                connection.cut(cut.reset)
                return False
            except (OSError, ClientGone):
                exchange.ended = "client gone"
                raise

    def _answer(self, connection: Connection, exchange: Exchange) -> bool:
        with self._lock:
            self.exchanges.append(exchange)
            faults = [rule.fault for rule in self._rules if rule.befalls(exchange)]

        def step(index: int) -> Response:
            if index == len(faults):
                return self.respond(exchange)
            return faults[index](exchange, lambda: step(index + 1))

        response = step(0)
        expected = exchange.headers.get("Expect", "").lower() == "100-continue" and not exchange.received
        if not response.early and not expected:
            exchange.drain()
        again = connection.send(exchange, response)
        if response.early or expected:
            connection.linger()
            return False
        return again and exchange.headers.get("Connection", "").lower() != "close"

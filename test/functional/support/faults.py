"""What can go wrong between a client and a registry. Each function makes a fault for WireServer.add().

A fault gets the exchange and `forward`, which asks for the honest answer (or that of the next fault). Those that work on a
stream of bytes befall the answer's body (so add them with method="GET": HEAD has none); `on_upload()` turns them to the
request's.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from support.tars import sha256
from support.wire_server import Body, CutOff, Exchange, Fault, Fields, Response, reply

Forward = Callable[[], Response]
BLANKS = b" " * 65536


@dataclasses.dataclass(frozen=True)
class StreamFault:
    """Changes a body as it passes, whatever its length was said to be."""

    change: Callable[[Exchange, Body], Body]

    def __call__(self, exchange: Exchange, forward: Forward) -> Response:
        response = forward()
        response.body = self.change(exchange, iter(response.body))
        return response


def on_upload(fault: StreamFault) -> Fault:
    """The same for the request's body, on its way to the registry."""

    def upload(exchange: Exchange, forward: Forward) -> Response:
        exchange.upload = fault.change(exchange, exchange.upload)
        return forward()

    return upload


def at(offset: int, body: Body, then: Callable[[], Iterable[bytes]]) -> Body:
    """The body up to an offset, what `then` has to say, and the rest."""
    for piece in body:
        if offset < len(piece):
            if offset:
                yield piece[:offset]
            yield from then()
            yield piece[offset:]
            break
        offset -= len(piece)
        yield piece
    else:
        yield from then()
    yield from body


# Of a body


def cut(after: int, *, reset: bool = True) -> StreamFault:
    """The connection ends after so many bytes: reset, or closed as if that were all."""

    def end() -> Iterator[bytes]:
        raise CutOff(reset)
        yield

    return StreamFault(lambda exchange, body: at(after, body, end))


def stall(after: int, seconds: float | None = None) -> StreamFault:
    """Nothing for a while after so many bytes; without `seconds` until the client gives up."""

    def change(exchange: Exchange, body: Body) -> Body:
        def pause() -> Iterator[bytes]:
            exchange.wait(seconds)
            return iter(())

        return at(after, body, pause)

    return StreamFault(change)


def trickle(rate: int, piece_size: int = 1024) -> StreamFault:
    """So many bytes a second."""

    def change(exchange: Exchange, body: Body) -> Body:
        for piece in body:
            for begin in range(0, len(piece), piece_size):
                part = piece[begin : begin + piece_size]
                yield part
                exchange.wait(len(part) / rate)

    return StreamFault(change)


def flip(offset: int, mask: int = 0x01) -> StreamFault:
    """One byte is another."""

    def change(exchange: Exchange, body: Body) -> Body:
        left = offset
        for piece in body:
            if 0 <= left < len(piece):
                piece = piece[:left] + bytes([piece[left] ^ mask]) + piece[left + 1 :]
            left -= len(piece)
            yield piece

    return StreamFault(change)


def shorten(length: int) -> StreamFault:
    """No more than so many bytes, though Content-Length says otherwise; then the connection is closed."""
    return cut(length, reset=False)


def lengthen(extra: bytes) -> StreamFault:
    """More bytes than Content-Length says."""

    def change(exchange: Exchange, body: Body) -> Body:
        yield from body
        yield extra

    return StreamFault(change)


# Of the head


def with_headers(**fields: str | None) -> Fault:
    """Other headers than the honest answer has: Content_Range="bytes 0-1/2" sets one, None takes it away."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        response = forward()
        for field, value in fields.items():
            name = field.replace("_", "-")
            del response.headers[name]
            if value is not None:
                response.headers[name] = value
        return response

    return change


def digest(value: str | None) -> Fault:
    """Docker-Content-Digest says this, or nothing."""
    return with_headers(Docker_Content_Digest=value)


def ignore_range(exchange: Exchange, forward: Forward) -> Response:
    """Asked for a part, the server answers 200 with the whole: a fault as it is, not to be called."""
    del exchange.forwarded["Range"]
    return forward()


def content_range(value: str) -> Fault:
    """The part is right, what it is said to be is not."""
    return with_headers(Content_Range=value)


# Instead of the answer


def answer(
    status: int,
    headers: Fields = (),
    body: bytes | Callable[[Exchange], Iterable[bytes]] = b"",
    *,
    early: bool = False,
) -> Fault:
    """This, without asking the registry. `early` answers before the request's body has come."""
    return lambda exchange, forward: reply(status, headers, body if isinstance(body, bytes) else body(exchange), early=early)


def answer_after(length: int, fault: Fault) -> Fault:
    """Takes so many bytes of the request's body, and then answers in the middle of it; the registry never hears of them."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        for _ in exchange.upload:
            if exchange.received >= length:
                break
        response = fault(exchange, forward)
        response.early = True
        return response

    return change


def raw(data: bytes) -> Fault:
    """These bytes, status line and all, and the connection is closed."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        response = reply()
        response.head = data
        return response

    return change


def drop(*, reset: bool = True) -> Fault:
    """No answer at all: the connection ends when the request is read."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        exchange.drain()
        raise CutOff(reset)

    return change


def silence(seconds: float | None = None) -> Fault:
    """Nothing for a while, not even a status line; without `seconds` until the client gives up."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        exchange.wait(seconds)
        return forward()

    return change


def error(status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> Fault:
    """An error in the registry's words."""
    document = json.dumps({"errors": [{"code": code, "message": message or code.lower(), "detail": None}]}).encode()
    return answer(status, {"Content-Type": "application/json", **(headers or {})}, document)


def unauthorized(challenge: str | None = None) -> Fault:
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return error(401, "UNAUTHORIZED", "authentication required", headers)


def too_many_requests(retry_after: int | str | None = None) -> Fault:
    return error(429, "TOOMANYREQUESTS", "slow down", {} if retry_after is None else {"Retry-After": str(retry_after)})


def failure(status: int = 500) -> Fault:
    """What a server in trouble says; add it with times=n for a burst."""
    return answer(status, {"Content-Type": "text/plain"}, b"the server is in trouble")


def redirect(to: str | Callable[[Exchange], str], status: int = 307) -> Fault:
    return lambda exchange, forward: reply(status, {"Location": to if isinstance(to, str) else to(exchange)})


def redirect_loop(status: int = 307) -> Fault:
    """Sends the client round in circles; add it with times=ALWAYS."""
    return redirect(lambda exchange: exchange.target, status)


def redirect_on_and_on(status: int = 307) -> Fault:
    """Never the same place twice; add it with times=ALWAYS."""

    def further(exchange: Exchange) -> str:
        number = int(exchange.query.get("hop", ["0"])[0]) + 1
        return f"{exchange.path}?hop={number}"

    return redirect(further, status)


def document(data: bytes, media_type: str | None = None) -> Fault:
    """Another document than the registry's, with length and digest that fit it."""

    def change(exchange: Exchange, forward: Forward) -> Response:
        response = forward()
        fields = {"Content-Length": str(len(data)), "Docker-Content-Digest": sha256(data)}
        for name, value in (fields | ({"Content-Type": media_type} if media_type else {})).items():
            del response.headers[name]
            response.headers[name] = value
        response.body = [data]
        return response

    return change


def swap_after_head(data: bytes, media_type: str | None = None) -> Fault:
    """HEAD still tells of the registry's document, GET has this one."""
    other = document(data, media_type)
    return lambda exchange, forward: forward() if exchange.method == "HEAD" else other(exchange, forward)


def endless(piece: bytes = BLANKS, headers: Mapping[str, str] | None = None) -> Fault:
    """A body without an end, in chunks."""

    def pieces(exchange: Exchange) -> Iterator[bytes]:
        while True:
            yield piece

    return answer(200, {**(headers or {}), "Transfer-Encoding": "chunked"}, pieces)


def huge_manifest(size: int, media_type: str) -> Fault:
    """A document of so many bytes, nearly all of them blanks."""

    def pieces(exchange: Exchange) -> Iterator[bytes]:
        begin, end = b'{"schemaVersion":2,', b'"layers":[]}'
        yield begin
        blanks = size - len(begin) - len(end)
        yield from (BLANKS for _ in range(blanks // len(BLANKS)))
        yield BLANKS[: blanks % len(BLANKS)] + end

    return answer(200, {"Content-Type": media_type, "Content-Length": str(size)}, pieces)


def resumes(exchange: Exchange) -> bool:
    """For WireServer.add(when=): requests for the rest of what the client has the beginning of."""
    return re.match(r"bytes=[1-9]", exchange.range or "") is not None

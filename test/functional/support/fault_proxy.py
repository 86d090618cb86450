"""Stands in front of a registry and passes on what it hears, but for the faults that it is told to make."""

from __future__ import annotations

import http.client
import select
import socket
import ssl

from support.wire_server import CHUNK, Body, CutOff, Exchange, Response, WireServer, headers_of, is_chunked, reply

HOP_BY_HOP = {"connection", "keep-alive", "expect", "proxy-connection"}


class FaultProxy(WireServer):
    """Clients use its address in place of the registry's, which believes it was asked under that name. With `tls`, it
    speaks TLS to the clients, whatever the registry speaks."""

    def __init__(self, upstream: str, upstream_tls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._upstream = upstream
        self._upstream_tls = upstream_tls
        super().__init__(tls)

    def respond(self, exchange: Exchange) -> Response:
        """A connection of its own for each request: one that broke off must not spoil another."""
        if self._upstream_tls:
            upstream: http.client.HTTPConnection = http.client.HTTPSConnection(self._upstream, context=self._upstream_tls)
        else:
            upstream = http.client.HTTPConnection(self._upstream)
        exchange.resources.callback(upstream.close)
        try:
            upstream.connect()
        except OSError as error:
            return reply(502, {"Content-Type": "text/plain"}, f"the registry cannot be reached: {error}".encode())
        exchange.resources.enter_context(self.watched(upstream.sock))
        upstream.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = self._send(upstream, exchange)
        try:
            response = upstream.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return reply(502, {"Content-Type": "text/plain"}, f"the registry does not answer: {error!r}".encode(), early=not whole)
        exchange.resources.callback(response.close)
        headers = headers_of((name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP)
        return Response(response.status, headers, pieces_of(response), early=not whole)

    def _send(self, upstream: http.client.HTTPConnection, exchange: Exchange) -> bool:
        """Passes the request on; false if the registry answered before it had all of it."""
        upstream.putrequest(exchange.method, exchange.target, skip_host=True, skip_accept_encoding=True)
        for name, value in exchange.forwarded.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value.encode("latin-1", "replace"))
        if self._tls:
            upstream.putheader("X-Forwarded-Proto", "https")
        upstream.putheader("Connection", "close")
        chunked = is_chunked(exchange.forwarded)
        try:
            upstream.endheaders()
            for piece in exchange.upload:
                if answered(upstream.sock):
                    return False
                upstream.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece)
            if chunked:
                upstream.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True


def answered(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def pieces_of(response: http.client.HTTPResponse) -> Body:
    """The registry's answer as it comes. If it breaks off, the client is left without the rest, too."""
    try:
        while piece := response.read1(CHUNK):
            yield piece
    except (OSError, http.client.HTTPException) as error:
        raise CutOff(reset=False) from error

"""One HTTP request and its answer, over a connection made by `network.connect`, every byte within the deadline."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING

from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.network import Deadline, connect
from chitieu.feed.settings import FetchSettings
from chitieu.feed.unpacking import too_large, unpack
from chitieu.feed.url import Address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 2**16


@dataclass(frozen=True)
class Answer:
    """An answer whose body has not been read; it can be read while `exchange` lasts.

    Attributes:
        status: of HTTP.
        headers: by name, in any case.
        address: that was asked.
    """

    status: int
    headers: Message
    address: Address
    _response: http.client.HTTPResponse

    def pieces(self, limit: int) -> Iterator[bytes]:
        """The unpacked body.

        Raises:
            SourceError: C136 where the body announces more than `limit` bytes, C137 where it is broken or cut off.
            TimeoutError: the deadline passed.
        """
        place = str(self.address)
        announced = self._response.length
        if announced is not None and announced > limit:
            raise too_large(limit, place)
        yield from unpack(self._raw(limit, place), self.headers.get("Content-Encoding") or "", place)

    def _raw(self, limit: int, place: str) -> Iterator[bytes]:
        announced = self._response.length
        received = 0
        try:
            while piece := self._response.read(_PIECE):
                received += len(piece)
                if received > limit:  # packed, it should be smaller still
                    raise too_large(limit, place)
                yield piece
        except http.client.HTTPException as failure:
            raise _broken(place, failure) from failure
        if announced is not None and received < announced:
            raise SourceError("C137", f"broke off after {received:,} of {announced:,} bytes", place=place, again=True)


@contextmanager
def exchange(
    address: Address, headers: Mapping[str, str], settings: FetchSettings, deadline: Deadline
) -> Iterator[Answer]:
    """Ask for a page; the connection is closed when the block ends.

    Raises:
        SourceError: as `network.connect`, and C137 where the answer is not HTTP.
        TimeoutError: no answer in time.
    """
    place = str(address)
    plain = connect(address, settings, deadline)
    connection = http.client.HTTPConnection(address.host, address.port)
    # The socket is there already, so http.client neither resolves nor connects.
    connection.sock = _TimedSocket(plain, settings.read_timeout, deadline)
    connection.auto_open = 0
    try:
        try:
            plain.settimeout(deadline.within(settings.read_timeout))
            connection.putrequest("GET", address.target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": address.authority, **headers, "Connection": "close"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
        except (http.client.HTTPException, ValueError) as failure:
            raise _broken(place, failure) from failure
        yield Answer(response.status, response.headers, address, response)
    except TimeoutError:
        raise
    except OSError as failure:
        raise SourceError(
            "C132", f"broke the connection: {failure.strerror or failure}", place=place, again=True
        ) from failure
    finally:
        connection.close()
        plain.close()


class _TimedSocket:
    """What `http.client` needs of a socket; every read waits no longer than the deadline allows."""

    def __init__(self, plain: socket.socket, read_timeout: float, deadline: Deadline) -> None:
        self._plain = plain
        self._read_timeout = read_timeout
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._plain.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._plain, self._read_timeout, self._deadline))

    def close(self) -> None:
        """Nothing: the answer is still to be read when `http.client` closes its side; `exchange` closes the socket."""


class _TimedReader(io.RawIOBase):
    def __init__(self, plain: socket.socket, read_timeout: float, deadline: Deadline) -> None:
        self._plain = plain
        self._read_timeout = read_timeout
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        # A socket's own time-out is for one read: a server that drips a byte a second would never meet it.
        self._plain.settimeout(self._deadline.within(self._read_timeout))
        return self._plain.recv_into(buffer)


def _broken(place: str, failure: Exception) -> SourceError:
    reason = shorten(f"{type(failure).__name__}: {failure}", 120)
    return SourceError("C137", f"gave an answer that is not sound HTTP: {reason}", place=place, again=True)

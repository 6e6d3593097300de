"""Unpacking what came gzipped, never further than the limit: a few kilobytes can be made to unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from chitieu.feed.failure import SourceError

_PIECE = 2**16
GZIP = b"\x1f\x8b"


def unpack(pieces: Iterable[bytes], encoding: str, place: str) -> Iterator[bytes]:
    """The content of a body, in pieces of at most 64 KB, so that a limit can be kept while it is read.

    Args:
        pieces: of the body as it came.
        encoding: the Content-Encoding header: empty, `identity`, `gzip`, `x-gzip` or `deflate`.
        place: URL or file, for errors.

    Raises:
        SourceError: C137 for broken data or an encoding that was not asked for.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from pieces
    elif encoding in ("gzip", "x-gzip"):
        yield from _inflate(pieces, 16 + zlib.MAX_WBITS, place)
    elif encoding == "deflate":
        yield from _inflate(pieces, zlib.MAX_WBITS, place)
    else:
        raise _broken(place, f"came in an encoding that was not asked for: {encoding[:40]!r}")


def gunzip(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The content of a gzip file of one or several members, as `unpack`."""
    return _inflate(pieces, 16 + zlib.MAX_WBITS, place)


def read_up_to(pieces: Iterable[bytes], limit: int, place: str) -> bytes:
    """Put the pieces together.

    Raises:
        SourceError: C136 as soon as they are more than `limit` bytes.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > limit:
            raise too_large(limit, place)
    return bytes(data)


def too_large(limit: int, place: str) -> SourceError:
    """The error for a body beyond its limit."""
    return SourceError("C136", f"is larger than {limit / 2**20:.3g} MB", place=place, remedy="name a smaller source")


def _inflate(pieces: Iterable[bytes], window: int, place: str) -> Iterator[bytes]:
    decoder = zlib.decompressobj(window)
    begun = False
    try:
        for piece in pieces:
            waiting = piece
            while waiting:
                if decoder.eof:
                    if window < zlib.MAX_WBITS + 1 or not waiting.startswith(GZIP[:1]):
                        return  # padding after the last member
                    decoder = zlib.decompressobj(window)
                try:
                    unpacked = decoder.decompress(waiting, _PIECE)
                except zlib.error:
                    if begun or window != zlib.MAX_WBITS:
                        raise
                    # Some servers send deflate without the header that the standard asks for.
                    window = -zlib.MAX_WBITS
                    decoder = zlib.decompressobj(window)
                    unpacked = decoder.decompress(waiting, _PIECE)
                begun = True
                waiting = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
                if unpacked:
                    yield unpacked
        while not decoder.eof and (unpacked := decoder.decompress(b"", _PIECE)):  # what was held back by _PIECE
            yield unpacked
    except zlib.error as failure:
        raise _broken(place, f"is not the compressed data that it says: {failure}") from failure
    if begun and not decoder.eof:
        raise _broken(place, "is cut off in its compressed data", again=True)


def _broken(place: str, message: str, again: bool = False) -> SourceError:
    return SourceError("C137", message, place=place, remedy="try it in a browser; tell the site", again=again)

"""Addresses of pages: what may be called, and when two of them are one page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from chitieu.feed.failure import SourceError, shorten

_PORTS = {"http": 80, "https": 443}
_MAX_URL = 4_000
# Added by newsletters and social networks; the page is the same without them.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gbraid|wbraid|msclkid|dclid|yclid|zarsrc|mc_[ce]id|igshid|_ga|ref_src|spm", re.I
)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_KEPT = "/:@!$&'()*+,;=~-._"
_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart and made fit to send: ASCII, escaped, without fragment or user name.

    Attributes:
        scheme: `http` or `https`.
        host: lower case, IDNA; an IPv6 address without its brackets.
        port: as written, or the scheme's.
        target: path and query, as they stand in a request line.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port: the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """`https://example.org`, which robots.txt and rate limits are kept for."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.target


def is_web(location: str) -> bool:
    """Whether a location is an http or https URL, well-formed or not."""
    return location[:8].lower().startswith(("http://", "https://"))


def parse_url(url: str, base: str | None = None) -> Address:
    """Take a URL apart, a relative one against the URL that it stood on.

    Raises:
        SourceError: C131 for whatever is not a well-formed http or https URL, or carries a password.
    """
    url = "".join(character for character in url.strip() if character.isprintable())
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError as broken:
        raise _malformed(url, str(broken)) from broken
    if scheme not in _PORTS:
        raise _malformed(url, f"is of the scheme {scheme!r}" if scheme else "has no scheme")
    if parts.username is not None or parts.password is not None:
        raise _malformed(url, "carries a user name")
    if len(url) > _MAX_URL or not host:
        raise _malformed(url, "has no host" if not host else "is too long")
    path = _escape(_without_dots(parts.path or "/"))
    query = f"?{_escape(parts.query, '?')}" if parts.query else ""
    return Address(scheme, _ascii_host(host, url), port or _PORTS[scheme], path + query)


def canonical_url(url: str, base: str | None = None) -> str:
    """The URL by which a page is known again: without fragment, default port and tracking parameters.

    Raises:
        SourceError: as `parse_url`.
    """
    address = parse_url(url, base)
    path, _, query = address.target.partition("?")
    kept = [pair for pair in query.split("&") if pair and not _TRACKING.fullmatch(pair.split("=")[0])]
    return address.origin + path + ("?" + "&".join(kept) if kept else "")


def try_canonical(url: str | None) -> str | None:
    """`canonical_url`, or None where there is no well-formed one."""
    if url is None:
        return None
    try:
        return canonical_url(url)
    except SourceError:
        return None


def _ascii_host(host: str, url: str) -> str:
    if ":" in host:  # an IPv6 address; urlsplit has checked what stands in brackets, or the resolver will
        if re.fullmatch(r"[0-9a-f:.]+", host):
            return host
        raise _malformed(url, "has a broken host")
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError as broken:
        raise _malformed(url, "has a host that is no name") from broken
    if not _HOST.fullmatch(ascii_host):
        raise _malformed(url, "has a host that is no name")
    return ascii_host.rstrip(".")


def _escape(text: str, also: str = "") -> str:
    """Percent-escape what a request line can't hold, and write the escapes that are there in one way."""
    text = _ESCAPE.sub("%25", text)
    # An escaped slash or question mark is another path than a bare one, so only letters and signs are unescaped.
    text = re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda escapes: _one_way(escapes.group()), text)
    return quote(text, safe=_KEPT + "%" + also)


def _one_way(escapes: str) -> str:
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or chr(byte) in "-._~" else f"%{byte:02X}"
        for byte in unquote_to_bytes(escapes)
    )


def _without_dots(path: str) -> str:
    """`/a/./b/../c` is `/a/c`."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    joined = "/".join(kept)
    return joined if joined.startswith("/") else "/" + joined


def _malformed(url: str, reason: str) -> SourceError:
    return SourceError(
        "C131",
        f"{reason}, so it can't be fetched",
        place=shorten(url),
        remedy="addresses begin with http:// or https://",
    )

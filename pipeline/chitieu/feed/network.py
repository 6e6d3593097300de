"""Connections to addresses that have been checked.

A feed is a stranger's text, and so are its links, their redirects and the names in them: none of these may make us
call the inside of someone's network. A name is resolved once, its addresses are checked, and the socket is connected to
a checked address itself: no second look-up could answer otherwise (DNS rebinding). This is why the connection is made
here and handed to `http.client`, which takes a ready socket: httpx, requests and urllib3 take a name and resolve it
anew, unless private parts of them are replaced.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from chitieu.feed.failure import SourceError
from chitieu.feed.settings import FetchSettings
from chitieu.feed.url import Address

Resolved = tuple[int, tuple[Any, ...]]
"""Address family and socket address, as `getaddrinfo` gives them."""

# IPv6 addresses that carry an IPv4 address, which a gateway may lead to, and how many bits stand to the right of it.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible, long given up
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 0),  # NAT64 inside a network
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
)
_NEVER = ipaddress.IPv6Network("2001::/32")  # Teredo: the address inside is scrambled
_LOW_PORTS = (80, 443)  # of those under 1024, which belong to services that are not the web


class Deadline:
    """How long one request may still take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def within(self, most: float) -> float:
        """Seconds to wait for one step: `most`, or what is left.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole request took too long")
        return min(most, left)


def is_public(host: str) -> bool:
    """Whether an IP address, as the resolver writes it, belongs to the public internet."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NEVER or address.is_site_local:
            return False
        for network, shift in _CARRIERS:
            if address in network:
                return is_public(str(ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)))
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def connect(address: Address, settings: FetchSettings, deadline: Deadline) -> socket.socket:
    """A socket to a host, past its TLS handshake where the scheme is https.

    Raises:
        SourceError: C130 for an address that may not be called, C132 where no connection comes about, C152 for a
            certificate that does not hold.
        TimeoutError: the host does not answer in time.
    """
    if address.port < 1024 and address.port not in _LOW_PORTS and not settings.allow_private:
        raise _refused(address, f"port {address.port}")
    candidates = _resolve(address, deadline.within(settings.connect_timeout))
    if not settings.allow_private:
        allowed = [candidate for candidate in candidates if is_public(candidate[1][0])]
        if not allowed:
            raise _refused(address, str(candidates[0][1][0]))
        candidates = allowed
    plain = _connect_first(candidates, address, settings, deadline)
    if address.scheme == "http":
        return plain
    try:
        plain.settimeout(deadline.within(settings.connect_timeout))
        return _tls().wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as failure:
        plain.close()
        message = f"has a certificate that does not hold: {failure.verify_message}"
        raise SourceError("C152", message, place=address.origin, remedy="tell the site") from failure
    except (ssl.SSLError, ConnectionError, OSError) as failure:
        plain.close()
        if isinstance(failure, TimeoutError):
            raise
        raise _no_connection(address, failure) from failure


def _connect_first(
    candidates: list[Resolved], address: Address, settings: FetchSettings, deadline: Deadline
) -> socket.socket:
    failure: OSError = OSError("it has no address")
    for family, where in candidates[:4]:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(deadline.within(settings.connect_timeout))
            plain.connect(where)
        except OSError as error:
            plain.close()
            failure = error
        else:
            with suppress(OSError):
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return plain
    if isinstance(failure, TimeoutError):
        raise failure
    raise _no_connection(address, failure) from failure


def _resolve(address: Address, seconds: float) -> list[Resolved]:
    """The addresses of a host; names, dotted, decimal, octal and IPv6 spellings all pass through the resolver."""
    try:
        found = _in_time(
            lambda: socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP),
            seconds,
        )
    except (OSError, UnicodeError) as failure:
        if isinstance(failure, TimeoutError):
            raise
        raise _no_connection(address, failure) from failure
    web = [(int(family), where) for family, _, _, _, where in found if family in (socket.AF_INET, socket.AF_INET6)]
    if not web:
        raise _no_connection(address, OSError("it has no address"))
    return web


def _in_time(call: Callable[[], list[Any]], seconds: float) -> list[Any]:
    """The resolver has no time limit of its own; one that hangs is left behind in its thread."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(call())
        except Exception as failure:
            outcome.append(failure)

    thread = threading.Thread(target=run, daemon=True, name="chitieu-resolve")
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError("the name was not resolved in time")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return list(outcome[0])


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The system's certificates and those that trafilatura's certifi brings, for systems that have none."""
    context = ssl.create_default_context()
    with suppress(ImportError, OSError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _refused(address: Address, what: str) -> SourceError:
    return SourceError(
        "C130",
        f"leads to {what}, which is not on the public internet"
        if "port" not in what
        else f"leads to {what}, not the web's",
        place=str(address),
        remedy="--allow-private permits it, for sources inside your own network",
    )


def _no_connection(address: Address, failure: Exception) -> SourceError:
    reason = getattr(failure, "strerror", None) or failure
    return SourceError(
        "C132",
        f"can't be reached: {reason}",
        place=str(address),
        remedy="check the address and the network",
        again=True,
    )

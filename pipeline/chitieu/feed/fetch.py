"""Fetching: redirects, retries, conditional requests, robots.txt and pace, around single exchanges."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from chitieu.feed.exchange import Answer, exchange
from chitieu.feed.failure import SourceError, shorten
from chitieu.feed.manners import ROBOTS_LIMIT, Pace, Robots
from chitieu.feed.network import Deadline
from chitieu.feed.settings import FetchSettings
from chitieu.feed.unpacking import read_up_to
from chitieu.feed.url import Address, parse_url

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # states that a server may be out of a moment later
_GONE = (404, 410)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_:.\-]{2,40})""", re.IGNORECASE)
_MAX_VALIDATOR = 1_000  # characters of an ETag or Last-Modified that are sent back


@dataclass(frozen=True, slots=True)
class Page:
    """What a URL gave.

    Attributes:
        url: where it was found in the end.
        status: 200, or 304 where nothing has changed since the validators.
        data: the body, unpacked; empty with 304.
        media_type: of the Content-Type header, in lower case, such as `text/html`; empty where there is none.
        charset: of the Content-Type header.
        etag: validator for the next time.
        last_modified: validator for the next time.
    """

    url: str
    status: int
    data: bytes
    media_type: str
    charset: str | None
    etag: str | None
    last_modified: str | None


class Fetcher:
    """Fetches pages within the limits of its settings. Used by several threads.

    Args:
        settings: limits and manners.
        sleep: waits; replaced in tests.
    """

    def __init__(self, settings: FetchSettings, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings = settings
        self._sleep = sleep
        self._pace = Pace(settings.interval, sleep=sleep)
        self._robots = Robots(self._robots_text, settings)
        self._failures: dict[str, int] = {}

    def get(
        self,
        url: str,
        *,
        limit: int,
        validators: tuple[str | None, str | None] | None = None,
        accept: str = "*/*",
        media_types: tuple[str, ...] = (),
    ) -> Page:
        """Fetch a page.

        Args:
            url: its address.
            limit: most bytes of its body, unpacked.
            validators: ETag and Last-Modified of the copy at hand; where the page is still the same, status is 304.
            accept: the Accept header.
            media_types: what is wanted; anything else is refused before its body is read. Empty for anything.

        Raises:
            SourceError: C130 to C139, C149, C152: why it could not be had; `again` where a later run may be luckier.
        """
        address = parse_url(url)
        headers = {"Accept": accept}
        for name, value in zip(("If-None-Match", "If-Modified-Since"), validators or (), strict=False):
            if value and len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable():
                headers[name] = value
        tries = self.settings.retries + 1
        for number in range(1, tries + 1):
            self._check_host(address)
            try:
                page = self._follow(address, headers, limit, media_types, self.settings.robots)
            except SourceError as failure:
                if not failure.again or number == tries:
                    raise
                self._rest(address, failure, number)
            else:
                return page
        raise AssertionError  # the last try returns or raises

    def _rest(self, address: Address, failure: SourceError, number: int) -> None:
        """Wait before the next try, as long as the server asks."""
        wait = self.settings.backoff * 2 ** (number - 1)
        if failure.wait is not None:
            if failure.wait > self.settings.longest_wait:
                raise failure
            wait = max(wait, failure.wait)
            self._pace.postpone(address.authority, wait)
        self._sleep(wait)

    def _follow(
        self, address: Address, headers: dict[str, str], limit: int, media_types: tuple[str, ...], robots: bool
    ) -> Page:
        """One try: from hop to hop, every one of them checked like the first."""
        first, seen = address, {str(address)}
        while True:
            delay = self._robots.delay(address.origin, str(address)) if robots else None
            self._pace.wait(address.authority, delay)
            deadline = Deadline(self.settings.total_timeout)  # from here: waiting for a turn is not the host's slowness
            try:
                page = self._hop(address, headers, limit, media_types, deadline)
            except TimeoutError as failure:
                self._count_failure(address)
                message = f"did not answer in time: {failure or 'timed out'}"
                raise SourceError("C133", message, place=str(address), again=True) from failure
            except SourceError as failure:
                if failure.code == "C132":
                    self._count_failure(address)
                raise
            self._failures.pop(address.authority, None)
            if isinstance(page, Page):
                return page
            address = page
            if str(address) in seen:
                raise _redirects(first, "redirects in a circle")
            if len(seen) > self.settings.redirects:
                raise _redirects(first, f"redirects more than {self.settings.redirects} times")
            seen.add(str(address))

    def _hop(
        self, address: Address, headers: dict[str, str], limit: int, media_types: tuple[str, ...], deadline: Deadline
    ) -> Page | Address:
        headers = {"User-Agent": self.settings.user_agent, "Accept-Encoding": "gzip, deflate", **headers}
        with exchange(address, headers, self.settings, deadline) as answer:
            if answer.status in _REDIRECTS:
                target = answer.headers.get("Location")
                if not target:
                    raise _redirects(address, "redirects to nowhere")
                return parse_url(_as_utf8(target), str(address))
            if answer.status not in (200, 304):
                raise _status(answer)
            if answer.status == 304:
                return _page(answer, b"")
            media_type = _media_type(answer)
            if media_types and media_type and media_type not in media_types:
                message = f"is {shorten(media_type, 60)}, not a page"
                raise SourceError("C149", message, place=str(address), remedy="only pages of text can be read")
            return _page(answer, read_up_to(answer.pieces(limit), limit, str(address)))

    def _robots_text(self, origin: str) -> str:
        """The robots.txt of an origin; one that is not there closes nothing, one that fails closes everything."""
        address = parse_url(f"{origin}/robots.txt")
        for number in (1, 2):
            self._check_host(address)
            try:
                page = self._follow(address, {"Accept": "text/plain, */*;q=0.1"}, ROBOTS_LIMIT, (), robots=False)
            except SourceError as failure:
                if failure.code == "C134" and not failure.again:
                    return ""
                if failure.code == "C136":  # far beyond any sensible size
                    return ""
                if not failure.again or number == 2:
                    raise
                self._rest(address, failure, number)
            else:
                return page.data.decode("utf-8", errors="replace").lstrip("\ufeff")
        raise AssertionError

    def _check_host(self, address: Address) -> None:
        if self._failures.get(address.authority, 0) >= self.settings.host_failures:
            message = f"is on a host that did not answer {self.settings.host_failures} times in a row"
            raise SourceError("C133", message, place=str(address), remedy="a later run tries again", again=True)

    def _count_failure(self, address: Address) -> None:
        self._failures[address.authority] = self._failures.get(address.authority, 0) + 1


def _page(answer: Answer, data: bytes) -> Page:
    content_type = answer.headers.get("Content-Type") or ""
    charset = _CHARSET.search(content_type[:500])
    return Page(
        url=str(answer.address),
        status=answer.status,
        data=data,
        media_type=_media_type(answer),
        charset=charset.group(1) if charset else None,
        etag=_validator(answer.headers.get("ETag")),
        last_modified=_validator(answer.headers.get("Last-Modified")),
    )


def _media_type(answer: Answer) -> str:
    return (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def _validator(value: str | None) -> str | None:
    return value if value and len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else None


def _as_utf8(header: str) -> str:
    """A Location with bare non-ASCII letters: `http.client` read its bytes as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _status(answer: Answer) -> SourceError:
    again = answer.status in _PASSING
    remedy = "a later run tries again" if again else "check the address" if answer.status in _GONE else None
    wait = _retry_after(answer.headers.get("Retry-After")) if again else None
    message = f"answered with status {answer.status}"
    return SourceError("C134", message, place=str(answer.address), remedy=remedy, again=again, wait=wait)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or from a date; None for anything else."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _redirects(address: Address, message: str) -> SourceError:
    return SourceError("C135", message, place=str(address), remedy="check the address in a browser")

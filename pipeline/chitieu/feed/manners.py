"""Manners of a guest: no faster than a host likes, and only where its robots.txt lets us in."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from chitieu.feed.extra import need
from chitieu.feed.failure import SourceError
from chitieu.feed.settings import AGENT, FetchSettings

ROBOTS_LIMIT = 512 * 1024
"""How much of a robots.txt is heeded, in bytes: what RFC 9309 asks for at least."""

_OF_THE_HOST = ("C130", "C131", "C132", "C133", "C152")  # what is wrong with its pages as well
_MOST_HOSTS = 2_000  # kept in memory; of more, the longest unused are asked for their robots.txt again


class Pace:
    """When each host may be called next. Used by several threads."""

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._next: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, host: str, interval: float | None = None) -> None:
        """Sleep until a host may be called, and book the call: the next one has to wait `interval` seconds more."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.pop(host, now))
            self._next[host] = turn + max(self._interval, interval or 0.0)
            if len(self._next) > _MOST_HOSTS:
                self._next.popitem(last=False)
        if turn > now:
            self._sleep(turn - now)

    def postpone(self, host: str, seconds: float) -> None:
        """Let a host rest, as its Retry-After asks."""
        with self._lock:
            self._next[host] = max(self._next.get(host, 0.0), self._clock() + seconds)


class Robots:
    """The robots.txt of each origin, fetched once a run. Used by several threads.

    Args:
        fetch: gives the text of the robots.txt of an origin, "" where it has none.
    """

    def __init__(self, fetch: Callable[[str], str], settings: FetchSettings) -> None:
        self._fetch = fetch
        self._settings = settings
        self._rules: OrderedDict[str, Any] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def delay(self, origin: str, url: str) -> float | None:
        """Seconds that an origin asks for between requests, None where it doesn't, before one of its pages is fetched.

        Raises:
            SourceError: C138 where it does not want the page fetched, or asks for a longer delay than is kept;
                C139 where its robots.txt can't be read, so that nothing may be fetched now; C130, C132, C133 or C152
                where the host can't be called at all.
        """
        rules = self._rules_of(origin)
        if isinstance(rules, SourceError):
            raise _not_now(rules, origin, url)
        if not rules.can_fetch(url, AGENT):
            raise SourceError(
                "C138", f"is closed to us by {origin}/robots.txt", place=url, remedy="ask the site for its permission"
            )
        delay = rules.crawl_delay(AGENT)
        if delay is not None and delay > self._settings.longest_crawl_delay:
            message = f"is on a host that asks for {delay:g} seconds between requests, longer than is waited here"
            raise SourceError("C138", message, place=url, remedy="ask the site, or for its articles by other ways")
        return None if delay is None else float(delay)

    def _rules_of(self, origin: str) -> Any:
        with self._lock:
            if origin in self._rules:
                self._rules.move_to_end(origin)
                return self._rules[origin]
            lock = self._locks.setdefault(origin, threading.Lock())
        with lock:
            with self._lock:
                if origin in self._rules:
                    return self._rules[origin]
            rules = self._read(origin)
            with self._lock:
                self._rules[origin] = rules
                self._locks.pop(origin, None)
                if len(self._rules) > _MOST_HOSTS:
                    self._rules.popitem(last=False)
            return rules

    def _read(self, origin: str) -> Any:
        protego = need("protego")
        try:
            return protego.Protego.parse(self._fetch(origin))
        except SourceError as failure:
            return failure
        except Exception as failure:  # whatever the parser makes of a hostile file
            return SourceError("C139", f"is broken: {type(failure).__name__}", place=f"{origin}/robots.txt")


def _not_now(failure: SourceError, origin: str, url: str) -> SourceError:
    """Why a page is not fetched whose robots.txt can't be; no use in trying again at once, since that has been done."""
    if failure.code in _OF_THE_HOST:
        return SourceError(
            failure.code, failure.message, place=url, remedy=failure.remedy, again=failure.again, wait=math.inf
        )
    message = f"may not be fetched while {origin}/robots.txt can't be read: {failure.message}"
    return SourceError("C139", message, place=url, remedy="a later run tries again", again=True, wait=math.inf)

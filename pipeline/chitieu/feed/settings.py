"""How sources are read: every limit in one place, with the reason for its default."""

from __future__ import annotations

from dataclasses import dataclass

from chitieu import __version__
from chitieu.feed.failure import SourceError

AGENT = "chitieu"
"""The name by which robots.txt files can address us."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits and manners of fetching; times in seconds, sizes in bytes.

    Attributes:
        contact: address or page of whoever runs this, for the User-Agent: a webmaster can write instead of blocking.
        allow_private: also call loopback, private and link-local addresses, and any port.
        robots: keep to robots.txt.
        pages: fetch the pages that feeds link to; else articles are the texts that the feeds themselves carry.
        interval: least time between two requests to one host.
        longest_crawl_delay: a host that asks for more between requests is left alone.
        connect_timeout: for one address of a host.
        read_timeout: without a byte received.
        total_timeout: for one hop of a request, from resolving the name to the last byte.
        retries: further tries after a failure that may pass.
        backoff: wait before the first further try; doubles each time.
        longest_wait: longest wait that a Retry-After may ask for; beyond it, a later run tries.
        host_failures: after so many requests in a row that no answer came to, a host is left alone for this run.
        redirects: most hops of one request.
        max_page: largest page, unpacked (the limit of `chitieu extract`).
        max_feed: largest feed or OPML list, unpacked; feedparser takes a second for each MB.
        max_sitemap: largest sitemap, unpacked (the limit of the sitemap protocol).
        max_depth: how deep sitemap indexes and OPML lists may point to each other.
        max_lists: most sitemaps or feeds that one index or OPML list may lead to (one a day is 5,000 in 14 years).
        max_entries: most articles that one source may give in a run; None for no limit.
        sources_at_once: sources on the network that are read ahead at the same time; their order is kept.
    """

    contact: str | None = None
    allow_private: bool = False
    robots: bool = True
    pages: bool = True
    interval: float = 1.0
    longest_crawl_delay: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 60.0
    retries: int = 2
    backoff: float = 2.0
    longest_wait: float = 60.0
    host_failures: int = 5
    redirects: int = 5
    max_page: int = 10 * 2**20
    max_feed: int = 10 * 2**20
    max_sitemap: int = 50 * 2**20
    max_depth: int = 4
    max_lists: int = 10_000
    max_entries: int | None = None
    sources_at_once: int = 8

    def __post_init__(self) -> None:
        """Refuse a contact that no header can hold.

        Raises:
            SourceError: C154.
        """
        if self.contact is not None and not (self.contact.isascii() and self.contact.isprintable()):
            raise SourceError(
                "C154", "is no contact that can be sent: only ASCII letters and signs can", place=repr(self.contact)
            )

    @property
    def user_agent(self) -> str:
        """`chitieu/0.1.0 (+https://example.org/contact)`."""
        return f"{AGENT}/{__version__} (+{self.contact})" if self.contact else f"{AGENT}/{__version__}"

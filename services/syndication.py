"""A feed's address goes in; what it names comes out. A site's address goes in; the feeds that it has come out.

address -> fetch -> feeds
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar
from urllib.parse import urljoin

from services.errors import NotReadable, WartaError
from services.feeds import find_feeds, read_feed
from services.fetch import FeedAnswer
from services.models import Feed

# Where sites that declare no feed have one, the most usual first.
_GUESSES = ("/rss", "/feed", "/rss.xml", "/sitemap-news.xml", "/news-sitemap.xml")
_MOST_FOUND = 8

Given = ParamSpec("Given")
Result = TypeVar("Result")


class FeedFetcher(Protocol):
    """Gets what stands at the address of a feed (`services.fetch.Fetcher.fetch_feed`)."""

    def __call__(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Awaitable[FeedAnswer]:
        """The answer, without a body where nothing changed since the validators were given."""


class Runner(Protocol):
    """Runs a function where it can do no harm (`services.extract.ParserPool.run`)."""

    def __call__(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Awaitable[Result]:
        """What the function gives; `NotReadable` where it doesn't end."""


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A feed as it was read: `feed` is None where nothing changed, `url` is its address from now on."""

    feed: Feed | None
    url: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True)
class OfferedFeed:
    """A feed that a site has; its title where it was read."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class FeedDesk:
    """The whole way to a feed; each method raises a `WartaError` that says why there is none."""

    fetch: FeedFetcher
    run: Runner

    async def read(self, url: str, *, etag: str | None = None, modified: str | None = None) -> ReadFeed:
        """Read a feed, unless it is still what the validators stand for."""
        answer = await self.fetch(url, etag=etag, modified=modified)
        feed = None if answer.body is None else await self._parsed(answer)
        return ReadFeed(feed, answer.moved_to or url, answer.etag, answer.modified)

    async def look(self, url: str) -> ReadFeed | tuple[OfferedFeed, ...]:
        """The feed at an address; where a page is there instead, the feeds that it declares, else those that answer at
        the usual addresses.
        """
        answer = await self.fetch(url)
        try:
            feed = await self._parsed(answer)
        except NotReadable:
            return await self._of_site(answer)
        return ReadFeed(feed, answer.moved_to or url, answer.etag, answer.modified)

    async def _of_site(self, answer: FeedAnswer) -> tuple[OfferedFeed, ...]:
        html = (answer.body or b"").decode("utf-8", "replace")  # Addresses are in ASCII, whatever the rest is in.
        if declared := await self.run(find_feeds, html, answer.url):
            return tuple(OfferedFeed(url, "") for url in declared[:_MOST_FOUND])
        found = []
        for path in _GUESSES:
            url = urljoin(answer.url, path)
            try:
                feed = await self._parsed(await self.fetch(url))
            except WartaError:
                continue
            found.append(OfferedFeed(url, feed.title))
        return tuple(found)

    async def _parsed(self, answer: FeedAnswer) -> Feed:
        return await self.run(read_feed, answer.body or b"", answer.content_type, answer.url)

"""A feed whose turn it is goes in; its new articles are read, once for all chats, into what is common to them.

A member may also ask for the feeds of a site. Whoever draws on a feed that is gone for good is told so, once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from handlers.card_text import shorten
from handlers.context import plain_card
from handlers.inert import sanitise
from handlers.payloads import Keyboard, edit_payload, message_payload
from handlers.sources import Offer, offer_buttons, source_fault, source_name
from handlers.texts import texts
from services.annotate import Desk
from services.errors import WartaError
from services.links import clean_url, comparison_key, link_kind
from services.models import Annotation, Feed, Team
from services.store import Scope, Store, articles, chats, errands, feeds, outbox
from services.store.errands import Errand
from services.store.feeds import COMMON, Found, NewItem, ToRead
from services.syndication import FeedDesk, ReadFeed

# What may pass; the rest of an article's faults stay what they are.
_TRANSIENT = ("connect", "timeout", "http_status", "dns", "internal")
_TOO_MANY = (429, 503)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Reads feeds and their articles."""

    store: Store
    desk: Desk
    feed_desk: FeedDesk

    async def read_feed(self, feed_id: int, job_id: int) -> None:
        """Read a feed; what it names and nobody has read yet is queued."""
        async with self.store.transaction() as transaction:
            feed = await feeds.to_read(transaction, feed_id)
        if feed is None:
            return
        try:
            read = await self.feed_desk.read(feed.url, etag=feed.etag, modified=feed.modified)
        except WartaError as error:
            logger.info("job %s: feed %s failed: %s", job_id, feed.id, error)
            await self._fail(feed, error)
            return
        async with self.store.transaction() as transaction:
            if read.feed is None:
                await feeds.unchanged(transaction, feed.id)
            else:
                found = _articles(read.feed)
                new = await feeds.changed(
                    transaction, feed, read.feed.title, found, etag=read.etag, modified=read.modified
                )
                logger.info("job %s: feed %s brought %s articles", job_id, feed.id, new)
            if read.url != feed.url:
                await feeds.moved(transaction, feed.id, read.url)

    async def read_item(self, item_id: int, job_id: int) -> None:
        """Read an article that a feed named, unless another feed's turn did so already."""
        async with self.store.transaction() as transaction:
            item = await feeds.begin_item(transaction, item_id)
        if item is None:
            return
        try:
            annotation = await self.desk.annotate_link(item.url)
        except WartaError as error:
            logger.info("job %s: item %s failed: %s", job_id, item.id, error)
            async with self.store.transaction() as transaction:
                await feeds.fail_item(transaction, item, error.kind, transient=error.kind in _TRANSIENT)
            return
        async with self.store.transaction() as transaction:
            kept, _ = await articles.keep(transaction.scope(COMMON), annotation, _keys(item, annotation))
            await feeds.finish_item(transaction, item.id, kept.id)

    async def _fail(self, feed: ToRead, error: WartaError) -> None:
        status, wait = int(error.facts.get("status", 0)), error.facts.get("retry_after")
        async with self.store.transaction() as transaction:
            pause = timedelta(seconds=float(wait)) if wait is not None and status in _TOO_MANY else None
            if not await feeds.failed(transaction, feed.id, error.kind, status, pause):
                return
            source = await feeds.find(transaction, feed.id)
            for chat_id in await feeds.chats_to_tell(transaction, feed.id) if source else ():
                words = texts((await chats.get(transaction, chat_id)).language)
                why = words.one_of("source_errors", source_fault(error.kind))
                told = words("sources.died", name=source_name(source) if source else "", why=why)
                await outbox.say(transaction.scope(chat_id), message_payload(plain_card(told), silent=True))

    # The feeds of a site

    async def on_errand(self, errand: Errand, team: Team) -> None:
        """Attach the feed at an address, or offer those of the site that is there."""
        url, words = str(errand.details["url"]), texts(team.language)
        found = await self.feed_desk.look(url)
        async with self.store.transaction() as transaction:
            scope = transaction.scope(errand.chat_id)
            if not await errands.settle(scope, errand.id, "done"):
                return
            if isinstance(found, ReadFeed):
                title, items = (found.feed.title, len(found.feed.items)) if found.feed else ("", 0)
                await feeds.attach(scope, found.url, title)
                name = shorten(sanitise(title[:300]) or url, 100)
                await _tell(scope, errand, words("sources.attached", name=name, count=words.whole(items)))
            else:
                host = sanitise((urlsplit(url).hostname or "").removeprefix("www."))
                offers = [Offer(one.title or _label(one.url), one.url) for one in found]
                told = words("sources.choose" if found else "sources.nothing_found", site=host)
                await _tell(scope, errand, told, await offer_buttons(scope, offers))


def _articles(feed: Feed) -> list[Found]:
    """What a feed names that may be articles, by what their addresses have in common."""
    found = []
    for item in feed.items:
        url = clean_url(item.url)
        if url and link_kind(url) == "article":
            found.append(Found(comparison_key(url), url, item.published))
    return found


def _keys(item: NewItem, annotation: Annotation) -> list[str]:
    """All that names the article: what the feed says, where that led. A canonical address isn't believed: some sites
    give all their pages one.
    """
    url = annotation.article.url
    led = [comparison_key(url)] if url and link_kind(url) == "article" else []
    return list(dict.fromkeys([item.key, *led]))


def _label(url: str) -> str:
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path}"


async def _tell(scope: Scope, errand: Errand, sentence: str, keyboard: Keyboard = ()) -> None:
    if errand.outbox_id is not None:
        await outbox.edit(scope, errand.outbox_id, edit_payload(plain_card(sentence), keyboard))

"""Feeds into the archive that is common: each article once, nothing of before, faults survived, the dead told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from builders import Clock, a_share
from newsroom import article, page
from webserver import Answer, Request, WebServer, redirect, reply

from handlers.feed_reader import FeedReader
from services.annotate import Analyst, Desk
from services.extract import ParserPool
from services.fetch import Fetcher
from services.links import comparison_key
from services.models import Source, Topic
from services.nlp.encoder import Encoder
from services.store import Store, articles, chats, feeds, matches, shares
from services.syndication import FeedDesk

ONE, OTHER = -1, -2


async def no_wait(_: float) -> None:
    """Politeness is tested where it is made."""


@dataclass
class Room:
    """Sites, a database, and who reads feeds into it."""

    store: Store
    sites: WebServer
    reader: FeedReader
    clock: Clock

    def publish(self, number: int) -> str:
        """An article; gives its address."""
        title, body = article(number)
        self.sites.routes[f"/berita/{number}"] = reply(page(title, body, published=datetime.now(UTC)))
        return f"{self.sites.origin}/berita/{number}"

    def feed(self, path: str, urls: list[str], *, ago: timedelta = timedelta(0)) -> str:
        """A feed that names these, published so long ago; gives its address."""
        published = format_datetime(self.clock.now - ago)
        items = "".join(
            f"<item><title>x</title><link>{url}</link><pubDate>{published}</pubDate></item>" for url in urls
        )
        body = f'<rss version="2.0"><channel><title>Umpan {path}</title>{items}</channel></rss>'.encode()
        self.sites.routes[path] = reply(body, content_type="application/rss+xml")
        return f"{self.sites.origin}{path}"

    async def attach(self, url: str, chat: int = ONE) -> int:
        async with self.store.transaction() as transaction:
            return await feeds.attach(transaction.scope(chat), url, "")

    async def tick(self) -> None:
        """Whatever feed is due is read, and whatever it brought."""
        async with self.store.transaction() as transaction:
            await feeds.take_due(transaction, 50)
        while jobs := await self._jobs():
            for job in jobs:
                work = {"read_feed": self.reader.read_feed, "read_item": self.reader.read_item}[job["task_name"]]
                await work(int(job["number"]), 0)

    async def _jobs(self) -> list[dict[str, Any]]:
        async with self.store.transaction() as transaction:
            return await transaction.all(
                "delete from procrastinate_jobs where scheduled_at is null or scheduled_at <= %(soon)s"
                " returning task_name, args->>'number' as number",
                soon=self.clock.now + timedelta(minutes=1),
            )

    async def sources(self, chat: int = ONE) -> list[Source]:
        async with self.store.transaction() as transaction:
            return await feeds.of_chat(transaction.scope(chat))

    async def found(self, chat: int = ONE) -> int:
        """How many articles a topic that finds everything has in a chat."""
        topic = Topic(0, chat, "semua", "-takadaini", (), None, paused=False)
        async with self.store.transaction() as transaction:
            stretch = matches.Stretch(self.clock.now - timedelta(days=2), self.clock.now, UTC, 100)
            return len(await matches.find(transaction.scope(chat), topic, stretch))

    async def told(self, chat: int) -> list[str]:
        async with self.store.transaction() as transaction:
            rows = await transaction.all("select payload->>'text' as text from outbox where chat_id = %(c)s", c=chat)
        return [row["text"] for row in rows]


@pytest.fixture
async def room(store: Store, clock: Clock, encoder: Encoder) -> AsyncIterator[Room]:
    clock.now = datetime.now(UTC)
    analyst = Analyst(encoder.read, encoder.model)
    async with WebServer() as sites, ParserPool(1) as parser:
        allow = frozenset({("127.0.0.1", sites.port)})
        async with Fetcher(allow=allow, sleep=no_wait) as fetcher:
            desk = Desk(fetcher.fetch, parser, analyst)
            reader = FeedReader(store, desk, FeedDesk(fetcher.fetch_feed, parser.run))
            async with store.transaction() as transaction:
                for chat in (ONE, OTHER):
                    await chats.meet(
                        transaction, chat, "supergroup", "x", None, language="id", timezone="UTC", sure_from=0.6
                    )
            yield Room(store, sites, reader, clock)


def visits(room: Room, path: str) -> int:
    return sum(request.target == path for request in room.sites.requests)


async def test_an_article_of_two_feeds_is_read_once_and_seen_by_those_who_draw_on_them(room: Room) -> None:
    url = room.publish(1)
    await room.attach(room.feed("/a.xml", [url]))
    await room.attach(room.feed("/b.xml", [url]), OTHER)
    await room.tick()
    assert visits(room, "/berita/1") == 1
    assert (await room.found(ONE), await room.found(OTHER)) == (1, 1)
    async with room.store.transaction() as transaction:
        await feeds.detach(transaction.scope(ONE), (await feeds.of_chat(transaction.scope(ONE)))[0].feed_id)
    assert (await room.found(ONE), await room.found(OTHER)) == (0, 1)


async def test_what_is_older_than_a_day_is_not_read_on_attaching_and_new_things_are_later(room: Room) -> None:
    old = [room.publish(number) for number in range(1, 4)]
    url = room.feed("/a.xml", old, ago=timedelta(days=3))
    await room.attach(url)
    await room.tick()
    assert await room.found() == 0
    room.feed("/a.xml", [*old, room.publish(9)], ago=timedelta(days=3))
    room.clock.now += timedelta(hours=1)
    await room.tick()
    # What is new to a feed is read whatever date it gives.
    assert (visits(room, "/berita/9"), visits(room, "/berita/1")) == (1, 0)


async def test_a_feed_that_has_not_changed_is_left_alone_for_longer(room: Room) -> None:
    url = room.feed("/a.xml", [room.publish(1)])
    whole = room.sites.routes["/a.xml"]

    async def conditional(request: Request, writer: asyncio.StreamWriter) -> None:
        same = request.headers.get("if-none-match") == '"1"'
        answer = reply(b"", "304 Not Modified", etag='"1"', content_type="") if same else whole
        await answer(request, writer)

    room.sites.routes["/a.xml"] = reply_with_tag(room, url)
    await room.attach(url)
    await room.tick()
    room.sites.routes["/a.xml"] = conditional
    pauses = []
    for _ in range(3):
        room.clock.now += timedelta(hours=2)
        await room.tick()
        pauses.append(await next_pause(room))
    assert visits(room, "/a.xml") == 4
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] <= timedelta(hours=1)
    assert await room.found() == 1


def reply_with_tag(room: Room, url: str) -> Answer:
    published = format_datetime(room.clock.now)
    item = f"<item><title>x</title><link>{room.sites.origin}/berita/1</link><pubDate>{published}</pubDate></item>"
    body = f'<rss version="2.0"><channel><title>{url}</title>{item}</channel></rss>'.encode()
    return reply(body, content_type="application/rss+xml", etag='"1"')


async def next_pause(room: Room) -> timedelta:
    async with room.store.transaction() as transaction:
        row = await transaction.only("select next_at - %(now)s as pause from feeds")
    pause: timedelta = row["pause"]
    return pause


async def test_a_feed_that_is_gone_is_told_once_to_each_chat_and_read_no_more(room: Room) -> None:
    room.sites.routes["/a.xml"] = reply(b"gone", "410 Gone")
    url = f"{room.sites.origin}/a.xml"
    await room.attach(url)
    await room.attach(url, OTHER)
    for _ in range(3):
        await room.tick()
        room.clock.now += timedelta(hours=13)
    assert visits(room, "/a.xml") == 1
    assert (len(await room.told(ONE)), len(await room.told(OTHER))) == (1, 1)
    (source,) = await room.sources()
    assert source.dead
    room.feed("/a.xml", [])
    await room.attach(url)
    await room.tick()
    assert [(one.dead, one.error) for one in await room.sources()] == [(False, None)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(b"oops", "500 Internal Server Error"), "http_status"),
        (reply(b"<html><body>bukan umpan</body></html>"), "not_article"),
        (reply(b" " * 6_000_000, content_type="application/xml"), "too_large"),
    ],
)
async def test_a_feed_that_fails_is_tried_less_and_less_and_its_health_is_seen(
    room: Room, answer: Answer, error: str
) -> None:
    room.sites.routes["/a.xml"] = answer
    await room.attach(f"{room.sites.origin}/a.xml")
    pauses = []
    for _ in range(3):
        await room.tick()
        pauses.append(await next_pause(room))
        room.clock.now += pauses[-1]
    assert pauses[1] >= 2 * pauses[0]
    (source,) = await room.sources()
    assert (source.error, source.dead, bool(source.failing_since)) == (error, False, True)
    for _ in range(20):
        room.clock.now += timedelta(hours=13)
        await room.tick()
    assert (await room.sources())[0].dead
    assert len(await room.told(ONE)) == 1


async def test_a_server_that_wants_to_be_left_alone_is(room: Room) -> None:
    room.sites.routes["/a.xml"] = reply(b"", "429 Too Many Requests", retry_after="7200")
    await room.attach(f"{room.sites.origin}/a.xml")
    await room.tick()
    assert await next_pause(room) >= timedelta(hours=2)


async def test_a_feed_that_moved_for_ever_is_asked_there_and_joins_what_is_known(room: Room) -> None:
    new = room.feed("/baru.xml", [room.publish(1)])
    room.sites.routes["/lama.xml"] = reply(b"", "301 Moved Permanently", location=new)
    room.sites.routes["/sementara.xml"] = redirect(new)
    await room.attach(f"{room.sites.origin}/lama.xml")
    await room.attach(f"{room.sites.origin}/sementara.xml", OTHER)
    await room.tick()
    assert [one.url for one in await room.sources()] == [new]
    assert [one.url for one in await room.sources(OTHER)] == [f"{room.sites.origin}/sementara.xml"]
    await room.attach(f"{room.sites.origin}/lama.xml", OTHER)
    await room.tick()
    assert new in [one.url for one in await room.sources(OTHER)]
    assert visits(room, "/berita/1") == 1


async def test_an_article_that_fails_for_now_is_read_later_and_one_that_is_none_is_not(room: Room) -> None:
    room.sites.routes["/berita/1"] = reply(b"", "503 Service Unavailable")
    room.sites.routes["/berita/2"] = reply(b"<html><body>Hanya sebuah halaman.</body></html>")
    urls = [f"{room.sites.origin}/berita/{number}" for number in (1, 2)]
    await room.attach(room.feed("/a.xml", urls))
    await room.tick()
    assert await room.found() == 0
    room.publish(1)
    room.clock.now += timedelta(minutes=30)
    await room.tick()
    assert await room.found() == 1
    assert visits(room, "/berita/2") == 1


async def test_an_article_whose_job_is_lost_is_found_again(room: Room) -> None:
    url = room.feed("/a.xml", [room.publish(1)])
    feed_id = await room.attach(url)
    await room.reader.read_feed(feed_id, 0)
    async with room.store.transaction() as transaction:
        await transaction.run("delete from procrastinate_jobs")
    room.clock.now += timedelta(hours=1)
    async with room.store.transaction() as transaction:
        assert await feeds.forgotten_by_the_queue(transaction) == 1
    await room.tick()
    assert await room.found() == 1


async def test_what_the_chat_has_itself_counts_once(room: Room) -> None:
    url = room.publish(1)
    await room.attach(room.feed("/a.xml", [url]))
    await room.tick()
    annotation = await room.reader.desk.annotate_link(url)
    async with room.store.transaction() as transaction:
        kept, _ = await articles.keep(transaction.scope(ONE), annotation, [comparison_key(url)])
        share = await a_share(transaction.scope(ONE), url)
        await shares.finish(transaction.scope(ONE), share.id, kept.id)
    assert await room.found() == 1

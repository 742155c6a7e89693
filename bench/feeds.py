"""A day of feeds through the running bot: `WARTA_DATA=… python -m bench.feeds [--items N]`.

Fifty sources on fifty loopback addresses, in the formats and with the faults that feeds have, name 5,000 made articles
of about 300 words in five lots, as over a day; the real `warta run` with its embedded database reads them. What would
be a day's waiting for the next poll is cut short: each lot is asked for as soon as the one before is in.
"""

import argparse
import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Literal, LiteralString

import psutil

from bench.corpus import annotations
from bench.data import data_folder, machine
from bench.traffic import Bot, Figure, Newsroom, find_database, open_newsroom
from services.store import Store, chats, feeds, open_store
from services.store.embedded import embedded_postgres

# Those of the tests; `bench.traffic` shows the way to them.
from newsroom import page  # isort: skip
from webserver import Answer, Request, reply  # isort: skip

_SOURCES, _LOTS, _SEED = 50, 5, 11
_OLD, _TWICE = 8, 6
_WITHIN, _MEMORY = 20 * 60, 700
_CHAT = -1_001_234_567_890
_LOOK_EVERY = 2.0
Format = Literal["rss", "atom", "rdf", "sitemap"]
Fault = Literal["", "500", "429", "moved", "broken", "dates", "gone", "huge", "bomb", "page", "never"]
_FAULTY: dict[Fault, int] = {
    "500": 3, "429": 3, "moved": 4, "broken": 3, "dates": 3, "gone": 2, "huge": 2, "bomb": 2, "page": 2, "never": 2,
}  # fmt: skip
_WITHOUT_ITEMS: tuple[Fault, ...] = ("gone", "huge", "bomb", "page", "never")
_FORMATS: tuple[Format, ...] = ("rss", "atom", "rss", "rdf", "rss", "sitemap")


@dataclass
class Source:
    """A feed: where it is, how it is written, what is wrong with it, and what it names by now."""

    host: str
    path: str
    format: Format
    fault: Fault
    named: list[tuple[str, str, datetime]] = field(default_factory=list)
    asked: int = 0

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """What its server says when it is asked."""
        self.asked += 1
        await self._reply(request)(request, writer)

    def _reply(self, request: Request) -> Answer:
        match self.fault:
            case "gone":
                return reply(b"gone", "410 Gone")
            case "never" | "500" if self.fault == "never" or self.asked % 2:
                return reply(b"oops", "500 Internal Server Error")
            case "429" if self.asked % 2:
                return reply(b"slowly", "429 Too Many Requests", retry_after="120")
            case "moved" if request.target == self.path:
                return reply(b"", "301 Moved Permanently", location=f"{self.path}-baru")
            case "huge":
                return reply(b"<rss>" + b" " * 20_000_000, content_type="application/xml")
            case "bomb":
                return reply(_BOMB, content_type="application/xml")
            case "page":
                return reply(page("Bukan umpan", "Halaman depan sebuah situs."))
            case _:
                return self._feed(request)

    def _feed(self, request: Request) -> Answer:
        body = self._written()
        tag = f'"{len(self.named)}"'
        if request.headers.get("if-none-match") == tag:
            return reply(b"", "304 Not Modified", etag=tag, content_type="")
        return reply(body, content_type="application/xml", etag=tag)

    def _written(self) -> bytes:
        parts = [_ITEMS[self.format](url, title, self._dated(at)) for url, title, at in reversed(self.named)]
        text = _FRAMES[self.format].format(items="".join(parts))
        if self.fault == "broken":
            text = text.replace("</channel>", "").replace("&amp;", "&") + "<item><title>putus"
        return text.encode()

    def _dated(self, at: datetime) -> str:
        if self.fault == "dates":
            return "Senin, 32 Foo 2026 25:61" if at.second % 2 else format_datetime(at + timedelta(days=900))
        return format_datetime(at) if self.format == "rss" else at.isoformat()


_ITEMS = {
    "rss": lambda url, title, at: (
        f"<item><title>{escape(title)}</title><link>{url}</link><pubDate>{at}</pubDate></item>"
    ),
    "atom": lambda url, title, at: (
        f'<entry><title>{escape(title)}</title><link href="{url}"/><id>{url}</id><updated>{at}</updated></entry>'
    ),
    "rdf": lambda url, title, at: (
        f'<item rdf:about="{url}"><title>{escape(title)}</title><link>{url}</link><dc:date>{at}</dc:date></item>'
    ),
    "sitemap": lambda url, title, at: (
        f"<url><loc>{url}</loc><news:news><news:publication_date>{at}</news:publication_date>"
        f"<news:title>{escape(title)}</news:title></news:news></url>"
    ),
}
_FRAMES = {
    "rss": '<?xml version="1.0"?><rss version="2.0"><channel><title>Umpan</title>{items}</channel></rss>',
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>Umpan</title>{items}</feed>',
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Umpan</title></channel>{items}</rdf:RDF>'
    ),
    "sitemap": (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{items}</urlset>'
    ),
}
_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><rss><channel><title>&j;</title></channel></rss>"
)


async def a_day(items: int) -> AsyncIterator[Figure]:
    """All figures."""
    async with open_newsroom() as room:
        sources = _sources(room)
        lots = _publish(room, sources, items)
        with embedded_postgres(room.folder / "database") as conninfo:
            async with room.bot(DATABASE_URL=conninfo) as bot, open_store(conninfo) as store:
                await _attach(room, store, sources)
                await _read(store)
                watcher = asyncio.create_task(_watched(room, bot))
                began = time.monotonic()
                for lot in lots:
                    _name(lot)
                    await _read(store)
                seconds = time.monotonic() - began
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher
                async for figure in _figures(room, store, lots, seconds):
                    yield figure
                yield Figure("most memory at once (PSS, everything)", _peak[0], _MEMORY, "MB")


def _sources(room: Newsroom) -> list[Source]:
    faults = list(itertools.chain.from_iterable([name] * count for name, count in _FAULTY.items()))
    faults += [""] * (_SOURCES - len(faults))
    sources = [
        Source(host, f"/umpan/{number}.xml", "rss" if fault == "broken" else _FORMATS[number % len(_FORMATS)], fault)
        for number, (host, fault) in enumerate(zip(room.sites.hosts[:_SOURCES], faults, strict=True))
    ]
    for source in sources:
        room.sites.routes[source.path] = room.sites.routes[f"{source.path}-baru"] = source.answer
    return sources


Lot = list[tuple[Source, str, str]]


def _publish(room: Newsroom, sources: Sequence[Source], items: int) -> list[Lot]:
    """Make the articles and their pages; gives them in lots, each with the source that names it."""
    telling = [source for source in sources if source.fault not in _WITHOUT_ITEMS]
    made = annotations(data_folder(), items + _OLD * len(telling), _SEED)
    now = datetime.now(UTC)
    for number, (source, annotation) in enumerate(zip(telling * _OLD, made, strict=False)):
        url = _page(room, source, f"/lama/{number}", annotation.article.title, annotation.article.text)
        source.named.append((url, annotation.article.title, now - timedelta(days=9)))
    lots: list[Lot] = [[] for _ in range(_LOTS)]
    for number, annotation in enumerate(itertools.islice(made, items)):
        source, lot = telling[number % len(telling)], lots[number * _LOTS // items]
        title = annotation.article.title
        url = _page(room, source, f"/berita/2026/11/{number}/artikel", title, annotation.article.text)
        lot.append((source, url, title))
        if number % _TWICE == 0:  # Another feed names it as well.
            lot.append((telling[(number + 7) % len(telling)], url, title))
    return lots


def _page(room: Newsroom, source: Source, path: str, title: str, text: str) -> str:
    room.sites.routes[path] = reply(page(title, text))
    return f"http://{source.host}:{room.sites.port}{path}"


def _name(lot: Lot) -> None:
    """Let the sources name a lot, as just published."""
    now = datetime.now(UTC)
    for source, url, title in lot:
        source.named.append((url, title, now))


async def _attach(room: Newsroom, store: Store, sources: Sequence[Source]) -> None:
    async with store.transaction() as transaction:
        await chats.meet(
            transaction, _CHAT, "supergroup", "Redaksi", None, language="id", timezone="Asia/Jakarta", sure_from=0.6
        )
        for source in sources:
            await feeds.attach(transaction.scope(_CHAT), f"http://{source.host}:{room.sites.port}{source.path}", "")


async def _read(store: Store) -> None:
    """Have every feed read, those that fail twice, and wait until all that they name is in."""
    for _ in range(2):
        async with store.transaction() as transaction:
            await transaction.run("update feeds set next_at = now() where not dead")
        await _until(
            store, "select count(*) as count from feeds where not dead and next_at <= now() + interval '1 second'"
        )
        await _until(store, "select count(*) as count from procrastinate_jobs where task_name = 'read_feed'")
    await _until(store, "select count(*) as count from items where state = 'queued'")


async def _until(store: Store, left: LiteralString) -> None:
    async with asyncio.timeout(2 * _WITHIN):
        while True:
            async with store.transaction() as transaction:
                if not (await transaction.only(left))["count"]:
                    return
            await asyncio.sleep(_LOOK_EVERY)


_peak = [0.0]


async def _watched(room: Newsroom, bot: Bot) -> None:
    """Look again and again how much memory everything has."""
    own = psutil.Process(bot.process.pid)
    while True:
        size = 0
        for process in {own, *own.children(recursive=True), *find_database(room)}:
            with contextlib.suppress(psutil.NoSuchProcess):
                size += process.memory_full_info().pss
        _peak[0] = max(_peak[0], size / 1e6)
        await asyncio.sleep(_LOOK_EVERY)


async def _figures(room: Newsroom, store: Store, lots: Sequence[Lot], seconds: float) -> AsyncIterator[Figure]:
    wanted = {url for lot in lots for _, url, _ in lot}
    async with store.transaction() as transaction:
        rows = await transaction.all("select url, state from items")
        kept = await transaction.only("select count(*) as count from articles where chat_id = 0")
        dead = await transaction.only("select count(*) as count from feeds where dead")
        failing = await transaction.only("select count(*) as count from feeds where failures > 0 and not dead")
    visits = Counter(request.target for request in room.sites.requests)
    pages = Counter({path: count for path, count in visits.items() if path.startswith("/berita/")})
    done = {row["url"] for row in rows if row["state"] == "done"}
    yield Figure(f"{len(wanted)} articles of {_SOURCES} sources taken in within", seconds, _WITHIN, "s")
    yield Figure("  articles a second", len(wanted) / seconds)
    yield Figure("  lost", len(wanted - done), 0)
    yield Figure("  kept twice", kept["count"] - len(wanted), 0)
    yield Figure("  pages fetched twice", sum(count - 1 for count in pages.values()), 0)
    yield Figure(
        "  of before the feed was attached, read all the same", sum(path.startswith("/lama/") for path in visits), 0
    )
    yield Figure("  feeds given up (410)", dead["count"], _FAULTY["gone"])
    yield Figure("  feeds that keep failing (huge, bomb, page, 500)", failing["count"], len(_WITHOUT_ITEMS) * 2 - 2)


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", description=__doc__)
    parser.add_argument("--items", type=int, default=5_000)
    options = parser.parse_args()
    print(f"feeds ({machine()})")
    async for figure in a_day(options.items):
        print(figure, flush=True)


if __name__ == "__main__":
    asyncio.run(main())

"""Feeds that chats draw on and what they bring go in; which are to be read, and how each does, comes out.

A feed and its articles are common: read once, whoever draws on them, and kept in a chat that nobody is in (`COMMON`).
A chat sees those of its own sources alone (`services.store.matches`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.errors import ErrorKind
from services.models import Source
from services.store import articles
from services.store.scope import Row, Scope, Transaction

COMMON = 0
"""The chat of what belongs to no chat."""

_READ, _ITEM = 2, 1
_LEASE = timedelta(minutes=10)
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(hours=1)
_LONGEST_BACKOFF = timedelta(hours=12)
_GIVEN_UP_AFTER, _GIVEN_UP_AT = timedelta(days=7), 8
_GONE = 410
# Of a feed that is new to a chat: the news of the last day, and not more than one can look at.
_FRESH, _MOST_AT_FIRST = timedelta(hours=24), 30
_APART = timedelta(seconds=1.2)
"""Between two articles of one feed: its site is asked once a second at most."""
_MOST_ATTEMPTS, _MOST_BEGUN = 3, 6
_ITEM_AGAIN = timedelta(minutes=10)
_LOST_AFTER = timedelta(minutes=15)
_ITEMS_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class ToRead:
    """A feed whose turn it is, and what its server said of its last answer."""

    id: int
    url: str
    etag: str | None
    modified: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class NewItem:
    """An article that a feed named and that is to be read."""

    id: int
    url: str
    key: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Found:
    """An article that a feed names now: `key` is what its addresses have in common."""

    key: str
    url: str
    published: datetime | None


# What a chat draws on


async def attach(scope: Scope, url: str, title: str) -> int:
    """Draw on a feed from now on, and a little before; gives its number."""
    row = await scope.transaction.only(
        "insert into feeds (url, title, next_at, pause_seconds, created_at)"
        " values (%(url)s, %(title)s, %(now)s, %(pause)s, %(now)s)"
        # One that was given up gets another chance.
        " on conflict (url) do update set dead = false, failures = case when feeds.dead then 0 else feeds.failures end,"
        " next_at = case when feeds.dead then excluded.next_at else feeds.next_at end returning id",
        url=url,
        title=title.replace("\x00", "")[:200],
        pause=int(_SHORTEST.total_seconds()),
    )
    await scope.run(
        "insert into sources (chat_id, feed_id, since) values (%(chat)s, %(feed)s, %(since)s)"
        " on conflict (chat_id, feed_id) do update set told_dead = false",
        feed=row["id"],
        since=scope.now - _FRESH,
    )
    return int(row["id"])


async def detach(scope: Scope, feed_id: int) -> bool:
    """Draw on a feed no more; one that nobody draws on is forgotten. False where the chat didn't."""
    gone = await scope.run("delete from sources where chat_id = %(chat)s and feed_id = %(feed)s", feed=feed_id)
    await scope.transaction.run(
        "delete from feeds f where f.id = %(feed)s and not exists (select from sources s where s.feed_id = f.id)",
        feed=feed_id,
    )
    return bool(gone)


async def of_chat(scope: Scope) -> list[Source]:
    """What the chat draws on, the first attached first."""
    rows = await scope.all(
        "select f.*, (select count(*) from items i where i.feed_id = f.id and i.state = 'done'"
        " and i.found_at > greatest(s.since, %(now)s - interval '7 days')) as items"
        " from sources s join feeds f on f.id = s.feed_id where s.chat_id = %(chat)s order by s.since, f.id"
    )
    return [_source(row) for row in rows]


# The clock


async def take_due(transaction: Transaction, limit: int) -> int:
    """Have the feeds read whose turn it is; gives how many those are. Nobody else takes them for a while."""
    rows = await transaction.all(
        "update feeds set next_at = %(now)s + %(lease)s where id in (select f.id from feeds f where not f.dead"
        " and f.next_at <= %(now)s and exists (select from sources s where s.feed_id = f.id)"
        " order by f.next_at limit %(limit)s for update skip locked) returning id",
        lease=_LEASE,
        limit=limit,
    )
    for row in rows:
        await transaction.put("read_feed", row["id"], _READ)
    return len(rows)


async def to_read(transaction: Transaction, feed_id: int) -> ToRead | None:
    """A feed by its number, if it is still read."""
    row = await transaction.one("select * from feeds where id = %(id)s and not dead", id=feed_id)
    if row is None:
        return None
    return ToRead(row["id"], row["url"], row["etag"], row["modified"], row["read_at"] is None)


# What came of reading


async def unchanged(transaction: Transaction, feed_id: int) -> None:
    """It has nothing new: it is left alone for somewhat longer."""
    await _succeeded(transaction, feed_id, brought=0)


async def changed(  # noqa: PLR0913 - what a server said of its answer
    transaction: Transaction,
    feed: ToRead,
    title: str,
    found: Sequence[Found],
    *,
    etag: str | None,
    modified: str | None,
) -> int:
    """Keep what a feed names; what is new is going to be read. Gives how many articles those are."""
    await transaction.run(
        "update feeds set title = case when %(title)s = '' then title else %(title)s end, etag = %(etag)s,"
        " modified = %(modified)s where id = %(id)s",
        id=feed.id,
        title=title.replace("\x00", "")[:200],
        etag=etag,
        modified=modified,
    )
    new = await _add(transaction, feed, found)
    for number, item_id in enumerate(new):
        await transaction.put("read_item", item_id, _ITEM, at=transaction.now + number * _APART)
    await _succeeded(transaction, feed.id, brought=len(new))
    return len(new)


async def _add(transaction: Transaction, feed: ToRead, found: Sequence[Found]) -> list[int]:
    """The numbers of items that are to be read: those new to the feed; of a new feed those of the last day."""
    wanted: dict[str, tuple[str, datetime | None]] = {}
    for item in found:
        wanted.setdefault(item.key, (item.url, _believed(item.published, transaction.now)))
    fresh = [key for key, (_, at) in wanted.items() if not feed.first or (at and at > transaction.now - _FRESH)]
    read = set(fresh[:_MOST_AT_FIRST] if feed.first else fresh)
    rows = await transaction.all(
        "insert into items (feed_id, key, url, published, state, found_at)"
        " select %(feed)s, t.key, t.url, t.at, t.state, %(now)s"
        " from unnest(%(keys)s::text[], %(urls)s::text[], %(moments)s::timestamptz[], %(states)s::text[])"
        " as t (key, url, at, state) on conflict (feed_id, key) do nothing returning id, state",
        feed=feed.id,
        keys=list(wanted),
        urls=[url for url, _ in wanted.values()],
        moments=[at for _, at in wanted.values()],
        states=["queued" if key in read else "old" for key in wanted],
    )
    return [row["id"] for row in rows if row["state"] == "queued"]


def _believed(published: datetime | None, now: datetime) -> datetime | None:
    """A feed's date, unless it lies ahead or before there was a web."""
    return published if published and now - timedelta(days=20_000) < published < now + timedelta(hours=1) else None


async def _succeeded(transaction: Transaction, feed_id: int, brought: int) -> None:
    await transaction.run(
        "update feeds set failures = 0, error = null, failing_since = null, read_at = %(now)s,"
        " pause_seconds = pause, next_at = %(now)s + make_interval(secs => pause)"
        " from (select least(%(longest)s, greatest(%(shortest)s,"
        " case when %(brought)s > 0 then pause_seconds / 2 else pause_seconds * 3 / 2 end)) as pause from feeds"
        " where id = %(id)s) p where id = %(id)s",
        id=feed_id,
        brought=brought,
        shortest=int(_SHORTEST.total_seconds()),
        longest=int(_LONGEST.total_seconds()),
    )


async def moved(transaction: Transaction, feed_id: int, url: str) -> None:
    """Its server says that it has another address for ever; where that is read already, both become one."""
    other = await transaction.one("select id from feeds where url = %(url)s and id <> %(id)s", url=url, id=feed_id)
    if other is None:
        await transaction.run("update feeds set url = %(url)s where id = %(id)s", url=url, id=feed_id)
        return
    await transaction.run(
        "insert into sources (chat_id, feed_id, since) select chat_id, %(other)s, since from sources"
        " where feed_id = %(id)s on conflict do nothing",
        other=other["id"],
        id=feed_id,
    )
    await transaction.run("delete from feeds where id = %(id)s", id=feed_id)


async def failed(
    transaction: Transaction, feed_id: int, error: ErrorKind, status: int = 0, wait: timedelta | None = None
) -> bool:
    """It could not be read; it is tried again later each time, and given up in the end. True where it is now.

    `wait` is how long its server wants to be left alone.
    """
    row = await transaction.one(
        "update feeds set failures = failures + 1, error = %(error)s,"
        " failing_since = coalesce(failing_since, %(now)s) where id = %(id)s and not dead returning *",
        id=feed_id,
        error=error,
    )
    if row is None:
        return False
    pause = min(_SHORTEST * 2 ** min(row["failures"], 12), _LONGEST_BACKOFF)
    long_enough = transaction.now - row["failing_since"] >= _GIVEN_UP_AFTER and row["failures"] >= _GIVEN_UP_AT
    dead = status == _GONE or long_enough
    await transaction.run(
        "update feeds set next_at = %(next)s, dead = %(dead)s where id = %(id)s",
        id=feed_id,
        next=transaction.now + max(pause, wait or pause),
        dead=dead,
    )
    return dead


async def chats_to_tell(transaction: Transaction, feed_id: int) -> list[int]:
    """The chats that draw on a feed that was given up and weren't told yet; from now on they were."""
    rows = await transaction.all(
        "update sources s set told_dead = true from chats c where s.feed_id = %(feed)s and not s.told_dead"
        " and c.id = s.chat_id and c.active returning s.chat_id",
        feed=feed_id,
    )
    return [row["chat_id"] for row in rows]


async def find(transaction: Transaction, feed_id: int) -> Source | None:
    """A feed by its number."""
    row = await transaction.one("select f.*, 0 as items from feeds f where f.id = %(id)s", id=feed_id)
    return _source(row) if row else None


# Articles that feeds named


async def begin_item(transaction: Transaction, item_id: int) -> NewItem | None:
    """An item that is still to be read, its attempt counted; None also where its article is known by now.

    The same article named by another feed becomes this one's without being read again, and while that is being read it
    is waited for.
    """
    row = await transaction.one("select * from items where id = %(id)s and state = 'queued' for update", id=item_id)
    if row is None:
        return None
    if row["attempts"] >= _MOST_BEGUN:
        # It was begun so often and never ended: it takes the process down with it.
        await transaction.run("update items set state = 'failed', error = 'internal' where id = %(id)s", id=item_id)
        return None
    common = transaction.scope(COMMON)
    await transaction.one("select pg_advisory_xact_lock(hashtextextended('item ' || %(key)s, 0))", key=row["key"])
    if known := await articles.find(common, [row["key"]]):
        await finish_item(transaction, item_id, known.id)
        return None
    if await _is_being_read(transaction, row):
        await transaction.put("read_item", item_id, _ITEM, at=transaction.now + timedelta(seconds=5))
        return None
    await transaction.run("update items set attempts = attempts + 1, begun_at = %(now)s where id = %(id)s", id=item_id)
    return NewItem(row["id"], row["url"], row["key"], row["attempts"] + 1)


async def _is_being_read(transaction: Transaction, row: Row) -> bool:
    other = await transaction.one(
        "select 1 from items where key = %(key)s and id <> %(id)s and state = 'queued'"
        " and begun_at > %(now)s - interval '1 minute'",
        key=row["key"],
        id=row["id"],
    )
    return other is not None


async def finish_item(transaction: Transaction, item_id: int, article_id: int) -> None:
    """It was read, and is this article."""
    await transaction.run(
        "update items set state = 'done', article_id = %(article)s, error = null where id = %(id)s",
        id=item_id,
        article=article_id,
    )


async def fail_item(transaction: Transaction, item: NewItem, error: ErrorKind, *, transient: bool) -> None:
    """It could not be read; what may pass is tried again."""
    again = transient and item.attempts < _MOST_ATTEMPTS
    await transaction.run(
        "update items set state = %(state)s, error = %(error)s, begun_at = null where id = %(id)s",
        id=item.id,
        state="queued" if again else "failed",
        error=error,
    )
    if again:
        await transaction.put("read_item", item.id, _ITEM, at=transaction.now + item.attempts * _ITEM_AGAIN)


async def forgotten_by_the_queue(transaction: Transaction) -> int:
    """Have items read that wait although no job is left for them; gives how many those are."""
    rows = await transaction.all(
        "select i.id from items i where i.state = 'queued' and i.found_at < %(before)s and not exists"
        " (select from procrastinate_jobs j where j.status in ('todo', 'doing') and j.task_name = 'read_item'"
        " and (j.args->>'number')::bigint = i.id) limit 500",
        before=transaction.now - _LOST_AFTER,
    )
    for row in rows:
        await transaction.put("read_item", row["id"], _ITEM)
    return len(rows)


async def clear(transaction: Transaction) -> None:
    """Forget items of long ago but for the newest of each feed, which may name them still, and feeds of nobody."""
    await transaction.run(
        "delete from items i where i.found_at < %(now)s - %(kept)s and i.id < (select min(id) from (select n.id"
        " from items n where n.feed_id = i.feed_id order by n.id desc limit 1000) newest)",
        kept=_ITEMS_KEPT,
    )
    await transaction.run("delete from feeds f where not exists (select from sources s where s.feed_id = f.id)")


def _source(row: Row) -> Source:
    return Source(
        feed_id=row["id"],
        url=row["url"],
        title=row["title"],
        error=row["error"],
        failing_since=row["failing_since"],
        dead=row["dead"],
        read_at=row["read_at"],
        items=row["items"],
    )

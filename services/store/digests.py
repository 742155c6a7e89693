"""When chats get digests goes in; which are due comes out, each once for a local date, and what was told in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.due import due
from services.models import DigestPlan, Team
from services.store import chats
from services.store.scope import Row, Scope, Transaction

PostState = Literal["queued", "posted", "silent", "failed"]
PlanField = Literal[
    "at", "weekdays", "thread_id", "when_empty", "muted_until", "alerts", "alerts_a_day", "topic_managers"
]
_PRIORITY = 700_000
_TAKEN_DAYS, _LONGEST = timedelta(days=15), timedelta(days=8)
_FIRST = timedelta(days=1)
_LOST_AFTER = timedelta(minutes=3)
_SETTLING = timedelta(seconds=30)
"""What came less long ago may not be committed yet; it is for the next digest."""
_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Post:
    """A digest that is being made: of a plan, for a local date, about what came between two moments."""

    id: int
    plan: DigestPlan
    day: date
    late: bool
    begins: datetime
    ends: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Told:
    """A story that a digest told of a topic: its articles, the one that stood for it, since when it goes on."""

    topic_id: int
    lead_id: int
    article_ids: tuple[int, ...]
    began: date
    day: date


# Plans


async def plan_of(scope: Scope) -> DigestPlan:
    """The chat's plan; a new one where it had none."""
    await scope.run("insert into digests (chat_id, since) values (%(chat)s, %(now)s) on conflict (chat_id) do nothing")
    return _plan(await scope.only("select * from digests where chat_id = %(chat)s"))


async def change(scope: Scope, field: PlanField, value: object) -> DigestPlan:
    """Change one part of the chat's plan."""
    queries = {
        "at": "update digests set at = %(value)s where chat_id = %(chat)s",
        "weekdays": "update digests set weekdays = %(value)s where chat_id = %(chat)s",
        "thread_id": "update digests set thread_id = %(value)s where chat_id = %(chat)s",
        "when_empty": "update digests set when_empty = %(value)s where chat_id = %(chat)s",
        "muted_until": "update digests set muted_until = %(value)s where chat_id = %(chat)s",
        "alerts": "update digests set alerts = %(value)s where chat_id = %(chat)s",
        "alerts_a_day": "update digests set alerts_a_day = %(value)s where chat_id = %(chat)s",
        "topic_managers": "update digests set topic_managers = %(value)s where chat_id = %(chat)s",
    }
    await plan_of(scope)
    await scope.run(queries[field], value=value)
    return await plan_of(scope)


async def leave_thread(scope: Scope, thread_id: int) -> None:
    """A forum topic is gone: the digest goes to the chat's general one from now on."""
    await scope.run(
        "update digests set thread_id = null where chat_id = %(chat)s and thread_id = %(thread)s", thread=thread_id
    )


async def keep_quiet(scope: Scope, quiet: tuple[time, time] | None) -> DigestPlan:
    """Let nothing come unasked in a stretch of the day."""
    await plan_of(scope)
    await scope.run(
        "update digests set quiet_from = %(begin)s, quiet_until = %(end)s where chat_id = %(chat)s",
        begin=quiet and quiet[0],
        end=quiet and quiet[1],
    )
    return await plan_of(scope)


# The clock


async def take_due(transaction: Transaction, may_use: Callable[[Team], bool | None]) -> int:
    """Take every digest that is due by the transaction's clock and have it made; gives how many those are.

    Any number of processes may ask at once: the local date of a digest is taken once.
    """
    taken = 0
    for row in await _candidates(transaction):
        team, plan = chats.team_of(row), _plan({**row, "id": row["digest_id"], "chat_id": row["id"]})
        found = due(plan, ZoneInfo(team.timezone), transaction.now, row["taken"])
        if found is None or not (team.kind == "private" or may_use(team)):
            continue
        ends = transaction.now - _SETTLING
        # A clock that was put back must not make a stretch that ends before it begins.
        begins = min(max(row["ended"] or ends - _FIRST, ends - _LONGEST), ends)
        muted = plan.muted_until is not None and found.at < plan.muted_until
        post = await transaction.one(
            "insert into posts (digest_id, day, state, late, begins, ends, taken_at)"
            " values (%(digest)s, %(day)s, %(state)s, %(late)s, %(begins)s, %(ends)s, %(now)s)"
            " on conflict (digest_id, day) do nothing returning id",
            digest=plan.id,
            day=found.day,
            state="silent" if muted else "queued",
            late=found.late,
            begins=begins,
            ends=ends,
        )
        if post and not muted:
            await transaction.put("make_digest", post["id"], _PRIORITY)
            taken += 1
    return taken


async def _candidates(transaction: Transaction) -> list[Row]:
    """Plans of chats that can be written to and have something to tell, with the dates taken lately."""
    return await transaction.all(
        "select c.*, d.id as digest_id, d.at, d.weekdays, d.thread_id, d.when_empty, d.quiet_from, d.quiet_until,"
        " d.muted_until, d.alerts, d.alerts_a_day, d.topic_managers, d.since,"
        " array(select p.day from posts p where p.digest_id = d.id and p.day > %(since)s) as taken,"
        " (select max(p.ends) from posts p where p.digest_id = d.id and p.state <> 'failed' and p.ends <= %(now)s)"
        " as ended from digests d join chats c on c.id = d.chat_id where c.active"
        " and (exists (select from topics t where t.chat_id = c.id and not t.paused)"
        " or exists (select from followers f where f.member_id = c.id))",
        since=(transaction.now - _TAKEN_DAYS).date(),
    )


async def begin(transaction: Transaction, post_id: int) -> Post | None:
    """A digest that is still to be made; the attempt is counted."""
    row = await transaction.one(
        "update posts p set attempts = p.attempts + 1 from digests d"
        " where p.id = %(id)s and p.state = 'queued' and d.id = p.digest_id"
        " returning d.*, p.id as post_id, p.day, p.late, p.begins, p.ends, p.attempts",
        id=post_id,
    )
    if row is None:
        return None
    return Post(row["post_id"], _plan(row), row["day"], row["late"], row["begins"], row["ends"], row["attempts"])


async def settle(transaction: Transaction, post: Post, state: PostState) -> int | None:
    """A digest goes out with this transaction, or not at all; gives its chat's number by now, None where another
    process was faster.
    """
    row = await transaction.one(
        "update posts p set state = %(state)s from digests d where p.id = %(id)s and p.state = 'queued'"
        " and d.id = p.digest_id returning d.chat_id",
        id=post.id,
        state=state,
    )
    return row["chat_id"] if row else None


async def forgotten_by_the_queue(transaction: Transaction) -> int:
    """Have made what was taken and lost its job; gives how many those are."""
    rows = await transaction.all(
        "select p.id from posts p where p.state = 'queued' and p.taken_at < %(before)s and not exists"
        " (select from procrastinate_jobs j where j.status in ('todo', 'doing') and j.task_name = 'make_digest'"
        " and (j.args->>'number')::bigint = p.id)",
        before=transaction.now - _LOST_AFTER,
    )
    for row in rows:
        await transaction.put("make_digest", row["id"], _PRIORITY)
    return len(rows)


async def clear(transaction: Transaction) -> None:
    """Forget what was posted and told long ago."""
    await transaction.run("delete from posts where taken_at < %(now)s - %(kept)s", kept=_KEPT)
    await transaction.run("delete from alerts where told_at < %(now)s - %(kept)s", kept=_KEPT)


# What was told


async def keep_told(transaction: Transaction, post_id: int, stories: Sequence[Told]) -> None:
    """Remember which stories a digest told; of topics and articles that are still there."""
    for story in stories:
        await transaction.run(
            "insert into told (post_id, topic_id, chat_id, lead_id, article_ids, began, day)"
            " select %(post)s, t.id, t.chat_id, a.id, %(articles)s, %(began)s, %(day)s from topics t, articles a"
            " where t.id = %(topic)s and a.id = %(lead)s",
            post=post_id,
            topic=story.topic_id,
            lead=story.lead_id,
            articles=list(story.article_ids),
            began=story.began,
            day=story.day,
        )


async def told_lately(scope: Scope, topic_id: int, digest_id: int, since: date, limit: int) -> list[Told]:
    """The stories of a topic that one digest told on some days, the latest first."""
    rows = await scope.all(
        "select o.* from told o join posts p on p.id = o.post_id where o.chat_id = %(chat)s and o.topic_id = %(topic)s"
        " and p.digest_id = %(digest)s and o.day >= %(since)s order by o.day desc, o.id limit %(limit)s",
        topic=topic_id,
        digest=digest_id,
        since=since,
        limit=limit,
    )
    return [_told(row) for row in rows]


# Breaking news


async def with_alerts(transaction: Transaction) -> list[DigestPlan]:
    """The plans of chats that want to be told of breaking news, and can be."""
    rows = await transaction.all(
        "select d.* from digests d join chats c on c.id = d.chat_id where d.alerts and c.active"
        " and (d.muted_until is null or d.muted_until <= %(now)s)"
        " and exists (select from topics t where t.chat_id = c.id and not t.paused) order by d.id"
    )
    return [_plan(row) for row in rows]


async def hold(transaction: Transaction, plan: DigestPlan) -> bool:
    """Have a plan for oneself until the transaction ends; false where another process has it."""
    row = await transaction.one("select id from digests where id = %(id)s for update skip locked", id=plan.id)
    return row is not None


async def alerted(transaction: Transaction, plan: DigestPlan, article_ids: Sequence[int]) -> set[int]:
    """Those articles that were part of a breaking story already."""
    rows = await transaction.all(
        "select article_id from alerts where digest_id = %(digest)s and article_id = any(%(ids)s)",
        digest=plan.id,
        ids=list(article_ids),
    )
    return {row["article_id"] for row in rows}


async def alerts_since(transaction: Transaction, plan: DigestPlan, since: datetime) -> int:
    """How many breaking stories were told since then."""
    row = await transaction.only(
        "select count(*) as count from alerts where digest_id = %(digest)s and leads and told_at >= %(since)s",
        digest=plan.id,
        since=since,
    )
    return int(row["count"])


async def keep_alert(transaction: Transaction, plan: DigestPlan, lead_id: int, article_ids: Sequence[int]) -> None:
    """A story is being told as breaking, or an article joins one that was: neither is told again."""
    await transaction.run(
        "insert into alerts (digest_id, article_id, told_at, leads)"
        " select %(digest)s, id, %(now)s, id = %(lead)s from unnest(%(ids)s::bigint[]) as t (id)"
        " on conflict do nothing",
        digest=plan.id,
        lead=lead_id,
        ids=list(article_ids),
    )


def _plan(row: Row | dict[str, Any]) -> DigestPlan:
    return DigestPlan(
        id=row["id"],
        chat_id=row["chat_id"],
        at=row["at"],
        weekdays=frozenset(row["weekdays"]),
        thread_id=row["thread_id"],
        when_empty=row["when_empty"],
        quiet=(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] is not None else None,
        muted_until=row["muted_until"],
        alerts=row["alerts"],
        alerts_a_day=row["alerts_a_day"],
        topic_managers=row["topic_managers"],
        since=row["since"],
    )


def _told(row: Row) -> Told:
    return Told(row["topic_id"], row["lead_id"], tuple(row["article_ids"]), row["began"], row["day"])

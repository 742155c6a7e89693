"""When a digest is due: each local date once, whatever its zone and the clocks do, and no flood after an outage."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.due import due, is_quiet, moment, next_due
from services.models import DigestPlan
from services.store import Store, chats, digests, open_store, topics
from services.store.digests import Post

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
JAKARTA, AMSTERDAM, LOS_ANGELES = (
    ZoneInfo(name) for name in ("Asia/Jakarta", "Europe/Amsterdam", "America/Los_Angeles")
)


def a_plan(at: time = time(7), **fields: object) -> DigestPlan:
    plan = DigestPlan(
        id=1, chat_id=-1, at=at, weekdays=frozenset(range(1, 8)), thread_id=None, when_empty="line", quiet=None,
        muted_until=None, alerts=False, alerts_a_day=3, topic_managers="everyone", since=ALWAYS,
    )  # fmt: skip
    return replace(plan, **fields)  # type: ignore[arg-type]  # the fields are the plan's own


def local(text: str, zone: ZoneInfo = JAKARTA, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def day_of(plan: DigestPlan, zone: ZoneInfo, now: datetime, *taken: date) -> date | None:
    found = due(plan, zone, now, taken)
    return found.day if found else None


def test_it_is_due_from_its_time_on_and_once() -> None:
    plan, monday = a_plan(), date(2026, 11, 23)
    assert day_of(plan, JAKARTA, local("2026-11-23T06:59:59"), date(2026, 11, 22)) is None
    assert day_of(plan, JAKARTA, local("2026-11-23T07:00"), date(2026, 11, 22)) == monday
    assert day_of(plan, JAKARTA, local("2026-11-23T07:00"), monday) is None


def test_a_late_one_says_so_and_waits_for_the_end_of_quiet_hours() -> None:
    plan = a_plan(quiet=(time(22), time(6)))
    late = due(plan, JAKARTA, local("2026-11-23T12:00"), ())
    assert late
    assert late.late
    on_time = due(plan, JAKARTA, local("2026-11-23T07:10"), ())
    assert on_time
    assert not on_time.late
    assert due(plan, JAKARTA, local("2026-11-23T23:30"), ()) is None
    assert day_of(plan, JAKARTA, local("2026-11-24T06:30")) == date(2026, 11, 23)
    assert is_quiet(plan, JAKARTA, local("2026-11-24T05:59"))
    assert not is_quiet(plan, JAKARTA, local("2026-11-24T06:00"))


def test_after_an_outage_only_the_latest_date_is_made() -> None:
    plan, known = a_plan(), date(2026, 11, 10)
    now = local("2026-11-23T15:00")
    assert day_of(plan, JAKARTA, now, known) == date(2026, 11, 23)
    assert day_of(plan, JAKARTA, now, known, date(2026, 11, 23)) is None


def test_only_on_its_weekdays() -> None:
    plan = a_plan(weekdays=frozenset((1, 2, 3, 4, 5)))
    friday, sunday = date(2026, 11, 20), local("2026-11-22T09:00")
    assert day_of(plan, JAKARTA, sunday) == friday
    assert day_of(plan, JAKARTA, sunday, friday) is None
    assert next_due(plan, JAKARTA, sunday) == local("2026-11-23T07:00")
    assert due(a_plan(weekdays=frozenset()), JAKARTA, sunday, ()) is None


def test_nothing_from_before_it_was_wanted() -> None:
    plan = a_plan(since=local("2026-11-23T12:00"))
    assert day_of(plan, JAKARTA, local("2026-11-23T12:01")) is None
    assert day_of(plan, JAKARTA, local("2026-11-24T07:00")) == date(2026, 11, 24)


def test_an_hour_that_the_spring_leaves_out_and_one_that_the_autumn_repeats() -> None:
    plan = a_plan(time(2, 30))
    assert moment(date(2027, 3, 28), plan.at, AMSTERDAM) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert moment(date(2026, 10, 25), plan.at, AMSTERDAM) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = local("2026-10-25T02:30", AMSTERDAM, fold=1)
    assert day_of(plan, AMSTERDAM, again, date(2026, 10, 25)) is None


def test_a_clock_put_back_makes_nothing_again_and_one_far_ahead_stops_nothing() -> None:
    plan, monday = a_plan(), date(2026, 11, 23)
    assert day_of(plan, JAKARTA, local("2026-11-23T06:00"), monday) is None
    assert day_of(plan, JAKARTA, local("2026-11-24T07:00"), monday, date(2027, 11, 23)) == date(2026, 11, 24)


def test_moving_the_chat_to_another_zone_makes_no_date_twice() -> None:
    plan, monday = a_plan(), date(2026, 11, 23)
    # Monday's digest came in Jakarta; Los Angeles has Monday's seven o'clock fifteen hours later.
    assert day_of(plan, LOS_ANGELES, local("2026-11-23T07:00", LOS_ANGELES), date(2026, 11, 22), monday) is None
    assert day_of(plan, LOS_ANGELES, local("2026-11-24T07:00", LOS_ANGELES), monday) == date(2026, 11, 24)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["Europe/Amsterdam", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Jakarta"]),
    st.times(),
    st.integers(1_100_000_000, 2_050_000_000),
    st.sets(st.integers(1, 7), min_size=1),
)
def test_what_is_due_next_is_due_then(zone_name: str, at: time, seconds: int, weekdays: set[int]) -> None:
    zone = ZoneInfo(zone_name)
    plan = a_plan(at.replace(second=0, microsecond=0), weekdays=frozenset(weekdays))
    coming = next_due(plan, zone, datetime.fromtimestamp(seconds, UTC))
    assert coming
    found = due(plan, zone, coming, ())
    assert found
    assert found.at == coming
    assert not found.late


# A year of it, on the real database

ZONES = (
    *("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Chatham"),
    "Atlantic/Azores",
)
HOURS = (time(2, 30), time(2, 30), time(2, 15), time(0, 30), time(3), time(0, 30))
FIRST, DAYS = date(2027, 1, 1), 366
LAST = FIRST + timedelta(days=DAYS)
OUTAGE = date(2027, 8, 2), date(2027, 8, 6)


@dataclass
class Replica:
    """A process with a clock of its own, which is a little wrong and is put right now and then."""

    store: Store
    time: Clock2
    queue: list[int] = field(default_factory=list)


@dataclass
class Clock2:
    """A clock that follows a common one at a distance."""

    now: datetime = ALWAYS
    wrong: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.now + self.wrong


async def test_a_year_of_digests_by_three_replicas_that_are_killed_at_random(database: str) -> None:
    rng = random.Random(5)
    made: Counter[tuple[int, date]] = Counter()
    async with AsyncExitStack() as stack:
        replicas = []
        for _ in range(3):
            clock = Clock2()
            replicas.append(Replica(await stack.enter_async_context(open_store(database, clock)), clock))
        zones = await _chats(replicas[0], datetime(2026, 12, 31, 12, tzinfo=UTC))
        for now in _moments(rng):
            alive = rng.sample(replicas, rng.choice((1, 2, 3)))
            for replica in alive:
                replica.time.now, replica.time.wrong = now, timedelta(seconds=rng.randint(-240, 240))
            await asyncio.gather(*(_tick(replica, rng.random() < 0.15) for replica in alive))
            for replica in alive:
                await _work(replica, made, rng)
        for replica in replicas:
            replica.time.now, replica.time.wrong = now + timedelta(minutes=30), timedelta(0)
            await _work(replica, made, rng, kills=False)
    outage = {OUTAGE[0] + timedelta(days=number) for number in range((OUTAGE[1] - OUTAGE[0]).days)}
    expected = {(chat, FIRST + timedelta(days=number)) for chat in zones for number in range(DAYS)}
    late = [chat for chat, day in made if day in outage]
    assert set(made.values()) == {1}
    assert {one for one in made if one[1] not in outage and one[1] < LAST} == {
        one for one in expected if one[1] not in outage and one[1] < LAST
    }
    assert len(late) == len(set(late)) > 0, "after an outage one digest is made, not one a day"


async def _chats(replica: Replica, now: datetime) -> dict[int, str]:
    replica.time.now = now
    found = {}
    async with replica.store.transaction() as transaction:
        for number, (zone, at) in enumerate(zip(ZONES, HOURS, strict=True), 1):
            await chats.meet(
                transaction, -number, "supergroup", zone, None, language="id", timezone=zone, sure_from=0.6
            )
            scope = transaction.scope(-number)
            await topics.add(scope, "banjir", "banjir", None)
            await digests.change(scope, "at", at)
            found[-number] = zone
    return found


def _moments(rng: random.Random) -> Iterator[datetime]:
    """Soon after each digest is due, so that all replicas ask at once, and at any other time; not in the outage."""
    moments = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if OUTAGE[0] <= day < OUTAGE[1]:
            continue
        for zone, at in zip(ZONES, HOURS, strict=True):
            moments.append(moment(day, at, ZoneInfo(zone)) + timedelta(seconds=rng.randint(300, 900)))
        moments.append(datetime.combine(day, time(12), UTC) + timedelta(seconds=rng.randint(0, 40_000)))
    yield from sorted(moments)


async def _tick(replica: Replica, killed: bool) -> None:
    """A tick of the clock; `killed` before its transaction was committed."""
    try:
        async with replica.store.transaction() as transaction:
            await digests.take_due(transaction, lambda _: True)
            if killed:
                raise ConnectionAbortedError
    except ConnectionAbortedError:
        pass


async def _work(replica: Replica, made: Counter[tuple[int, date]], rng: random.Random, *, kills: bool = True) -> None:
    """Make what is queued, as any worker would; one that is killed leaves its job to the next."""
    async with replica.store.transaction() as transaction:
        rows = await transaction.all("select (args->>'number')::bigint as number from procrastinate_jobs")
    for row in rows:
        if kills and rng.random() < 0.1:
            continue
        async with replica.store.transaction() as transaction:
            post = await digests.begin(transaction, row["number"])
        if post:
            await _make(replica, post, made, kills and rng.random() < 0.1)


async def _make(replica: Replica, post: Post, made: Counter[tuple[int, date]], killed: bool) -> None:
    try:
        async with replica.store.transaction() as transaction:
            chat = await digests.settle(transaction, post, "posted")
            if killed:
                raise ConnectionAbortedError
            await transaction.run("delete from procrastinate_jobs where (args->>'number')::bigint = %(id)s", id=post.id)
    except ConnectionAbortedError:
        return
    if chat is not None:
        made[chat, post.day] += 1


@pytest.mark.parametrize("state", ["posted", "silent"])
async def test_a_digest_is_settled_once(database: str, state: digests.PostState) -> None:
    clock = Clock2(local("2026-11-22T12:00"))
    async with open_store(database, clock) as store:
        async with store.transaction() as transaction:
            await chats.meet(
                transaction, -1, "supergroup", "x", None, language="id", timezone="Asia/Jakarta", sure_from=0.6
            )
            await topics.add(transaction.scope(-1), "banjir", "banjir", None)
            await digests.plan_of(transaction.scope(-1))
        clock.now = local("2026-11-23T07:00")
        async with store.transaction() as transaction:
            assert await digests.take_due(transaction, lambda _: True) == 1
            assert await digests.take_due(transaction, lambda _: True) == 0
            (row,) = await transaction.all("select id from posts")
            post = await digests.begin(transaction, row["id"])
            assert post
            assert await digests.settle(transaction, post, state) == -1
            assert await digests.settle(transaction, post, state) is None
            assert await digests.begin(transaction, row["id"]) is None

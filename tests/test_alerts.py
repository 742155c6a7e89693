"""Breaking stories: told once, when several outlets tell them within an hour, and not at any price."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from builders import Clock, a_share, an_annotation, an_article, an_outlet

from handlers.alerts import tell_breaking
from handlers.texts import texts
from services.models import Team
from services.store import Scope, Store, articles, chats, digests, shares, topics

CHAT = -1
TITLES = (
    "Tanggul Sungai Wulan Jebol, Banjir Rob Rendam 412 Rumah di Demak",
    "Banjir Rob Rendam 412 Rumah di Demak Setelah Tanggul Sungai Wulan Jebol",
    "412 Rumah di Demak Terendam Banjir Rob, Tanggul Sungai Wulan Jebol",
    "Tanggul Wulan Jebol, 412 Rumah di Demak Terendam Banjir Rob",
)
TEXT = (
    "Banjir rob merendam 412 rumah di Kabupaten Demak setelah tanggul Sungai Wulan jebol pada Sabtu dini hari. "
    "Sebanyak 1.300 warga mengungsi ke balai desa, kata Bupati Hendra Wiguna."
)


def allowed(_: Team) -> bool:
    return True


async def settle_in(store: Store, clock: Clock, **plan: object) -> None:
    clock.now = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    async with store.transaction() as transaction:
        await chats.meet(
            transaction, CHAT, "supergroup", "Redaksi", None, language="id", timezone="Asia/Jakarta", sure_from=0.6
        )
        scope = transaction.scope(CHAT)
        await topics.add(scope, "rob", '"banjir rob"', None)
        await digests.change(scope, "alerts", True)
        await digests.change(scope, "alerts_a_day", plan.get("most", 3))
        if quiet := plan.get("quiet"):
            await digests.keep_quiet(scope, quiet)  # type: ignore[arg-type]  # two times of the day


async def publish(store: Store, clock: Clock, count: int, *, first: int = 0, ago: timedelta = timedelta(0)) -> None:
    """Let so many outlets tell the story."""
    async with store.transaction() as transaction:
        scope = transaction.scope(CHAT)
        for number in range(first, first + count):
            await tell(scope, number, clock.now - ago)


async def tell(scope: Scope, number: int, at: datetime) -> None:
    outlet = replace(an_outlet(f"Media {number}"), domain=f"media{number}.example")
    article = an_article(
        title=TITLES[number % len(TITLES)],
        text=TEXT,
        url=f"https://media{number}.example/rob",
        outlet=outlet,
        published=at,
    )
    kept, _ = await articles.keep(scope, an_annotation(article=article, summary=(TEXT,)), [f"rob {number}"])
    share = await a_share(scope, f"https://media{number}.example/rob")
    await shares.finish(scope, share.id, kept.id)


async def told(store: Store) -> list[str]:
    async with store.transaction() as transaction:
        rows = await transaction.all("select payload->>'text' as text from outbox where role = 'reply' order by id")
    return [row["text"] for row in rows]


async def test_a_story_of_three_outlets_is_told_once(store: Store, clock: Clock) -> None:
    await settle_in(store, clock)
    await publish(store, clock, 2)
    assert await tell_breaking(store, allowed) == 0
    await publish(store, clock, 1, first=2)
    assert await tell_breaking(store, allowed) == 1
    assert await tell_breaking(store, allowed) == 0
    (text,) = await told(store)
    assert text.startswith("⚡ " + texts("id")("digest.breaking", topic="rob"))
    assert "Media 0" in text
    # Who joins later makes no news of it.
    clock.now += timedelta(minutes=20)
    await publish(store, clock, 3, first=3)
    assert await tell_breaking(store, allowed) == 0


@pytest.mark.parametrize(
    ("plan", "ago"),
    [
        ({"quiet": (time(9), time(11))}, timedelta(0)),
        ({"most": 0}, timedelta(0)),
        ({}, timedelta(hours=5)),
    ],
    ids=["quiet hours", "enough for today", "found late"],
)
async def test_what_is_not_told(store: Store, clock: Clock, plan: dict[str, object], ago: timedelta) -> None:
    await settle_in(store, clock, **plan)
    await publish(store, clock, 4, ago=ago)
    assert await tell_breaking(store, allowed) == 0
    assert await told(store) == []


async def test_a_chat_that_may_not_or_does_not_want_to_hears_nothing(store: Store, clock: Clock) -> None:
    await settle_in(store, clock)
    await publish(store, clock, 4)
    assert await tell_breaking(store, lambda _: False) == 0
    async with store.transaction() as transaction:
        await digests.change(transaction.scope(CHAT), "muted_until", clock.now + timedelta(hours=1))
    assert await tell_breaking(store, allowed) == 0

"""Making digests on the real database: once, about what came since the last, and with what goes on from day to day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict

import pytest
from builders import Clock, a_figure, a_share, a_tone, an_annotation, an_article, an_outlet

from handlers.digest_maker import DigestMaker
from handlers.texts import texts
from services.delivery import Answer
from services.models import Language, Team, WhenEmpty
from services.store import Store, articles, chats, digests, shares, topics


class Defaults(TypedDict):
    """What a new chat begins with."""

    language: Language
    timezone: str
    sure_from: float


GROUP, MEMBER = -1, 77
DEFAULTS: Defaults = {"language": "id", "timezone": "Asia/Jakarta", "sure_from": 0.6}
FIRST = "Banjir rob merendam 412 rumah di Kabupaten Demak setelah tanggul Sungai Wulan jebol pada Jumat malam."
SECOND = "Sebanyak 90 keluarga korban banjir rob di Kabupaten Demak pulang setelah tanggul Sungai Wulan ditambal."
WORDS = texts("id")


@dataclass
class NoTelegram:
    """Says who is in the group."""

    status: str = "member"
    ok: bool = True

    async def call(self, *_: object, **__: object) -> Answer:
        if not self.ok:
            return Answer("unknown")
        return Answer("answered", ok=True, result={"status": self.status})

    async def download(self, *_: object, **__: object) -> bytes:
        return b""


def allowed(_: Team) -> bool:
    return True


async def settle_in(store: Store, clock: Clock, when_empty: WhenEmpty = "line") -> int:
    """A group that follows something, whose digest comes at seven in Jakarta; gives the topic's number."""
    clock.now = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
    async with store.transaction() as transaction:
        await chats.meet(transaction, GROUP, "supergroup", "Redaksi", None, **DEFAULTS)
        await chats.meet(transaction, MEMBER, "private", "Ani", None, **DEFAULTS)
        topic = await topics.add(transaction.scope(GROUP), "rob", '"banjir rob"', None)
        await digests.change(transaction.scope(GROUP), "when_empty", when_empty)
    return topic.id


async def publish(store: Store, clock: Clock, text: str, number: int) -> None:
    clock.now += timedelta(minutes=5)
    async with store.transaction() as transaction:
        scope = transaction.scope(GROUP)
        outlet = replace(an_outlet(f"Media {number}"), domain=f"media{number}.example")
        url = f"https://media{number}.example/a"
        article = an_article(title=text[:60], text=text, url=url, outlet=outlet, published=clock.now)
        annotation = an_annotation(article=article, summary=(text,), tone=a_tone("negative"), figures=(a_figure(),))
        kept, _ = await articles.keep(scope, annotation, [url])
        share = await a_share(scope, url)
        await shares.finish(scope, share.id, kept.id)


async def tick(store: Store, telegram: NoTelegram, runs: int = 2) -> list[str]:
    """The clock ticks, and what is due is made, its job running twice; gives what is to be sent."""
    maker = DigestMaker(store, telegram, allowed)
    async with store.transaction() as transaction:
        await digests.take_due(transaction, allowed)
        posts = await transaction.all("select id from posts where state = 'queued' order by id")
    for post in posts:
        for _ in range(runs):
            await maker.make(post["id"], 0)
    async with store.transaction() as transaction:
        rows = await transaction.all(
            "delete from outbox where role = 'reply' returning chat_id, coalesce(payload->>'text', 'photo') as text"
        )
    return [row["text"].replace("\u2063", "") for row in rows]


async def test_a_digest_tells_what_came_since_the_last_and_what_goes_on(store: Store, clock: Clock) -> None:
    await settle_in(store, clock)
    await publish(store, clock, FIRST, 1)
    clock.now = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
    first, picture = await tick(store, NoTelegram())
    assert (FIRST in first, picture) == (True, "photo")
    assert WORDS("digest.counts", articles="1", stories="1") in first
    assert await tick(store, NoTelegram()) == []
    await publish(store, clock, SECOND, 2)
    clock.now += timedelta(days=1)
    second, _ = await tick(store, NoTelegram())
    assert SECOND in second
    assert FIRST not in second
    assert WORDS("digest.day", number="2") in second


@pytest.mark.parametrize(("when_empty", "messages"), [("line", 1), ("silence", 0)])
async def test_a_day_without_news(store: Store, clock: Clock, when_empty: WhenEmpty, messages: int) -> None:
    await settle_in(store, clock, when_empty)
    clock.now += timedelta(days=1)
    assert len(await tick(store, NoTelegram())) == messages


async def test_a_chat_that_was_muted_gets_nothing_and_then_goes_on(store: Store, clock: Clock) -> None:
    await settle_in(store, clock)
    async with store.transaction() as transaction:
        await digests.change(transaction.scope(GROUP), "muted_until", clock.now + timedelta(hours=24))
    clock.now += timedelta(hours=23, minutes=30)
    assert await tick(store, NoTelegram()) == []
    clock.now += timedelta(days=1)
    assert len(await tick(store, NoTelegram())) == 1


async def test_who_left_follows_nothing_and_who_cannot_be_asked_about_waits(store: Store, clock: Clock) -> None:
    topic_id = await settle_in(store, clock)
    async with store.transaction() as transaction:
        await topics.follow(transaction.scope(GROUP), topic_id, MEMBER)
        await digests.plan_of(transaction.scope(MEMBER))
        await topics.change(transaction.scope(GROUP), topic_id, "paused", False)
    await publish(store, clock, FIRST, 1)
    clock.now += timedelta(days=1)
    with pytest.raises(RuntimeError):
        await tick(store, NoTelegram(ok=False))
    told = await tick(store, NoTelegram())
    assert sum(FIRST in text for text in told) == 2
    assert any("Redaksi" in text for text in told)
    clock.now += timedelta(days=1)
    await tick(store, NoTelegram(status="left"))
    async with store.transaction() as transaction:
        assert await topics.followed_by(transaction, MEMBER) == []

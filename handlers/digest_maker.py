"""A digest that is due goes in; its messages go to the outbox, in the transaction that settles it: once, or not at all.

What it tells is read and composed before that, outside of any lock. A job may run twice: the second finds it settled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers import charts
from handlers.card_text import Card, shorten
from handlers.context import BotApi
from handlers.digests import digest_messages
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard, edit_payload, file_payload, message_payload
from handlers.preview import items_of
from handlers.texts import Texts, texts
from handlers.trends import chart_words
from services import tokens
from services.digest import (
    Digest,
    Earlier,
    Item,
    TopicNews,
    count_by_day,
    count_tones,
    find_rising,
    find_stories,
    share_of_week,
)
from services.due import is_quiet, moment
from services.models import Team, Topic
from services.query import Named, parse, parts_of
from services.store import Scope, Store, chats, digests, errands, files, matches, outbox, topics
from services.store.digests import Post, Told
from services.store.errands import Errand

_MOST_FOUND, _MOST_READ = 5_000, 600
_MOST_ATTEMPTS = 10
_PICTURE_DAYS = 14
_WEEK = timedelta(days=7)
_FOLLOWED = timedelta(days=8)
"""A story that wasn't told for so long is a new one."""
_MOST_TOLD_BEFORE, _MOST_KEPT = 200, 60
_MOST_BUTTONS, _LABEL = 8, 30
_MEMBERS = ("creator", "administrator", "member", "restricted")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A topic, the chat that it is of, and how that is called where the digest isn't that chat's own."""

    topic: Topic
    chat_id: int
    of_chat: str | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What a digest is about: a local date, and the moments between which something came."""

    day: date
    begins: datetime
    ends: datetime
    late: bool = False
    digest_id: int | None = None


@dataclass(frozen=True, slots=True)
class DigestMaker:
    """Makes digests. `may_use` says whether a chat may use the bot, `api` who is still in which chat."""

    store: Store
    api: BotApi
    may_use: Callable[[Team], bool | None]

    async def make(self, post_id: int, job_id: int) -> None:
        """Make the digest of one chat and date."""
        async with self.store.transaction() as transaction:
            post = await digests.begin(transaction, post_id)
            team = await chats.find(transaction, post.plan.chat_id) if post else None
        if post is None or team is None:
            return
        if post.attempts > _MOST_ATTEMPTS:
            logger.error("job %s: digest %s broke off too often", job_id, post.id)
            async with self.store.transaction() as transaction:
                await digests.settle(transaction, post, "failed")
            return
        stretch = _Stretch(post.day, post.begins, post.ends, post.late, post.plan.id)
        digest = await self._compose(team, stretch, await self._wanted(team))
        picture = await _picture(digest, texts(team.language))
        await self._post(post, team, digest, picture)
        logger.info("job %s: digest %s made", job_id, post.id)

    async def on_errand(self, errand: Errand, team: Team) -> None:
        """Somebody asked for a digest of a period: our message that says so becomes its first part."""
        words, zone = texts(team.language), ZoneInfo(team.timezone)
        begins, ends = (datetime.fromisoformat(errand.details[name]) for name in ("begins", "ends"))
        stretch = _Stretch((ends - timedelta(seconds=1)).astimezone(zone).date(), begins, ends)
        digest = await self._compose(team, stretch, await self._wanted(team))
        picture = await _picture(digest, words)
        async with self.store.transaction() as transaction:
            scope = transaction.scope(errand.chat_id)
            if not await errands.settle(scope, errand.id, "done"):
                return
            first, *rest = digest_messages(digest, words, zone)
            keyboard = _keyboard(digest, words)
            if errand.outbox_id is not None:
                await outbox.edit(scope, errand.outbox_id, edit_payload(first, () if rest else keyboard))
            for number, card in enumerate(rest, 1):
                shown = keyboard if number == len(rest) else ()
                await outbox.say(scope, message_payload(card, shown, thread_id=errand.thread_id))
            await _show(scope, picture, errand.thread_id)

    # What it is about

    async def _wanted(self, team: Team) -> list[_Wanted]:
        """The chat's topics, and those of other chats that its one member follows and may still see."""
        async with self.store.transaction() as transaction:
            own = await topics.of_chat(transaction.scope(team.id))
            followed = await topics.followed_by(transaction, team.id) if team.kind == "private" else []
        # Who follows a group's topics need not be allowed topics of their own any more.
        allowed = own if self.may_use(team) else []
        wanted = [_Wanted(topic, team.id, None) for topic in allowed if not topic.paused]
        seen: dict[int, bool] = {}
        for one in followed:
            chat_id = one.topic.chat_id
            if chat_id not in seen:
                seen[chat_id] = await self._may_see(chat_id, team.id)
            if seen[chat_id] and not one.topic.paused:
                wanted.append(_Wanted(one.topic, chat_id, one.chat_title))
        return wanted

    async def _may_see(self, chat_id: int, member_id: int) -> bool:
        """Whether a member is still in a chat; who left follows nothing there. Raises where nobody can tell."""
        async with self.store.transaction() as transaction:
            team = await chats.find(transaction, chat_id)
        if team is None or not team.active or not self.may_use(team):
            return False
        answer = await self.api.call("getChatMember", {"chat_id": chat_id, "user_id": member_id}, 10)
        if answer.ok:
            status = answer.result.get("status")
            if status in _MEMBERS and (status != "restricted" or answer.result.get("is_member")):
                return True
        elif answer.arrival != "answered" or answer.code not in (400, 403):
            raise RuntimeError("Telegram doesn't say who is in the chat")
        async with self.store.transaction() as transaction:
            await topics.unfollow_all(transaction.scope(chat_id), member_id)
        return False

    async def _compose(self, team: Team, stretch: _Stretch, wanted: Sequence[_Wanted]) -> Digest:
        news = [await self._news(team, stretch, one) for one in wanted]
        return Digest(stretch.day, stretch.begins, stretch.ends, stretch.late, tuple(news))

    async def _news(self, team: Team, stretch: _Stretch, wanted: _Wanted) -> TopicNews:
        """What came of one topic."""
        zone, topic = ZoneInfo(team.timezone), wanted.topic
        week_before = stretch.begins - _WEEK
        first = min(week_before, moment(stretch.day - timedelta(days=_PICTURE_DAYS - 1), time(0), zone))
        async with self.store.transaction() as transaction:
            scope = transaction.scope(wanted.chat_id)
            found = await matches.find(scope, topic, matches.Stretch(first, stretch.ends, zone, _MOST_FOUND))
            now = [one for one in found if one.at > stretch.begins]
            before = [one for one in found if week_before < one.at <= stretch.begins]
            items = await items_of(scope, now[:_MOST_READ])
            earlier = await _earlier(scope, topic, stretch) if items else []
            named = await matches.names(scope, [one.article_id for one in now])
            named_before = await matches.names(scope, [one.article_id for one in before])
        stories = await asyncio.to_thread(find_stories, items, earlier, stretch.day)
        asked = [tokens.fold(part.name) for part in parts_of(parse(topic.query)) if isinstance(part, Named)]
        return TopicNews(
            topic_id=topic.id,
            name=topic.name,
            of_chat=wanted.of_chat,
            counts=count_tones([one.tone for one in now]),
            before=count_tones([one.tone for one in before]),
            stories=stories,
            rising=find_rising(named, named_before, share_of_week(stretch.begins, stretch.ends), asked),
            days=count_by_day([(one.at, one.tone) for one in found], stretch.day, _PICTURE_DAYS, zone),
        )

    # What is sent

    async def _post(self, post: Post, team: Team, digest: Digest, picture: bytes | None) -> None:
        words, zone = texts(team.language), ZoneInfo(team.timezone)
        silent = digest.empty and post.plan.when_empty == "silence"
        async with self.store.transaction() as transaction:
            chat_id = await digests.settle(transaction, post, "silent" if silent or not digest.topics else "posted")
            if chat_id is None or silent or not digest.topics:
                return
            scope = transaction.scope(chat_id)
            thread, hushed = post.plan.thread_id, is_quiet(post.plan, zone, transaction.now)
            cards = digest_messages(digest, words, zone)
            for number, card in enumerate(cards, 1):
                keyboard = _keyboard(digest, words) if number == len(cards) else ()
                payload = message_payload(card, keyboard, thread_id=thread, silent=hushed or number > 1)
                await outbox.say(scope, payload)
            await _show(scope, picture, thread)
            for topic in digest.topics:
                await digests.keep_told(transaction, post.id, _told(topic, digest.day))


async def _earlier(scope: Scope, topic: Topic, stretch: _Stretch) -> list[Earlier]:
    """The stories of the topic that the same digest told lately."""
    if stretch.digest_id is None:
        return []
    since = stretch.day - _FOLLOWED
    told = await digests.told_lately(scope, topic.id, stretch.digest_id, since, _MOST_TOLD_BEFORE)
    told = [one for one in told if one.day < stretch.day]
    leads = {one.article_id: one for one in await matches.load(scope, [one.lead_id for one in told])}
    return [
        Earlier(
            Item(lead.article_id, lead.annotation, lead.at, by_meaning=False), frozenset(one.article_ids), one.began
        )
        for one in told
        if (lead := leads.get(one.lead_id))
    ]


def _told(topic: TopicNews, day: date) -> list[Told]:
    return [
        Told(topic.topic_id, story.lead.article_id, tuple(one.article_id for one in story.items), story.began, day)
        for story in topic.stories[:_MOST_KEPT]
    ]


def _keyboard(digest: Digest, words: Texts) -> Keyboard:
    """All articles of each own topic; less of it, another time."""
    named = [
        Button(
            f"🔔 {shorten(sanitise(topic.name), _LABEL)} ({words.whole(topic.counts.total)})",
            f"topic:news:{topic.topic_id}",
        )
        for topic in digest.topics
        if topic.counts.total and topic.of_chat is None
    ][:_MOST_BUTTONS]
    rows = [named[at : at + 2] for at in range(0, len(named), 2)]
    last = [Button(words("daily.mute"), "daily:mute:here"), Button(words("daily.button"), "daily:open")]
    return [*rows, last]


async def _picture(digest: Digest, words: Texts) -> bytes | None:
    """The last days of each topic in one picture; none where there is nothing to see."""
    rows = [(topic.name, tuple(topic.days)) for topic in digest.topics if topic.counts.total]
    if not rows:
        return None
    return await asyncio.to_thread(
        charts.topics_chart, words("digest.picture", days=_PICTURE_DAYS), rows, chart_words(words)
    )


async def _show(scope: Scope, picture: bytes | None, thread_id: int | None) -> None:
    if picture is None:
        return
    file_id = await files.keep(scope, "ringkasan.png", picture)
    payload = file_payload("photo", file_id, Card("", ()), thread_id=thread_id)
    await outbox.say(scope, {**payload, "disable_notification": True})

"""Topics whose chats want to hear of breaking news go in; a story that several outlets tell within an hour comes out.

Each story once in a chat, at most so many a day, none in quiet hours: what is held back stands in the digest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from handlers.digests import alert_card
from handlers.payloads import Button, message_payload
from handlers.preview import items_of
from handlers.texts import texts
from services.digest import Item, Story, find_stories
from services.due import is_quiet, moment
from services.models import DigestPlan, Team
from services.store import Store, Transaction, chats, digests, matches, outbox, topics
from services.store.matches import Stretch

_HOUR = timedelta(hours=1)
_FEWEST_OUTLETS = 3
_MOST_READ = 150


async def tell_breaking(store: Store, may_use: Callable[[Team], bool | None]) -> int:
    """Tell every chat what is breaking in its topics; gives how many stories those were."""
    async with store.transaction() as transaction:
        plans = await digests.with_alerts(transaction)
    told = 0
    for plan in plans:
        async with store.transaction() as transaction:
            team = await chats.find(transaction, plan.chat_id)
            if team and may_use(team) and await digests.hold(transaction, plan):
                told += await _tell(transaction, plan, team)
    return told


async def _tell(transaction: Transaction, plan: DigestPlan, team: Team) -> int:
    scope, zone = transaction.scope(team.id), ZoneInfo(team.timezone)
    if is_quiet(plan, zone, scope.now):
        return 0
    midnight = moment(scope.now.astimezone(zone).date(), time(0), zone)
    left = plan.alerts_a_day - await digests.alerts_since(transaction, plan, midnight)
    told = 0
    for topic in await topics.of_chat(scope):
        if topic.paused or told >= left:
            continue
        found = await matches.find(scope, topic, Stretch(scope.now - _HOUR, scope.now, zone, _MOST_READ))
        if len(found) < _FEWEST_OUTLETS:
            continue
        items = await items_of(scope, found)
        stories = await asyncio.to_thread(find_stories, items, (), scope.now.astimezone(zone).date())
        for story in stories:
            if told < left and await _is_news(transaction, plan, story):
                card = alert_card(topic.name, story, texts(team.language))
                more = Button(texts(team.language)("digest.all"), f"topic:news:{topic.id}")
                await outbox.say(scope, message_payload(card, [[more]], thread_id=plan.thread_id))
                told += 1
    return told


async def _is_news(transaction: Transaction, plan: DigestPlan, story: Story) -> bool:
    """Whether a story is breaking and wasn't told as that; from now on it was."""
    recent = [item for item in story.items if _is_recent(item, transaction)]
    outlets = Story(tuple(recent), "", story.began).outlets() if recent else []
    ids = [item.article_id for item in story.items]
    known = await digests.alerted(transaction, plan, ids)
    if not known and len(outlets) < _FEWEST_OUTLETS:
        return False
    await digests.keep_alert(transaction, plan, 0 if known else story.lead.article_id, ids)
    return not known


def _is_recent(item: Item, transaction: Transaction) -> bool:
    """Whether it was published lately, not only found lately."""
    return item.at > transaction.now - 2 * _HOUR

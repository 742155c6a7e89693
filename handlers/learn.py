"""A new topic goes in; what it means to the model is kept, and our message that waits tells what it would find."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from handlers.payloads import Button, edit_payload
from handlers.preview import preview_of
from handlers.texts import texts
from handlers.topics import PREVIEW_DAYS, topic_card
from services.annotate import Analyst
from services.due import next_due
from services.models import Team, Topic
from services.query import parse, plain_words
from services.store import Scope, Store, chats, digests, outbox, topics

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Learner:
    """Finds out what topics mean."""

    store: Store
    analyst: Analyst

    async def learn(self, topic_id: int, job_id: int) -> None:
        """Learn one topic: a few words have a meaning, a query of names and exceptions hasn't."""
        async with self.store.transaction() as transaction:
            waiting = await topics.to_learn(transaction, topic_id)
        if waiting is None:
            return
        topic, _ = waiting
        words = plain_words(parse(topic.query))
        vector = await asyncio.to_thread(self.analyst.meaning, words) if words else ()
        model = self.analyst.model
        async with self.store.transaction() as transaction:
            scope = transaction.scope(topic.chat_id)
            await topics.learnt(scope, topic.id, vector, f"{model.name}@{model.version}")
            # It may have been renamed or answered meanwhile.
            waiting = await topics.to_learn(transaction, topic_id)
            if waiting and waiting[1] is not None:
                await _tell(scope, waiting[0], waiting[1])
        logger.info("job %s: topic %s learnt", job_id, topic_id)


async def _tell(scope: Scope, topic: Topic, outbox_id: int) -> None:
    team = await chats.get(scope.transaction, topic.chat_id)
    words, zone = texts(team.language), ZoneInfo(team.timezone)
    preview = await preview_of(scope, topic, zone)
    note = words("topics.is_followed", when=await _when(scope, team))
    buttons = [
        Button(words("topics.all", days=PREVIEW_DAYS), f"topic:news:{topic.id}"),
        Button(words("topics.change"), f"topic:show:{topic.id}"),
    ]
    await outbox.edit(scope, outbox_id, edit_payload(topic_card(topic, preview, note, words, zone), [buttons]))
    await topics.told(scope, topic.id)


async def _when(scope: Scope, team: Team) -> str:
    """When the topic's first digest comes."""
    words, zone = texts(team.language), ZoneInfo(team.timezone)
    coming = next_due(await digests.plan_of(scope), zone, scope.now)
    return words("daily.comes", moment=words.instant(coming, zone)) if coming else words("daily.never")

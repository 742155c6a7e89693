"""APScheduler's ticks go in; housekeeping comes out. A tick only asks; what is due, the database decides."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from handlers.alerts import tell_breaking
from services.models import Team
from services.store import (
    Store,
    StoreUnavailable,
    articles,
    digests,
    entries,
    errands,
    feeds,
    files,
    inbox,
    outbox,
    searches,
    shares,
    topics,
)

_REVIVE_EVERY, _DUE_EVERY, _FIND_LOST_EVERY, _ALERT_EVERY, _FORGET_EVERY = 2, 5, 60, 120, 3600
_FEEDS_AT_ONCE, _TOPICS_AT_ONCE = 50, 100
_LOST_AFTER = timedelta(minutes=3)
_INBOX_DAYS, _OUTBOX_DAYS = 30, 30
_ENTERED_AT_ONCE = 500

_Tick = Callable[[Store], Awaitable[None]]

logger = logging.getLogger(__name__)


@asynccontextmanager
async def scheduled(store: Store, model: str, may_use: Callable[[Team], bool | None]) -> AsyncIterator[None]:
    """Ticks for as long as the context lasts; any number of processes may have them on one database.

    `model` is what topics are to be understood by, `may_use` says whether a chat may use the bot.
    """
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    minutely = ((work, _FIND_LOST_EVERY) for work in (_find_lost, _enter_missing, partial(_learn_missing, model)))
    due = (partial(_take_digests, may_use), _DUE_EVERY), (_take_feeds, _DUE_EVERY)
    breaking = partial(_tell_breaking, may_use), _ALERT_EVERY
    ticks: tuple[tuple[_Tick, int], ...] = (
        (_revive, _REVIVE_EVERY),
        *due,
        *minutely,
        breaking,
        (_forget, _FORGET_EVERY),
    )
    for work, seconds in ticks:
        scheduler.add_job(_quietly(work), "interval", args=(store,), seconds=seconds, misfire_grace_time=None)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _quietly(work: _Tick) -> _Tick:
    async def tick(store: Store) -> None:
        try:
            await work(store)
        except StoreUnavailable:
            logger.debug("no database for a tick")

    return tick


async def _revive(store: Store) -> None:
    """Give the jobs of a dead worker to a living one."""
    if revived := await store.jobs.revive():
        logger.info("%s jobs of a dead worker were taken over", revived)


async def _take_digests(may_use: Callable[[Team], bool | None], store: Store) -> None:
    """Have the digests made that are due."""
    async with store.transaction() as transaction:
        if taken := await digests.take_due(transaction, may_use):
            logger.info("%s digests are due", taken)


async def _take_feeds(store: Store) -> None:
    """Have the feeds read whose turn it is."""
    async with store.transaction() as transaction:
        await feeds.take_due(transaction, _FEEDS_AT_ONCE)


async def _tell_breaking(may_use: Callable[[Team], bool | None], store: Store) -> None:
    """Tell what is breaking to the chats that want to hear of it."""
    if told := await tell_breaking(store, may_use):
        logger.info("%s breaking stories were told", told)


async def _learn_missing(model: str, store: Store) -> None:
    """Let topics be understood by the model of now."""
    async with store.transaction() as transaction:
        for topic_id in await topics.meant_for(transaction, model, _TOPICS_AT_ONCE):
            await transaction.put("learn_topic", topic_id, 0)


async def _find_lost(store: Store) -> None:
    """Queue again what waits to be done although its job is gone."""
    async with store.transaction() as transaction:
        if lost := await feeds.forgotten_by_the_queue(transaction) + await digests.forgotten_by_the_queue(transaction):
            logger.warning("%s articles of feeds and digests had lost their jobs", lost)
        for share in await shares.forgotten_by_the_queue(transaction, transaction.now - _LOST_AFTER):
            logger.warning("share %s had lost its job", share.id)
            await shares.read_quietly(transaction.scope(share.chat_id), share)


async def _enter_missing(store: Store) -> None:
    """Let what was remembered by an older Warta be found."""
    async with store.transaction() as transaction:
        if entered := await articles.enter_missing(transaction, _ENTERED_AT_ONCE):
            logger.info("%s articles of before can be searched now", entered)


async def _forget(store: Store) -> None:
    """Forget what is older than each chat wants it kept."""
    async with store.transaction() as transaction:
        if forgotten := await shares.expire(transaction):
            logger.info("%s shares reached the end of their retention", forgotten)
        await inbox.clear(transaction, _INBOX_DAYS)
        await outbox.clear(transaction, _OUTBOX_DAYS)
        await searches.clear(transaction)
        await files.clear(transaction)
        await errands.clear(transaction)
        await feeds.clear(transaction)
        await digests.clear(transaction)
    async with store.transaction() as transaction:
        await entries.forget_unused_names(transaction)

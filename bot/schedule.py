"""APScheduler's ticks go in; housekeeping comes out. A tick only asks; what is due, the database decides."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services.store import Store, StoreUnavailable, articles, entries, errands, files, inbox, outbox, searches, shares

_REVIVE_EVERY, _FIND_LOST_EVERY, _FORGET_EVERY = 2, 60, 3600
_LOST_AFTER = timedelta(minutes=3)
_INBOX_DAYS, _OUTBOX_DAYS = 30, 30
_ENTERED_AT_ONCE = 500

logger = logging.getLogger(__name__)


@asynccontextmanager
async def scheduled(store: Store) -> AsyncIterator[None]:
    """Housekeeping for as long as the context lasts; any number of processes may do it on one database."""
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    minutely = ((work, _FIND_LOST_EVERY) for work in (_find_lost, _enter_missing))
    for work, seconds in ((_revive, _REVIVE_EVERY), *minutely, (_forget, _FORGET_EVERY)):
        scheduler.add_job(_quietly(work), "interval", args=(store,), seconds=seconds, misfire_grace_time=None)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _quietly(work: Callable[[Store], Awaitable[None]]) -> Callable[[Store], Awaitable[None]]:
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


async def _find_lost(store: Store) -> None:
    """Queue again what waits to be read although its job is gone."""
    async with store.transaction() as transaction:
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
    async with store.transaction() as transaction:
        await entries.forget_unused_names(transaction)

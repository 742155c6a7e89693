"""`warta run` and `warta worker`: settings go in, and the parts work together until the process is asked to end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.app import open_desks
from bot.database import database
from bot.exporting import export
from bot.poller import poll
from bot.reception import Reception, reader
from bot.schedule import scheduled
from bot.sender import Sender
from bot.settings import Settings
from bot.web import serve_metrics, serve_webhook
from handlers.context import Rules, may_use
from handlers.deliver import Reader
from handlers.digest_maker import DigestMaker
from handlers.errands import Errands
from handlers.feed_reader import FeedReader
from handlers.help import command_list
from handlers.incoming import read_update
from handlers.learn import Learner
from handlers.routes import Router
from handlers.texts import LANGUAGES, texts
from handlers.wire import Telegram
from services.annotate import Desk
from services.errors import UsageError
from services.models import Language, Team
from services.nlp.tone import SURE_FROM
from services.store import Lock, Store, StoreUnavailable, Task, Work, inbox, open_store
from services.syndication import FeedDesk

_EDGE = 0x77617274  # The lock of the one process that talks to Telegram.
_AT_A_TIME = 8
# Fetching waits for its site, annotating for a core: some articles of feeds on their way keep the cores busy, and two
# being annotated leave room for a card between them.
_FEEDS_AT_A_TIME, _ANNOTATED_AT_ONCE = 12, 2
_PARSERS = 2
_TRY_AGAIN = 2.0
_DEADLINE = 15.0

logger = logging.getLogger(__name__)


async def run_bot(settings: Settings, conninfo: str) -> None:
    """Run the bot with a worker inside, until a signal. Raises `UsageError` where it can't begin."""
    async with (
        _until_asked_to_end(),
        _telegram(settings) as telegram,
        open_store(conninfo) as store,
        asyncio.TaskGroup() as tasks,
    ):
        rules = await _rules(settings, telegram)
        _tell_who_may_use_it(rules)
        tasks.create_task(_receive(settings, telegram, store))
        tasks.create_task(_supervised("edge", lambda: _edge(telegram, store, rules)))
        tasks.create_task(_worker(settings, telegram, store, conninfo))
        tasks.create_task(_announce(telegram, settings.language))
        tasks.create_task(_watch_database(settings, store))


async def run_worker(settings: Settings, conninfo: str) -> None:
    """Read shares, until a signal."""
    async with (
        _until_asked_to_end(),
        _telegram(settings) as telegram,
        open_store(conninfo) as store,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(_worker(settings, telegram, store, conninfo))
        tasks.create_task(_watch_database(settings, store))


@asynccontextmanager
async def _until_asked_to_end() -> AsyncIterator[None]:
    """Ends its block at SIGINT and SIGTERM, in peace; a second signal, or a deadline, ends the process."""
    task, loop, asked = asyncio.current_task(), asyncio.get_running_loop(), False

    def end() -> None:
        nonlocal asked
        if asked:
            os._exit(1)
        asked = True
        logger.info("ending")
        # The queue's worker waits for a database that may be away.
        loop.call_later(_DEADLINE, os._exit, 1)
        if task:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        yield
    except asyncio.CancelledError:
        if not asked:
            raise


@asynccontextmanager
async def _telegram(settings: Settings) -> AsyncIterator[Telegram]:
    if not settings.bot_token:
        raise UsageError("usage", reason="token_missing")
    async with Telegram(settings.bot_token, settings.bot_api) as telegram:
        yield telegram


async def _rules(settings: Settings, telegram: Telegram) -> Rules:
    """Who the bot is and what the operator allows; waits for as long as Telegram can't be reached."""
    told = False
    while not (answer := await telegram.call("getMe", None, 10)).ok:
        if answer.code in (401, 404):
            raise UsageError("usage", reason="token_refused")
        if not told:
            logger.warning("Telegram can't be reached; trying until it can")
            told = True
        await asyncio.sleep(_TRY_AGAIN)
    me: Mapping[str, Any] = answer.result
    return Rules(
        bot_id=me["id"],
        username=me.get("username", ""),
        sees_everything=bool(me.get("can_read_all_group_messages")),
        owners=settings.owners,
        chats=settings.chats,
        chat_quota=settings.chat_quota,
        member_quota=settings.member_quota,
        language=settings.language,
        timezone=settings.timezone.key,
    )


def _tell_who_may_use_it(rules: Rules) -> None:
    if not rules.owners and not rules.chats:
        logger.warning(
            "ANYONE on Telegram may use this bot, in any chat: set WARTA_OWNERS (and WARTA_CHATS) to keep it yours"
        )


async def _receive(settings: Settings, telegram: Telegram, store: Store) -> None:
    """Take in updates for ever, by webhook or by asking."""

    async def keep(updates: Sequence[Mapping[str, Any]]) -> None:
        async with store.transaction() as transaction:
            await inbox.receive(transaction, updates)

    if settings.webhook_url:
        await _supervised("webhook", lambda: serve_webhook(settings, telegram, keep))
    else:
        await telegram.call("deleteWebhook", None, 10)
        await _supervised("poll", lambda: poll(telegram, keep))


async def _edge(telegram: Telegram, store: Store, rules: Rules) -> None:
    """Handle updates and send messages, as the only process on this database that does."""
    async with store.alone(_EDGE) as lock:
        if lock is None:
            await asyncio.sleep(_TRY_AGAIN)
            return
        received, outgoing = asyncio.Event(), asyncio.Event()
        router = Router(rules, telegram, SURE_FROM)
        read = reader(lambda raw: read_update(telegram.read_update(raw), rules.bot_id, rules.username))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep(lock))
            tasks.create_task(_wake(store, {"warta_inbox": received, "warta_outbox": outgoing}))
            tasks.create_task(Reception(store, router, telegram, read).run(received))
            tasks.create_task(Sender(store, telegram, lambda: datetime.now(UTC)).run(outgoing))


async def _keep(lock: Lock) -> None:
    """Ends with an error when the lock is lost, and with it the right to be the only one."""
    while True:
        await asyncio.sleep(_TRY_AGAIN)
        await lock.check()


async def _wake(store: Store, events: Mapping[str, asyncio.Event]) -> None:
    async for channel in store.listen(*events):
        events[channel].set()


async def _worker(settings: Settings, telegram: Telegram, store: Store, conninfo: str) -> None:
    """Read shares for ever."""
    threads = os.cpu_count() or 1
    async with open_desks(settings, threads=threads, parsers=_PARSERS) as (desk, feed_desk):
        allowed = partial(may_use, owners=settings.owners, allowed=settings.chats)
        model = desk.analyst.model
        async with scheduled(store, f"{model.name}@{model.version}", allowed):
            work = _work(telegram, store, desk, feed_desk, conninfo, allowed)
            if settings.metrics:
                async with serve_metrics(settings.metrics, store):
                    await _supervised("worker", lambda: store.jobs.work(work, _AT_A_TIME, _FEEDS_AT_A_TIME))
            else:
                await _supervised("worker", lambda: store.jobs.work(work, _AT_A_TIME, _FEEDS_AT_A_TIME))


def _work(  # noqa: PLR0913, PLR0917 - what the work is done with, each built once
    telegram: Telegram,
    store: Store,
    desk: Desk,
    feed_desk: FeedDesk,
    conninfo: str,
    allowed: Callable[[Team], bool | None],
) -> Mapping[Task, Work]:
    """Who does what is done in the background."""
    feed_reader = FeedReader(store, replace(desk, at_once=asyncio.Semaphore(_ANNOTATED_AT_ONCE)), feed_desk)
    digest_maker = DigestMaker(store, telegram, allowed)
    others = {"source": feed_reader.on_errand, "digest": digest_maker.on_errand}
    logger.info("ready")
    return {
        "read_share": Reader(store, desk, telegram).read,
        "run_errand": Errands(store, telegram, partial(export, conninfo), others).run,
        "learn_topic": Learner(store, desk.analyst).learn,
        "make_digest": digest_maker.make,
        "read_feed": feed_reader.read_feed,
        "read_item": feed_reader.read_item,
    }


async def _announce(telegram: Telegram, default: Language) -> None:
    """Tell Telegram the commands, in both languages; the operator's is the default."""
    for code, language in ((None, default), *((language, language) for language in LANGUAGES)):
        await telegram.call("setMyCommands", {"commands": command_list(texts(language)), "language_code": code})


async def _watch_database(settings: Settings, store: Store) -> None:
    """Start the embedded database again should it die; everything else only waits for it."""
    while not settings.database_url:
        await asyncio.sleep(_TRY_AGAIN)
        try:
            await store.check()
        except StoreUnavailable:
            logger.warning("the embedded database has ended; starting it again")
            with suppress(UsageError):  # That it can't be started is told by its log, and tried again.
                await asyncio.to_thread(_revive, settings)


def _revive(settings: Settings) -> None:
    with database(settings):
        pass


async def _supervised(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do work for ever: what breaks is logged once in a row, and begun again."""
    last = ""
    while True:
        try:
            await work()
        except Exception as error:
            cause = _cause(error)
            level = logging.WARNING if isinstance(cause, StoreUnavailable) else logging.ERROR
            if type(cause).__name__ != last:
                logger.log(
                    level, "%s: %s; trying again", name, type(cause).__name__,
                    exc_info=logger.isEnabledFor(logging.DEBUG),
                )  # fmt: skip
            last = type(cause).__name__
            await asyncio.sleep(_TRY_AGAIN)
        else:
            last = ""
            # Some libraries end in peace when they are cancelled, and swallow that they were.
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError


def _cause(error: BaseException) -> BaseException:
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error

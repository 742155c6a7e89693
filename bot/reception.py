"""Updates of the inbox go in, oldest first and in order in each chat; each is handled once, or set aside."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from functools import partial

from handlers.context import BotApi
from handlers.incoming import Incoming, Membership, Press
from handlers.routes import Gesture, Router
from services.store import Store, StoreUnavailable, inbox
from services.store.inbox import MOST_ATTEMPTS, Received

_AT_A_TIME = 8
_AHEAD = 200

Event = Incoming | Press | Membership | None
logger = logging.getLogger(__name__)


class Reception:
    """Handles updates. `read` makes an event of raw JSON, or raises `ValueError`."""

    def __init__(self, store: Store, router: Router, api: BotApi, read: Callable[[str], Event]) -> None:
        self._store, self._router, self._api, self._read = store, router, api, read
        self._busy: dict[int | None, asyncio.Task[None]] = {}
        self._gestures: set[asyncio.Task[None]] = set()

    async def run(self, told: asyncio.Event) -> None:
        """Handle updates until cancelled; `told` is set whenever there may be more."""
        try:
            while True:
                await told.wait()
                told.clear()
                await self._start_more(told)
        finally:
            await _ended([*self._busy.values(), *self._gestures])

    async def _start_more(self, told: asyncio.Event) -> None:
        async with self._store.transaction() as transaction:
            waiting = await inbox.unhandled(transaction, _AHEAD)
        for update in waiting:
            if len(self._busy) >= _AT_A_TIME:
                return
            if update.chat_id not in self._busy:
                task = asyncio.create_task(self._handle(update))
                self._busy[update.chat_id] = task
                task.add_done_callback(partial(self._done, update.chat_id, told))

    def _done(self, chat_id: int | None, told: asyncio.Event, task: asyncio.Task[None]) -> None:
        del self._busy[chat_id]
        told.set()
        if not task.cancelled() and (error := task.exception()):
            logger.warning("an update waits: %s", type(error).__name__)

    async def _handle(self, update: Received) -> None:
        try:
            event = self._read(update.raw)
        except ValueError:
            logger.warning("update %s is not understood and was set aside", update.update_id)
            await self._mark_failed(update, "not understood", final=True)
            return
        try:
            async with self._store.transaction() as transaction:
                if not await inbox.mark_handled(transaction, update.update_id):
                    return
                gestures = await self._router.handle(transaction, event) if event else []
        except StoreUnavailable:
            await asyncio.sleep(1)
            raise
        except Exception as error:
            # Its message may hold what a member wrote, so that stays out of the log but for a developer.
            name, debug = type(error).__name__, logger.isEnabledFor(logging.DEBUG)
            logger.error("update %s failed: %s", update.update_id, name, exc_info=debug)
            await self._give_up(update, event, name)
            return
        logger.info("update %s handled", update.update_id)
        for gesture in gestures:
            task = asyncio.create_task(self._gesture(gesture))
            self._gestures.add(task)
            task.add_done_callback(self._gestures.discard)

    async def _give_up(self, update: Received, event: Event, name: str) -> None:
        final = update.attempts + 1 >= MOST_ATTEMPTS
        await self._mark_failed(update, name, final=final)
        if final and event:
            async with self._store.transaction() as transaction:
                await self._router.apologise(transaction, event)

    async def _mark_failed(self, update: Received, error: str, *, final: bool) -> None:
        async with self._store.transaction() as transaction:
            await inbox.mark_failed(transaction, update.update_id, error, final=final)

    async def _gesture(self, gesture: Gesture) -> None:
        """Do what may fail without harm; where a reaction isn't allowed, be seen typing."""
        method, parameters = gesture
        answer = await self._api.call(method, parameters, 5)
        if method == "setMessageReaction" and not answer.ok and answer.code == 400:
            await self._api.call("sendChatAction", {"chat_id": parameters["chat_id"], "action": "typing"}, 5)


def reader(read_update: Callable[[dict[str, object]], Event]) -> Callable[[str], Event]:
    """Reads raw JSON with `read_update`."""

    def read(raw: str) -> Event:
        return read_update(json.loads(raw))

    return read


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=5)

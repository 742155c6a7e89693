"""Rows of the outbox go out to Telegram, one at a time in a chat, within its limits; what came of each is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from handlers.context import BotApi
from handlers.payloads import Upload, editable
from services.delivery import CLOSED_THREAD, Answer, Outcome, Pace, outcome_of
from services.store import Scope, Store, StoreUnavailable, Transaction, chats, digests, files, outbox
from services.store.outbox import Outgoing, Payload

_LOST_FILE = Answer("answered", code=400, description="the file is gone")
_TRIED_AGAIN = ("later", "held", "moved", "no_rights", "no_thread")
_LOOK_AGAIN, _IDLE = 0.25, 5.0
_RIGHTS_AGAIN, _RIGHTS_UNTIL = timedelta(minutes=15), timedelta(hours=24)
_HARMLESS_AGAIN = timedelta(seconds=2)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A row, what it said, what Telegram answered, and what that means."""

    row: Outgoing
    payload: Payload
    answer: Answer
    outcome: Outcome

    @property
    def message_id(self) -> int | None:
        """The message that was made."""
        return self.answer.result.get("message_id") if isinstance(self.answer.result, dict) else None


class Sender:
    """Sends. Only one process on a database may run it at a time."""

    def __init__(self, store: Store, api: BotApi, clock: Callable[[], datetime]) -> None:
        self._store, self._api, self._clock = store, api, clock
        self._pace = Pace()
        self._busy: dict[int, asyncio.Task[None]] = {}

    async def run(self, told: asyncio.Event) -> None:
        """Send until cancelled; `told` is set whenever there may be more. What is under way then is waited for."""
        async with self._store.transaction() as transaction:
            if lost := await outbox.recover(transaction):
                logger.warning("%s messages may or may not have arrived before the restart; see `warta doctor`", lost)
            self._pace.count_all(await outbox.recent(transaction, self._clock() - timedelta(minutes=1)))
        try:
            while True:
                told.clear()
                pause = await self._start_more(told)
                try:
                    await asyncio.wait_for(told.wait(), pause)
                except TimeoutError:
                    continue
        finally:
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=8)

    async def _start_more(self, told: asyncio.Event) -> float:
        """Begin what may be sent now; gives for how many seconds nothing more can be begun."""
        async with self._store.transaction() as transaction:
            rows = await outbox.due(transaction, self._busy)
            pause = _LOOK_AGAIN if await outbox.open_rows(transaction) else _IDLE
        for row in rows:
            now = self._clock()
            if wait := self._pace.wait(row.chat_id, now, late=row.late).total_seconds():
                pause = min(pause, wait)
                continue
            self._pace.count(row.chat_id, now, late=row.late)
            task = asyncio.create_task(self._send(row))
            self._busy[row.chat_id] = task
            task.add_done_callback(partial(self._done, row.chat_id, told))
        return pause

    def _done(self, chat_id: int, told: asyncio.Event, task: asyncio.Task[None]) -> None:
        del self._busy[chat_id]
        told.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("a message waits: %s", type(error).__name__)

    async def _send(self, row: Outgoing) -> None:
        async with self._store.transaction() as transaction:
            payload = await outbox.take(transaction, row)
            upload = await _upload(transaction.scope(row.chat_id), payload) if payload else None
        if payload is None:
            return
        if "medium" in payload and upload is None:
            answer = _LOST_FILE
        else:
            answer = await self._api.call(*_request(row, payload, upload))
        attempt = _Attempt(row, payload, answer, outcome_of(answer, row.attempts + 1))
        while True:
            try:
                async with self._store.transaction() as transaction:
                    await _settle(transaction, attempt)
                break
            except StoreUnavailable:
                await asyncio.sleep(1)  # What Telegram said must not be forgotten while the database is away.
        if attempt.outcome.fate != "sent":
            logger.info("message %s: %s (%s)", row.id, attempt.outcome.fate, attempt.outcome.reason)


async def _settle(transaction: Transaction, attempt: _Attempt) -> None:
    """Keep what came of an attempt."""
    row, outcome = attempt.row, attempt.outcome
    until = transaction.now + timedelta(seconds=outcome.seconds)
    if outcome.fate not in _TRIED_AGAIN and "medium" in attempt.payload:
        await files.drop(transaction.scope(row.chat_id), attempt.payload["file_id"])
    match outcome.fate:
        case "sent":
            await outbox.sent(transaction, row, attempt.message_id)
        case "later" | "held":
            # The whole chat waits, so that its messages keep their order.
            await outbox.hold(transaction, row.chat_id, until)
            await outbox.postpone(transaction, row, until, outcome.reason)
        case "moved" if attempt.answer.migrated_to is not None:
            await chats.move(transaction, row.chat_id, attempt.answer.migrated_to)
            await outbox.postpone(transaction, row, until, outcome.reason)
        case "no_thread":
            await _without_thread(transaction, attempt)
        case "no_rights" if transaction.now - row.created_at < _RIGHTS_UNTIL:
            await outbox.postpone(transaction, row, transaction.now + _RIGHTS_AGAIN, outcome.reason)
        case "gone":
            await outbox.give_up(transaction, row, "failed", outcome.reason)
            await chats.activate(transaction.scope(row.chat_id), active=False)
        case "ambiguous" if row.role in ("edit", "delete"):
            await outbox.postpone(transaction, row, transaction.now + _HARMLESS_AGAIN, outcome.reason)
        case "ambiguous":
            logger.warning("message %s may or may not have arrived; it is not sent again", row.id)
            await outbox.give_up(transaction, row, "ambiguous", outcome.reason)
        case _:
            await _refused(transaction, attempt)


async def _without_thread(transaction: Transaction, attempt: _Attempt) -> None:
    """The forum topic is closed or gone. What answers nobody, a digest or an alert, goes to the chat's general one; an
    answer waits for a closed one to be opened again.
    """
    row, payload, reason = attempt.row, attempt.payload, attempt.outcome.reason
    if payload.get("message_thread_id") and not payload.get("reply_parameters"):
        await outbox.instead(transaction, row, row.role, {**payload, "message_thread_id": None})
        if reason != CLOSED_THREAD:
            await digests.leave_thread(transaction.scope(row.chat_id), payload["message_thread_id"])
    elif reason == CLOSED_THREAD and transaction.now - row.created_at < _RIGHTS_UNTIL:
        await outbox.postpone(transaction, row, transaction.now + _RIGHTS_AGAIN, reason)
    else:
        await _refused(transaction, attempt)


async def _refused(transaction: Transaction, attempt: _Attempt) -> None:
    """Telegram will not have it so: another way, if there is one."""
    row, payload, reason = attempt.row, attempt.payload, attempt.outcome.reason
    if row.role == "delete" and payload.get("text"):
        await outbox.instead(transaction, row, "edit", payload)
    elif row.role in ("card", "reply") and payload.get("entities"):
        logger.error("message %s was refused (%s); it goes out as plain text", row.id, reason)
        await outbox.instead(transaction, row, row.role, {**payload, "entities": []})
    else:
        logger.log(logging.INFO if row.role in ("edit", "delete") else logging.ERROR, "message %s was refused", row.id)
        await outbox.give_up(transaction, row, "failed", reason)


async def _upload(scope: Scope, payload: Payload) -> Upload | None:
    file = await files.get(scope, payload["file_id"]) if "medium" in payload else None
    return Upload(file.name, file.content) if file else None


def _request(row: Outgoing, payload: Payload, upload: Upload | None) -> tuple[str, dict[str, Any]]:
    """The method that sends a row, and its parameters."""
    if row.role == "delete":
        return "deleteMessage", {"chat_id": row.chat_id, "message_id": row.message_id}
    if row.role == "edit":
        return "editMessageText", {"chat_id": row.chat_id, "message_id": row.message_id, **editable(dict(payload))}
    if upload is None:
        return "sendMessage", {"chat_id": row.chat_id, **payload}
    medium = payload["medium"]
    rest = {name: value for name, value in payload.items() if name not in ("medium", "file_id")}
    return ("sendPhoto" if medium == "photo" else "sendDocument"), {"chat_id": row.chat_id, medium: upload, **rest}

"""Telegram's updates go in, raw; they are confirmed only once they are committed to the inbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from handlers.context import BotApi
from handlers.routes import UPDATES

_LONG_POLL = 50
_LONGEST_PAUSE = 30.0

logger = logging.getLogger(__name__)

Receive = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]


async def poll(api: BotApi, receive: Receive) -> None:
    """Ask for updates for ever; `receive` commits what came, and only after that is it confirmed."""
    offset: int | None = None
    pause, told = 1.0, ""
    while True:
        parameters = {"timeout": _LONG_POLL, "offset": offset, "allowed_updates": list(UPDATES)}
        answer = await api.call("getUpdates", parameters, _LONG_POLL + 10)
        if not answer.ok:
            if told != (told := f"{answer.code} {answer.description}"):
                logger.warning("no updates from Telegram: %s", _explained(answer.code, answer.description))
            await asyncio.sleep(answer.retry_after or pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            continue
        pause, told = 1.0, ""
        updates = [update for update in answer.result if isinstance(update, Mapping)]
        if updates:
            await receive(updates)
            offset = max((_number(update) for update in updates), default=0) + 1 or None


def _number(update: Mapping[str, Any]) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else -1


def _explained(code: int, description: str) -> str:
    if code == 409:
        return "another process asks with the same token; only one may. Waiting for it to end"
    if code == 401:
        return "it refuses the token; check WARTA_BOT_TOKEN"
    return f"{code or 'unreachable'} {description}".strip()

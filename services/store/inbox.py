"""Raw updates go in before they are confirmed to Telegram; each comes out once, to be handled, in order a chat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.store.scope import Transaction

MOST_ATTEMPTS = 3
"""How often handling an update is tried before it is set aside."""


@dataclass(frozen=True, slots=True)
class Received:
    """An update that is not yet handled: its raw JSON, and the chat that it is about as far as that is known."""

    update_id: int
    chat_id: int | None
    raw: str
    attempts: int


async def receive(transaction: Transaction, updates: Sequence[Mapping[str, Any]]) -> int:
    """Keep updates as they came; those known already stay as they are. Gives how many are new."""
    known = [update for update in updates if type(update.get("update_id")) is int]
    return sum(
        [
            await transaction.run(
                "insert into inbox (update_id, chat_id, raw, received_at) values (%(id)s, %(chat)s, %(raw)s, %(now)s)"
                " on conflict do nothing",
                id=update["update_id"],
                chat=_chat_of(update),
                raw=json.dumps(update),
            )
            for update in known
        ]
    )


async def unhandled(transaction: Transaction, limit: int) -> list[Received]:
    """The oldest updates that wait."""
    rows = await transaction.all(
        "select update_id, chat_id, raw, attempts from inbox where state = 'new' order by update_id limit %(limit)s",
        limit=limit,
    )
    return [Received(**row) for row in rows]


async def mark_handled(transaction: Transaction, update_id: int) -> bool:
    """Take an update off the list, its text with it; false where somebody else did so before."""
    return bool(
        await transaction.run(
            "update inbox set state = 'done', raw = null where update_id = %(id)s and state = 'new'", id=update_id
        )
    )


async def mark_failed(transaction: Transaction, update_id: int, error: str, *, final: bool) -> None:
    """Count a failed attempt; a `final` one sets the update aside, where it stops no other."""
    await transaction.run(
        "update inbox set attempts = attempts + 1, error = %(error)s,"
        " state = case when %(final)s then 'aside' else state end where update_id = %(id)s and state = 'new'",
        id=update_id,
        error=error,
        final=final,
    )


async def clear(transaction: Transaction, days: int) -> None:
    """Forget the ids and what was set aside after some days."""
    await transaction.run(
        "delete from inbox where state <> 'new' and received_at < %(now)s - make_interval(days => %(days)s)", days=days
    )


def _chat_of(update: Mapping[str, Any]) -> int | None:
    """The chat that an update is about, wherever it stands; updates of a chat are handled in order."""
    for content in update.values():
        if isinstance(content, Mapping):
            message = content.get("message")
            for holder in (content, message if isinstance(message, Mapping) else {}):
                chat = holder.get("chat")
                if isinstance(chat, Mapping) and type(chat.get("id")) is int:
                    return int(chat["id"])
    return None

"""Work that takes longer than an answer may goes in with its job; a worker takes it out, and settles it once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from psycopg.types.json import Jsonb

from services.store.scope import Row, Scope, Transaction

ErrandKind = Literal["export", "import", "source", "digest"]
_KEPT = timedelta(days=7)
# Somebody waits for an errand, but links that are shared meanwhile go first.
_PRIORITY = 900_000


@dataclass(frozen=True, slots=True)
class Errand:
    """A piece of work for a chat; `message_id` is the message that asked, `outbox_id` ours that tells how far it is."""

    id: int
    chat_id: int
    kind: ErrandKind
    state: Literal["queued", "done", "failed"]
    member_id: int | None
    message_id: int
    thread_id: int | None
    outbox_id: int | None
    details: Mapping[str, Any]
    attempts: int


async def add(  # noqa: PLR0913 - who asked, where, and for what
    scope: Scope,
    kind: ErrandKind,
    details: Mapping[str, Any],
    *,
    member_id: int | None,
    message_id: int,
    thread_id: int | None,
    outbox_id: int,
) -> int:
    """Have an errand run, in this transaction; gives its number."""
    row = await scope.only(
        "insert into errands (chat_id, kind, member_id, message_id, thread_id, outbox_id, details, created_at) values"
        " (%(chat)s, %(kind)s, %(member)s, %(message)s, %(thread)s, %(outbox)s, %(details)s, %(now)s) returning id",
        kind=kind,
        member=member_id,
        message=message_id,
        thread=thread_id,
        outbox=outbox_id,
        details=Jsonb(details),
    )
    await scope.transaction.put("run_errand", row["id"], _PRIORITY)
    return int(row["id"])


async def begin(transaction: Transaction, errand_id: int) -> Errand | None:
    """An errand that is still to be run, held until the transaction ends; the attempt is counted."""
    row = await transaction.one(
        "update errands set attempts = attempts + 1 where id = %(id)s and state = 'queued' returning *", id=errand_id
    )
    return _errand(row) if row else None


async def under_way(scope: Scope, kind: ErrandKind) -> int:
    """How many errands of a kind the chat waits for."""
    row = await scope.only(
        "select count(*) as count from errands where chat_id = %(chat)s and kind = %(kind)s and state = 'queued'",
        kind=kind,
    )
    return int(row["count"])


async def settle(scope: Scope, errand_id: int, state: Literal["done", "failed"]) -> bool:
    """It was run, or can't be; false where somebody else settled it, or the chat forgot it."""
    return bool(
        await scope.run(
            "update errands set state = %(state)s where chat_id = %(chat)s and id = %(id)s and state = 'queued'",
            state=state,
            id=errand_id,
        )
    )


async def clear(transaction: Transaction) -> None:
    """Forget what was run long ago."""
    await transaction.run("delete from errands where created_at < %(now)s - %(kept)s", kept=_KEPT)


def _errand(row: Row) -> Errand:
    return Errand(
        id=row["id"],
        chat_id=row["chat_id"],
        kind=row["kind"],
        state=row["state"],
        member_id=row["member_id"],
        message_id=row["message_id"],
        thread_id=row["thread_id"],
        outbox_id=row["outbox_id"],
        details=row["details"],
        attempts=row["attempts"],
    )

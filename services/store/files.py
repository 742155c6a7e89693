"""Files for Telegram go in with the transaction that wants them sent; the sender takes their content out, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.store.scope import Scope, Transaction

_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class File:
    """A file's name and content."""

    name: str
    content: bytes


async def keep(scope: Scope, name: str, content: bytes) -> int:
    """Keep a file until it is sent; gives its number."""
    row = await scope.only(
        "insert into files (chat_id, name, content, created_at) values (%(chat)s, %(name)s, %(content)s, %(now)s)"
        " returning id",
        name=name,
        content=content,
    )
    return int(row["id"])


async def get(scope: Scope, file_id: int) -> File | None:
    """A file of the chat."""
    row = await scope.one("select name, content from files where chat_id = %(chat)s and id = %(id)s", id=file_id)
    return File(row["name"], bytes(row["content"])) if row else None


async def drop(scope: Scope, file_id: int) -> None:
    """Telegram has it, or will never have it."""
    await scope.run("delete from files where chat_id = %(chat)s and id = %(id)s", id=file_id)


async def clear(transaction: Transaction) -> None:
    """Forget files that could not be sent for days."""
    await transaction.run("delete from files where created_at < %(now)s - %(kept)s", kept=_KEPT)

"""A connection and a chat go in; queries that see nothing but that chat come out.

This is the one place where a chat's data is told from another's: `Scope` runs no query that doesn't name its chat.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, Protocol

from psycopg import AsyncConnection
from psycopg.rows import dict_row

Row = dict[str, Any]


Task = Literal["read_share", "run_errand", "learn_topic", "make_digest", "read_feed", "read_item"]
"""What is done in the background."""


class Queue(Protocol):
    """Where work waits; it is put there in a connection's transaction."""

    async def put(
        self, connection: AsyncConnection, task: Task, number: int, priority: int, at: datetime | None
    ) -> None:
        """Have a task done for what has this number, not before `at`, higher priorities first."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction: its connection, and the moment at which everything in it happens."""

    connection: AsyncConnection
    now: datetime
    queue: Queue

    def scope(self, chat_id: int) -> Scope:
        """The view of one chat."""
        return Scope(self, chat_id)

    async def put(self, task: Task, number: int, priority: int, *, at: datetime | None = None) -> None:
        """Have a task done once this is committed."""
        await self.queue.put(self.connection, task, number, priority, at)

    def part(self) -> AbstractAsyncContextManager[object]:
        """A part that can fail without the whole."""
        return self.connection.transaction()

    async def all(self, query: LiteralString, **values: object) -> list[Row]:
        """The rows of a query that is about no chat, or about all of them; a row must have a column to be seen."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, {"now": self.now, **values})
            return await cursor.fetchall() if cursor.description else []

    async def one(self, query: LiteralString, **values: object) -> Row | None:
        """The first row, if there is one."""
        return next(iter(await self.all(query, **values)), None)

    async def only(self, query: LiteralString, **values: object) -> Row:
        """The one row of a query that always gives one."""
        (row,) = await self.all(query, **values)
        return row

    async def run(self, query: LiteralString, **values: object) -> int:
        """Run a statement; gives how many rows it touched."""
        cursor = await self.connection.execute(query, {"now": self.now, **values})
        return cursor.rowcount


@dataclass(frozen=True, slots=True)
class Scope:
    """What one chat may see and change. Its queries know `%(chat)s` and `%(now)s`."""

    transaction: Transaction
    chat_id: int

    @property
    def now(self) -> datetime:
        """The moment of the transaction."""
        return self.transaction.now

    async def all(self, query: LiteralString, **values: object) -> list[Row]:
        """The rows of a query about this chat."""
        return await self.transaction.all(_scoped(query), chat=self.chat_id, **values)

    async def one(self, query: LiteralString, **values: object) -> Row | None:
        """The first row, if there is one."""
        return await self.transaction.one(_scoped(query), chat=self.chat_id, **values)

    async def only(self, query: LiteralString, **values: object) -> Row:
        """The one row of a query that always gives one."""
        return await self.transaction.only(_scoped(query), chat=self.chat_id, **values)

    async def run(self, query: LiteralString, **values: object) -> int:
        """Run a statement about this chat; gives how many rows it touched."""
        return await self.transaction.run(_scoped(query), chat=self.chat_id, **values)


def _scoped(query: LiteralString) -> LiteralString:
    if "%(chat)s" not in query:
        raise ValueError("a query of a chat must name its chat")
    return query

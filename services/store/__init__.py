"""The team's memory: a database's address goes in, transactions on a database of today's shape come out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from services.errors import UsageError
from services.store.jobs import Jobs, Work
from services.store.migrations import migrate
from services.store.scope import Scope, Task, Transaction

__all__ = ["Lock", "Scope", "Store", "StoreUnavailable", "Task", "Transaction", "Work", "open_store"]

StoreUnavailable = OperationalError
"""The database can't be reached, for now."""

_CONNECTIONS = 12
_START_SECONDS, _CHECK_SECONDS = 30, 3
_WAIT_SECONDS = 10
# Each connection is a process of the database, with caches that only grow.
_IDLE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that lives as long as its connection."""

    _connection: AsyncConnection

    async def check(self) -> None:
        """Raises `StoreUnavailable` where the lock is lost."""
        await self._connection.execute("select")


class Store:
    """The open database, its queue with it."""

    def __init__(
        self, conninfo: str, pool: AsyncConnectionPool[AsyncConnection], clock: Callable[[], datetime]
    ) -> None:
        self._conninfo = conninfo
        self._pool = pool
        self._clock = clock
        self.jobs = Jobs()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction, committed if the block ends well."""
        async with self._pool.connection() as connection, connection.transaction():
            yield Transaction(connection, self._clock(), self.jobs)

    async def check(self) -> None:
        """Raises `StoreUnavailable` where the database doesn't take connections."""
        async with await AsyncConnection.connect(self._conninfo, connect_timeout=_CHECK_SECONDS):
            pass

    async def listen(self, *channels: str) -> AsyncIterator[str]:
        """The name of a channel each time that it is told; of every one at once, since something may have been missed.

        Raises `StoreUnavailable` where the database goes.
        """
        async with await AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            for channel in channels:
                await connection.execute(SQL("listen {}").format(Identifier(channel)))
            for channel in channels:
                yield channel
            async for notification in connection.notifies():
                yield notification.channel

    @asynccontextmanager
    async def alone(self, number: int) -> AsyncIterator[Lock | None]:
        """The lock that only one process on this database can hold, or None where another does."""
        async with await AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            row = await (await connection.execute("select pg_try_advisory_lock(%s)", (number,))).fetchone()
            yield Lock(connection) if row and row[0] else None


async def _configure(connection: AsyncConnection[Any]) -> None:
    # Compiling a query takes a second where its answer takes a tenth.
    await connection.execute("set jit = off")
    await connection.commit()


@asynccontextmanager
async def open_store(conninfo: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> AsyncIterator[Store]:
    """Open a database, brought to today's shape. Raises `UsageError` (reasons `database`, `newer_database`)."""
    try:
        async with await AsyncConnection.connect(
            conninfo, autocommit=True, connect_timeout=_START_SECONDS
        ) as connection:
            await migrate(connection)
    except OperationalError as error:
        raise UsageError("usage", reason="database") from error
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=_CONNECTIONS,
        timeout=_WAIT_SECONDS,
        max_idle=_IDLE_SECONDS,
        open=False,
        check=AsyncConnectionPool.check_connection,
        configure=_configure,
    )
    async with pool:
        store = Store(conninfo, pool, clock)
        await store.jobs.open(pool)
        yield store

"""The queue: shares to be read go in with the transaction that remembers them; the worker takes them out.

procrastinate on the same PostgreSQL. No locks: order among a chat's cards is the outbox's business.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

_TASK = "read_share"
_HEARTBEAT = 1.0
_STALLED_AFTER = 5.0
_POLL = 1.0
_GRACE = 4.0

logger = logging.getLogger(__name__)


class Jobs:
    """The queue of shares. `read` is given the number of a share, and the job's for the log."""

    def __init__(self) -> None:
        self._app = App(connector=PsycopgConnector())
        self._read: Callable[[int, int], Awaitable[None]] | None = None
        self._app.task(name=_TASK, pass_context=True)(self._run)

    async def open(self, pool: AsyncConnectionPool[Any]) -> None:
        """Use a pool of connections."""
        await self._app.open_async(pool)

    async def defer(self, connection: AsyncConnection, share_id: int, priority: int, at: datetime | None) -> None:
        """Queue the reading of a share in the connection's transaction; not before `at`, higher priorities first."""
        task = self._app.configure_task(_TASK, connection=connection, priority=priority, schedule_at=at)
        await task.defer_async(share_id=share_id)

    async def work(self, read: Callable[[int, int], Awaitable[None]], concurrency: int) -> None:
        """Read shares until cancelled; what is under way then has some seconds to end."""
        self._read = read
        worker = asyncio.create_task(
            self._app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=_POLL,
                update_heartbeat_interval=_HEARTBEAT,
                stalled_worker_timeout=_STALLED_AFTER,
                shutdown_graceful_timeout=_GRACE,
                delete_jobs="always",
            )
        )
        try:
            await asyncio.wait({worker})
        finally:
            # It can miss being cancelled while it talks to the database; a job cut off here is taken over later.
            while not worker.done():
                worker.cancel()
                await asyncio.wait({worker}, timeout=_GRACE)
        worker.result()

    async def revive(self) -> int:
        """Give the jobs of dead workers to the living; gives how many those were."""
        manager = self._app.job_manager
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER))
        for job in stalled:
            await manager.retry_job(job)
        return len(stalled)

    async def _run(self, context: Any, share_id: int) -> None:  # noqa: ANN401 - procrastinate's context
        if self._read is None:
            raise RuntimeError("the worker runs without a reader")
        try:
            await self._read(share_id, context.job.id)
        except Exception as error:
            # The share stays as it is, and is found again. A message of the database may hold what members wrote.
            logger.warning("job %s broke off: %s", context.job.id, type(error).__name__)
            raise

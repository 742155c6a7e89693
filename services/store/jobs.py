"""The queue: shares to read and errands go in with the transaction that remembers them; the worker takes them out.

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

Work = Callable[[int, int], Awaitable[None]]

_READ, _RUN = "read_share", "run_errand"
# Somebody waits for an errand, but links that are shared meanwhile go first.
_ERRAND = 900_000
_HEARTBEAT = 1.0
_STALLED_AFTER = 5.0
_POLL = 1.0
_GRACE = 4.0

logger = logging.getLogger(__name__)


class Jobs:
    """The queue of shares to be read and errands to be run."""

    def __init__(self) -> None:
        self._app = App(connector=PsycopgConnector())
        self._work: dict[str, Work] = {}
        self._app.task(name=_READ, pass_context=True)(self._on_share)
        self._app.task(name=_RUN, pass_context=True)(self._on_errand)

    async def open(self, pool: AsyncConnectionPool[Any]) -> None:
        """Use a pool of connections."""
        await self._app.open_async(pool)

    async def read_share(self, connection: AsyncConnection, share_id: int, priority: int, at: datetime | None) -> None:
        """Queue the reading of a share in the connection's transaction; not before `at`, higher priorities first."""
        task = self._app.configure_task(_READ, connection=connection, priority=priority, schedule_at=at)
        await task.defer_async(share_id=share_id)

    async def run_errand(self, connection: AsyncConnection, errand_id: int) -> None:
        """Queue an errand in the connection's transaction."""
        task = self._app.configure_task(_RUN, connection=connection, priority=_ERRAND)
        await task.defer_async(errand_id=errand_id)

    async def work(self, read: Work, run: Work, concurrency: int) -> None:
        """Work until cancelled; what is under way then has some seconds to end.

        `read` is given the number of a share, `run` that of an errand, and both the job's for the log.
        """
        self._work = {_READ: read, _RUN: run}
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

    async def _on_share(self, context: Any, share_id: int) -> None:  # noqa: ANN401 - procrastinate's context
        await self._do(_READ, share_id, context.job.id)

    async def _on_errand(self, context: Any, errand_id: int) -> None:  # noqa: ANN401 - procrastinate's context
        await self._do(_RUN, errand_id, context.job.id)

    async def _do(self, task: str, number: int, job_id: int) -> None:
        if task not in self._work:
            raise RuntimeError("the worker runs without somebody who works")
        try:
            await self._work[task](number, job_id)
        except Exception as error:
            # What it was about stays as it is, and is found again. A database's message may hold what members wrote.
            logger.warning("job %s broke off: %s", job_id, type(error).__name__)
            raise

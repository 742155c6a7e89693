"""The queue: work goes in with the transaction that wants it done, by the number of what it is about.

procrastinate on the same PostgreSQL. No locks: order among a chat's cards is the outbox's business. What feeds bring
waits in a queue of its own, so that a thousand of their articles never stand between a member and a card.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, get_args

from procrastinate import App, PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from services.store.scope import Task

Work = Callable[[int, int], Awaitable[None]]
"""Does what a number is about; also given the job's number, for the log."""

_LIVE, _FEEDS = "live", "feeds"
_QUEUES: Mapping[Task, str] = {"read_feed": _FEEDS, "read_item": _FEEDS}
_HEARTBEAT = 1.0
_STALLED_AFTER = 5.0
_POLL = 1.0
_GRACE = 4.0

logger = logging.getLogger(__name__)


class Jobs:
    """The queue of everything that is done in the background."""

    def __init__(self) -> None:
        self._app = App(connector=PsycopgConnector())
        self._work: Mapping[Task, Work] = {}
        for task in get_args(Task):
            do = partial(self._do, task)
            self._app.task(name=task, queue=_QUEUES.get(task, _LIVE), pass_context=True)(do)

    async def open(self, pool: AsyncConnectionPool[Any]) -> None:
        """Use a pool of connections."""
        await self._app.open_async(pool)

    async def put(
        self, connection: AsyncConnection, task: Task, number: int, priority: int, at: datetime | None
    ) -> None:
        """Queue a task in the connection's transaction; not before `at`, higher priorities first."""
        job = self._app.configure_task(task, connection=connection, priority=priority, schedule_at=at)
        await job.defer_async(number=number)

    async def work(self, work: Mapping[Task, Work], live: int, feeds: int) -> None:
        """Work until cancelled; what is under way then has some seconds to end.

        `live` and `feeds` are how many jobs of members, and how many of feeds, are done at a time.
        """
        self._work = work
        workers = {asyncio.create_task(self._worker(name, many)) for name, many in ((_LIVE, live), (_FEEDS, feeds))}
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # They can miss being cancelled while they talk to the database; a job cut off here is taken over later.
            while left := {worker for worker in workers if not worker.done()}:
                for worker in left:
                    worker.cancel()
                await asyncio.wait(left, timeout=_GRACE)
        for worker in workers:
            if not worker.cancelled():
                worker.result()

    async def _worker(self, queue: str, concurrency: int) -> None:
        await self._app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            install_signal_handlers=False,
            fetch_job_polling_interval=_POLL,
            update_heartbeat_interval=_HEARTBEAT,
            stalled_worker_timeout=_STALLED_AFTER,
            shutdown_graceful_timeout=_GRACE,
            delete_jobs="always",
        )

    async def revive(self) -> int:
        """Give the jobs of dead workers to the living; gives how many those were."""
        manager = self._app.job_manager
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER))
        for job in stalled:
            await manager.retry_job(job)
        return len(stalled)

    async def _do(self, task: Task, context: Any, number: int) -> None:  # noqa: ANN401 - procrastinate's context
        if task not in self._work:
            raise RuntimeError("the worker runs without somebody who works")
        try:
            await self._work[task](number, context.job.id)
        except Exception as error:
            # What it was about stays as it is, and is found again. A database's message may hold what members wrote.
            logger.warning("job %s broke off: %s", context.job.id, type(error).__name__)
            raise

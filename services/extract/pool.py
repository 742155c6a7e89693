"""Pages and pasted texts go in, extracts come out, read in processes that can be killed."""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutOfTime
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from services.errors import NotReadable
from services.extract.page import read_page
from services.extract.pasted import read_pasted, read_plain
from services.models import Elsewhere, Extract, Page

SECONDS = 10.0
"""How long one task may take."""
MEGABYTES = 512
"""How much memory (private data, not shared libraries) a process may have."""
_PR_SET_PDEATHSIG = 1
# A process is replaced after so many tasks: what the libraries keep for themselves can't add up.
_TASKS = 1000
_EXTRACTORS = ("trafilatura", "readability")

Given = ParamSpec("Given")
Result = TypeVar("Result")


class ParserPool:
    """Reads pages in `workers` processes of their own, each task within `seconds` and `megabytes`.

    A task that runs too long, takes too much memory or crashes its process ends in `NotReadable("too_complex")`; the
    others go on, in a new process if need be. Processes start with the first task or with `warm_up`, and end with
    `close` or the `async with` block; they never outlive their parent (Linux).
    """

    def __init__(self, workers: int = 1, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._workers = workers
        self._seconds = seconds
        self._pending: set[Future[Any]] = set()
        self._megabytes = megabytes
        self._closed = False
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=_TASKS,
            initializer=_confine,
            initargs=(self._megabytes, os.getpid()),
            context=multiprocessing.get_context("spawn"),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def warm_up(self) -> None:
        """Start the processes now, so that the first page doesn't wait for their imports. Returns at once."""
        for _ in range(self._workers):
            self._pool.schedule(_load_extractors)

    async def read_page(self, page: Page) -> Extract | Elsewhere:
        """`services.extract.read_page` in a process of its own. Raises the same errors."""
        return await self.run(read_page, page)

    async def read_pasted(self, text: str, url: str | None = None) -> Extract:
        """`services.extract.read_pasted` in a process of its own. Raises the same errors."""
        return await self.run(read_pasted, text, url)

    async def read_plain(self, title: str, text: str, url: str | None = None) -> Extract:
        """`services.extract.read_plain` in a process of its own. Raises the same errors."""
        return await self.run(read_plain, title, text, url)

    async def run(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Run a function of a module in one of the processes; cancelling kills it."""
        future = self._schedule(work, args, kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        try:
            result: Result = await asyncio.wrap_future(future)
        except OutOfTime as error:
            raise NotReadable("too_complex", seconds=int(self._seconds)) from error
        except ProcessExpired as error:
            raise NotReadable("too_complex") from error
        return result

    def _schedule(self, *task: object) -> Future[Any]:
        try:
            return self._pool.schedule(_guarded, args=task, timeout=self._seconds)
        except RuntimeError:
            if self._closed:
                raise
            # A process that could not start has ruined the pool for good (pebble's word), not the next task.
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it out
            self._pool = self._new_pool()
            return self._pool.schedule(_guarded, args=task, timeout=self._seconds)

    async def close(self) -> None:
        """End the processes; who still waits for a task is cancelled."""
        self._closed = True
        for future in list(self._pending):  # Stopping alone would leave them waiting for ever.
            future.cancel()
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it out
        await asyncio.to_thread(self._pool.join)


def _confine(megabytes: int, parent: int) -> None:
    """Limit the memory of this process and tie its life to its parent's."""
    # NumPy's threads would reserve memory for every core; nothing here multiplies matrices.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _, ceiling = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if ceiling < 0 else min(wanted, ceiling), ceiling))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # It died before we asked to be told.
            os._exit(1)


def _load_extractors() -> None:
    for name in _EXTRACTORS:
        importlib.import_module(name)


def _guarded(work: Callable[..., Result], args: tuple[object, ...], kwargs: dict[str, object]) -> Result:
    try:
        return work(*args, **kwargs)
    except RecursionError as error:
        raise NotReadable("too_complex") from error
    except MemoryError:
        # What is left of the heap is in pieces; the next task gets a fresh process.
        os._exit(1)

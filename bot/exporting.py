"""What is to be exported goes in; finished files come out, written by processes of their own that can be killed.

Writing a hundred thousand rows keeps a core busy for half a minute; in the bot's own process nobody would be answered
meanwhile, and a single one would take as long as the file is long: large exports are shared among the cores.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from services.export import ExportRow, Plan, write
from services.store.exports import Selection, export_rows

_LOOK_EVERY = 0.2
_ROWS_A_TELL = 200
_ROWS_A_PROCESS, _MOST_PROCESSES = 20_000, 4


class ExportFailed(Exception):
    """A process that writes ended without its files."""


async def export(conninfo: str, selection: Selection, plan: Plan, told: Callable[[int], None]) -> list[Path]:
    """Write the files of a plan; `told` hears how many rows are written. Raises `ExportFailed`."""
    context = multiprocessing.get_context("spawn")
    shares = _shares(selection, os.cpu_count() or 1)
    plans = [replace(plan, name=f"{plan.name}-part{number}") for number in range(len(shares))]
    counts = [context.Value("q", 0) for _ in shares]
    processes = [
        context.Process(target=_write, args=(conninfo, *one), daemon=True)
        for one in zip(shares, plans, counts, strict=True)
    ]
    await _run(processes, lambda: told(sum(count.value for count in counts)))
    found = [path for one in plans for path in _written(one)]
    return [
        path.rename(plan.folder / f"{plan.name}{f'-{number}' if len(found) > 1 else ''}.{plan.kind}")
        for number, path in enumerate(found, 1)
    ]


def _shares(selection: Selection, cores: int) -> list[Selection]:
    """The selection in as many parts as there are to be processes."""
    count = max(1, min(selection.count // _ROWS_A_PROCESS, cores, _MOST_PROCESSES))
    size = -(-selection.count // count)
    # The last takes what came since it was counted.
    return [
        replace(selection, offset=number * size, limit=size if number + 1 < count else None) for number in range(count)
    ]


async def _run(processes: list[SpawnProcess], tell: Callable[[], None]) -> None:
    for process in processes:
        process.start()
    try:
        while any(process.is_alive() for process in processes):
            await asyncio.sleep(_LOOK_EVERY)
            tell()
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
            process.join()
    if any(process.exitcode for process in processes):
        raise ExportFailed


def _written(plan: Plan) -> list[Path]:
    return sorted(plan.folder.glob(f"{plan.name}-*.{plan.kind}"), key=lambda path: (len(path.name), path.name))


def _write(conninfo: str, selection: Selection, plan: Plan, written: Synchronized[int]) -> None:
    def counted() -> Iterator[ExportRow]:
        for number, row in enumerate(export_rows(conninfo, selection), 1):
            if number % _ROWS_A_TELL == 0:
                written.value = number
            yield row

    for _ in write(counted(), plan):
        pass

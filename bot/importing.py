"""`warta import`: a file that a team brings from before goes in; its articles are read into the chat's archive.

It may be ended at any time and run again: what was taken in stays, what was read is not read again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import open_desk
from bot.settings import Settings
from handlers.deliver import Reader
from handlers.errands import import_told
from handlers.imports import Imported, take_in
from handlers.terminal import progress
from handlers.texts import Texts, texts
from services.archive_files import ArchiveFileError
from services.delivery import Answer
from services.errors import FetchFailed, UsageError
from services.models import Language
from services.store import Store, chats, open_store, shares

_AT_A_TIME = 8


class _NoTelegram:
    """Stands where the Bot API would: what is imported has no files there."""

    async def call(self, *_: object, **__: object) -> Answer:
        """Nothing is called."""
        return Answer("unsent")

    async def download(self, *_: object, **__: object) -> bytes:
        """Nothing is there. Raises `FetchFailed`."""
        raise FetchFailed("connect")


async def run_import(settings: Settings, conninfo: str, chat_id: int, path: Path, language: Language) -> str:
    """Take a file in and read what is new; gives what came of it as a sentence.

    Raises `UsageError` for a chat or a file that can't be used; what a damaged file holds before that is read.
    """
    words = texts(language)
    async with open_store(conninfo) as store:
        zone = await _zone(store, chat_id)
        found, fault = await _take_in(store, chat_id, path, zone, words)
        await _read_all(settings, store, chat_id, words)
    if fault:
        raise UsageError("usage", reason=f"archive_{fault.reason}", path=str(path)) from fault
    return import_told(found, words, read=True)


async def _zone(store: Store, chat_id: int) -> ZoneInfo:
    async with store.transaction() as transaction:
        team = await chats.find(transaction, chat_id)
    if team is None:
        raise UsageError("usage", reason="unknown_chat", chat=chat_id)
    return ZoneInfo(team.timezone)


async def _take_in(
    store: Store, chat_id: int, path: Path, zone: ZoneInfo, words: Texts
) -> tuple[Imported, ArchiveFileError | None]:
    with progress(sys.stderr, words("import.reading")) as done:
        try:
            return await take_in(store, chat_id, path, zone, done, queued=False), None
        except OSError as error:
            raise UsageError("usage", reason="file", path=str(path)) from error
        except ArchiveFileError as error:
            return Imported(), error


async def _read_all(settings: Settings, store: Store, chat_id: int, words: Texts) -> None:
    """Read what was brought in and nobody has read yet, some at a time."""
    async with store.transaction() as transaction:
        waiting = await shares.unread_imports(transaction.scope(chat_id))
    if not waiting:
        return
    threads = os.cpu_count() or 1
    async with open_desk(settings, threads=threads, parsers=threads) as desk:
        read, left = Reader(store, desk, _NoTelegram()).read, list(reversed(waiting))
        with progress(sys.stderr, words("import.articles"), len(waiting)) as done:

            async def work() -> None:
                while left:
                    await read(left.pop(), 0)
                    done(len(waiting) - len(left))

            await asyncio.gather(*(work() for _ in range(_AT_A_TIME)))

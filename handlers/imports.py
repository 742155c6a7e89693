"""A file that a team brings from before goes in; what it shared becomes shares of the archive, read when there is time.

What the chat has already is left alone, so that an import can be begun again where it broke off, or with a newer file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.context import Turn, plain_card
from handlers.incoming import Content, Document, Incoming
from handlers.understanding import LARGEST_FILE, find_shared
from services.archive_files import BadRecord, Past, read
from services.links import LinkEntity, find_links
from services.models import NewShare
from services.store import Scope, Store, chats, errands, shares

_AT_A_TIME = 200
_EXPORTS = (".json", ".csv", ".txt", ".tsv")
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: links and texts that are `new` or `known` already, and records that are no such."""

    new: int = 0
    known: int = 0
    bad: int = 0

    def __add__(self, other: Imported) -> Imported:
        return Imported(self.new + other.new, self.known + other.known, self.bad + other.bad)


async def take_in(  # noqa: PLR0913 - where from, where to, and who hears of it
    store: Store, chat_id: int, path: Path, zone: ZoneInfo, told: Callable[[int], None], *, queued: bool = True
) -> Imported:
    """Remember what a file shared, some hundred records in a transaction; `told` hears how many were gone through.

    `queued`: the worker is to read it.

    Raises `ArchiveFileError`; what came before is kept.
    """
    records = read(path, zone)
    found, done = Imported(), 0
    while batch := await asyncio.to_thread(_next, records):
        async with store.transaction() as transaction:
            team = await chats.find(transaction, chat_id)
            for record in batch:
                found += await _take_in(transaction.scope(chat_id), record, team.ignored if team else (), queued=queued)
        done += len(batch)
        told(done)
    return found


async def on_import_command(turn: Turn, incoming: Incoming) -> None:
    """`/impor` with a file, or as a reply to one: by an admin."""
    words = turn.words
    file = _file(incoming)
    if file is None or not file.name.lower().endswith(_EXPORTS):
        await turn.tell(words("import.usage"))
    elif not await turn.is_admin():
        await turn.tell(words("import.admins_only"))
    elif file.size > LARGEST_FILE:
        await turn.tell(words("import.too_large"))
    elif await errands.under_way(turn.scope, "import"):
        await turn.tell(words("errand.under_way"))
    else:
        message = await turn.say(plain_card(words("import.begun")))
        await errands.add(
            turn.scope, "import", {"file_id": file.file_id}, member_id=turn.member.id if turn.member else None,
            message_id=turn.message_id, thread_id=turn.thread_id, outbox_id=message,
        )  # fmt: skip


def _file(incoming: Incoming) -> Document | None:
    for content in (incoming.argument, incoming.reply_to):
        if content and content.document:
            return content.document
    return None


def _next(records: Iterator[Past | BadRecord]) -> list[Past | BadRecord]:
    return list(islice(records, _AT_A_TIME))


async def _take_in(scope: Scope, record: Past | BadRecord, ignored: Sequence[str], *, queued: bool) -> Imported:
    if isinstance(record, BadRecord):
        return Imported(bad=1)
    text = "\n".join((record.text, *(url for url in record.urls if url not in record.text)))
    # Telegram marks the addresses in a message; a file has them as they were typed.
    links = tuple(LinkEntity("text_link", 0, 1, link.original) for link in find_links(text))
    content = Content(record.message_id or 0, text, links, None, record.sharer, ours=False)
    counted = Imported()
    for found in find_shared(content, ignored, asked=False):
        new = NewShare(
            message_id=record.message_id or 0,
            thread_id=None,
            sharer=record.sharer,
            kind=found.kind,
            shared_at=min(record.at or scope.now, scope.now + _SLACK),
            url=found.url,
            key=found.key,
            text=found.text,
            late=True,
            imported=True,
        )
        if await shares.was_imported(scope, new):
            counted += Imported(known=1)
            continue
        share = await shares.add(scope, new, "held")
        if queued:
            await shares.read_quietly(scope, share)
        counted += Imported(new=1)
    return counted

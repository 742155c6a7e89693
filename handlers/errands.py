"""An errand goes in; what it was for comes out: files of an export in the chat, an import in the archive.

Errands take longer than an answer may, so a message of ours says how far they are. One may be begun again after a
crash: what it leads to is committed at once, at its end, or can be done twice without harm.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar, cast
from zoneinfo import ZoneInfo

from handlers.card_text import CardText, Piece, shorten
from handlers.context import BotApi, plain_card
from handlers.deliver import message_prefix
from handlers.imports import Imported, take_in
from handlers.inert import sanitise
from handlers.payloads import edit_payload, file_payload
from handlers.texts import Texts, texts
from handlers.understanding import LARGEST_FILE
from services.archive_files import ArchiveFileError
from services.errors import WartaError
from services.export import COLUMNS, ExportKind, Plan
from services.models import Team
from services.query import parse
from services.store import Scope, Store, chats, errands, files, outbox, search
from services.store.conditions import condition
from services.store.errands import Errand
from services.store.exports import Selection

_Result = TypeVar("_Result")

_MOST_ATTEMPTS = 3
_LARGEST_UPLOAD = 45_000_000
"""Telegram takes 50 MB from a bot; the rest is for the envelope."""
_TELL_EVERY = timedelta(seconds=4)

logger = logging.getLogger(__name__)


Run = Callable[[Errand, Team], Awaitable[None]]
"""Does an errand for a chat, and settles it."""


class Exporter(Protocol):
    """Writes the files of a plan and tells how many rows it has written (`bot.exporting.export`)."""

    async def __call__(self, selection: Selection, plan: Plan, told: Callable[[int], None]) -> list[Path]:
        """The files, in their order."""


@dataclass(frozen=True, slots=True)
class Errands:
    """Runs errands. `api` is where the files of members come from, `others` does the errands of other modules."""

    store: Store
    api: BotApi
    export: Exporter
    others: Mapping[str, Run]

    async def run(self, errand_id: int, job_id: int) -> None:
        """Run one errand and settle it; what goes wrong becomes a sentence, never an error."""
        async with self.store.transaction() as transaction:
            errand = await errands.begin(transaction, errand_id)
            team = await chats.find(transaction, errand.chat_id) if errand else None
        if errand is None or team is None:
            return
        words = texts(team.language)
        work: Mapping[str, Run] = {"export": self._export, "import": self._import, **self.others}
        try:
            if errand.attempts > _MOST_ATTEMPTS:
                raise RuntimeError("it broke off too often")
            await work[errand.kind](errand, team)
        except ArchiveFileError as error:
            await self._fail(errand, words.one_of("import_errors", error.reason))
        except WartaError as error:
            logger.info("job %s: errand %s failed: %s", job_id, errand.id, error)
            await self._fail(errand, words.one_of("failures", error.kind))
        except Exception as error:
            # Its message may hold what members wrote, so that stays out of the log but for a developer.
            debug = logger.isEnabledFor(logging.DEBUG)
            logger.error("job %s: errand %s: %s", job_id, errand.id, type(error).__name__, exc_info=debug)
            await self._fail(errand, words("errand.failed"))
        else:
            logger.info("job %s: errand %s done", job_id, errand.id)

    # Export

    async def _export(self, errand: Errand, team: Team) -> None:
        words = texts(team.language)
        selection, total = await self._selection(errand, team)
        progress = _Progress(self, errand, lambda done: words("export.progress", done=words.whole(done), total=total))
        with tempfile.TemporaryDirectory(prefix="warta-export-") as folder:
            plan = self._plan(team, errand, Path(folder))
            paths = await progress.while_doing(lambda: self.export(selection, plan, progress.told))
            async with self.store.transaction() as transaction:
                scope = transaction.scope(errand.chat_id)
                if not await errands.settle(scope, errand.id, "done"):
                    return
                for number, path in enumerate(paths, 1):
                    file_id = await files.keep(scope, path.name, await asyncio.to_thread(path.read_bytes))
                    caption = plain_card(
                        words("export.part", number=number, total=len(paths)) if len(paths) > 1 else ""
                    )
                    payload = file_payload(
                        "document", file_id, caption, reply_to=errand.message_id, thread_id=errand.thread_id
                    )
                    await outbox.say(scope, payload)
                done = words("export.done", count=total, files=words.whole(len(paths)))
                await _tell(scope, errand, done)

    async def _selection(self, errand: Errand, team: Team) -> tuple[Selection, str]:
        """What is asked for, and how many articles that are."""
        zone = ZoneInfo(team.timezone)
        async with self.store.transaction() as transaction:
            scope = transaction.scope(errand.chat_id)
            question = await search.ask(scope, parse(errand.details["query"]), zone, errand.member_id)
            total = (await search.counts(scope, question)).total
        chosen = condition(question.query, question.known, errand.chat_id, question.today, zone)
        return Selection(errand.chat_id, chosen, message_prefix(team), total), texts(team.language).whole(total)

    def _plan(self, team: Team, errand: Errand, folder: Path) -> Plan:
        words = texts(team.language)
        headers = {column: words.one_of("columns", column) for column in COLUMNS}
        kind, zone = cast(ExportKind, errand.details["kind"]), ZoneInfo(team.timezone)
        return Plan(kind, folder, f"warta-{errand.id}", _LARGEST_UPLOAD, zone, headers)

    # Import

    async def _import(self, errand: Errand, team: Team) -> None:
        words = texts(team.language)
        content = await self.api.download(errand.details["file_id"], LARGEST_FILE)
        with tempfile.TemporaryDirectory(prefix="warta-import-") as folder:
            path = Path(folder) / "archive"
            path.write_bytes(content)
            progress = _Progress(self, errand, lambda done: words("import.progress", count=words.whole(done)))
            found = await progress.while_doing(
                lambda: take_in(self.store, errand.chat_id, path, ZoneInfo(team.timezone), progress.told)
            )
        async with self.store.transaction() as transaction:
            scope = transaction.scope(errand.chat_id)
            if await errands.settle(scope, errand.id, "done"):
                await _tell(scope, errand, import_told(found, words))

    # Telling

    async def tell(self, errand: Errand, sentence: str) -> None:
        """Say how far an errand is."""
        async with self.store.transaction() as transaction:
            await _tell(transaction.scope(errand.chat_id), errand, sentence)

    async def _fail(self, errand: Errand, sentence: str) -> None:
        async with self.store.transaction() as transaction:
            scope = transaction.scope(errand.chat_id)
            if await errands.settle(scope, errand.id, "failed"):
                await _tell(scope, errand, sentence)


class _Progress:
    """Tells from time to time how far an errand is."""

    def __init__(self, errands_: Errands, errand: Errand, sentence: Callable[[int], str]) -> None:
        self._errands, self._errand, self._sentence = errands_, errand, sentence
        self._done = 0

    def told(self, done: int) -> None:
        """Hear how much is done."""
        self._done = done

    async def while_doing(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do the work; meanwhile the chat sees how far it is."""
        teller = asyncio.create_task(self._tell())
        try:
            return await work()
        finally:
            teller.cancel()

    async def _tell(self) -> None:
        last = 0
        while True:
            await asyncio.sleep(_TELL_EVERY.total_seconds())
            if self._done != last:
                last = self._done
                await self._errands.tell(self._errand, self._sentence(last))


def import_told(found: Imported, words: Texts, *, read: bool = False) -> str:
    """What came of an import; `read`: not only taken in."""
    new, known = words.whole(found.new), words.whole(found.known)
    sentence = words("import.read" if read else "import.done", new=new, known=known)
    if found.bad:
        sentence += " " + words("import.bad", count=words.whole(found.bad))
    return sentence


async def _tell(scope: Scope, errand: Errand, sentence: str) -> None:
    text = CardText()
    text.add(Piece(shorten(sanitise(sentence), 1_000)))
    if errand.outbox_id is not None:
        await outbox.edit(scope, errand.outbox_id, edit_payload(text.card()))

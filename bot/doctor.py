"""`warta doctor`: settings go in; what is well, what isn't, and how to mend it come out, a line each."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot.database import database
from bot.logs import redacted
from bot.settings import Settings
from handlers.failures import failure_sentence
from handlers.texts import Texts, texts
from handlers.wire import Telegram
from services.delivery import Answer
from services.errors import InternalError, WartaError
from services.models import Language
from services.nlp.encoder import Encoder
from services.store import open_store, outbox

_OLDEST_PYTHON = (3, 11)
_LEAST_DISK = 1024**3
_MOST_SKEW = 30.0
_MARKS = {True: "✓", False: "✗", None: "!"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `well` or not, or None for what an operator should know; and a sentence on what to do."""

    well: bool | None
    sentence: str


def examine(settings: Settings, language: Language) -> int:
    """Check everything and print it; the exit status is 0 if all is well, else 1."""
    words = texts(language)
    findings = []
    for finding in _findings(settings, words):
        findings.append(finding)
        print(redacted(f"{_MARKS[finding.well]} {finding.sentence}"), flush=True)  # noqa: T201 - the product
    return 1 if any(finding.well is False for finding in findings) else 0


def _findings(settings: Settings, words: Texts) -> Iterator[Finding]:
    for check in (_python, _disk, _model, _database, _telegram, _clock, _access):
        yield from _checked(check, settings, words)


def _checked(check: Callable[[Settings, Texts], list[Finding]], settings: Settings, words: Texts) -> list[Finding]:
    try:
        return check(settings, words)
    except WartaError as error:
        return [Finding(False, failure_sentence(error, words.language))]
    except Exception as error:  # noqa: BLE001 - one broken check must not hide the others
        sentence = failure_sentence(InternalError("internal"), words.language)
        return [Finding(False, f"{sentence} ({type(error).__name__})")]


def _python(_: Settings, words: Texts) -> list[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return [Finding(False, words("doctor.python_old", version=version))]
    return [Finding(True, words("doctor.python", version=version))]


def _disk(settings: Settings, words: Texts) -> list[Finding]:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    gigabytes = f"{free / 1024**3:.1f}"
    if free < _LEAST_DISK:
        return [Finding(False, words("doctor.disk_full", folder=folder, free=gigabytes))]
    return [Finding(True, words("doctor.disk", folder=folder, free=gigabytes))]


def _model(settings: Settings, words: Texts) -> list[Finding]:
    model = Encoder.load(settings.model, 1).model
    return [Finding(True, words("doctor.model", name=model.name, version=model.version))]


def _database(settings: Settings, words: Texts) -> list[Finding]:
    with database(settings) as conninfo:
        unclear = asyncio.run(_unclear(conninfo))
    which = words("doctor.database_own" if settings.database_url else "doctor.database_embedded", folder=settings.home)
    findings = [Finding(True, which)]
    if unclear:
        findings.append(Finding(None, words("doctor.ambiguous", count=len(unclear))))
        findings += [Finding(None, f"  {line}") for line in unclear]
    return findings


async def _unclear(conninfo: str) -> list[str]:
    async with open_store(conninfo) as store, store.transaction() as transaction:
        return [
            f"#{row['id']} chat {row['chat_id']} share {row['share_id'] or '-'} {row['sent_at']:%Y-%m-%d %H:%M:%S}Z"
            f" {row['error']}"
            for row in await outbox.ambiguous(transaction)
        ]


def _clock(settings: Settings, words: Texts) -> list[Finding]:
    """Our clock against that of the Bot API server, as the head of any answer of its tells it."""
    parts = urlsplit(settings.bot_api)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        connection.request("HEAD", "/")
        told = connection.getresponse().getheader("Date", "")
    except OSError:
        return []  # That Telegram can't be reached is told already.
    finally:
        connection.close()
    if not told:
        return []
    skew = abs((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds())
    return [
        Finding(
            skew <= _MOST_SKEW,
            words("doctor.clock" if skew <= _MOST_SKEW else "doctor.clock_wrong", seconds=round(skew)),
        )
    ]


def _telegram(settings: Settings, words: Texts) -> list[Finding]:
    if not settings.bot_token:
        return [Finding(False, words("doctor.no_token"))]
    answer = asyncio.run(_me(settings))
    if answer.code in (401, 404):
        return [Finding(False, words("doctor.token_refused"))]
    if not answer.ok:
        return [Finding(False, words("doctor.unreachable", api=settings.bot_api))]
    findings = [Finding(True, words("doctor.telegram", name=answer.result.get("username", "")))]
    sees = bool(answer.result.get("can_read_all_group_messages"))
    findings.append(Finding(sees or None, words("doctor.sees_all" if sees else "doctor.privacy_mode")))
    return findings


async def _me(settings: Settings) -> Answer:
    async with Telegram(settings.bot_token, settings.bot_api) as telegram:
        return await telegram.call("getMe", None, 10)


def _access(settings: Settings, words: Texts) -> list[Finding]:
    closed = bool(settings.owners or settings.chats)
    return [Finding(closed or None, words("doctor.closed" if closed else "doctor.open"))]

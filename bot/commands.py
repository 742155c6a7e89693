"""The commands: parsed arguments go in, a card or lines of JSON come out; a mistake is one sentence on stderr."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from bot.app import open_desk
from bot.batch import answer_line, answers
from bot.logs import set_up_logging
from bot.settings import Settings, load_settings
from handlers.cards import annotation_card
from handlers.failures import failure_sentence
from handlers.terminal import counted, print_card
from services.annotate import Desk
from services.errors import InternalError, UsageError, WartaError
from services.fetch import decode_page
from services.links import find_links
from services.models import Annotation, Language, Link, Page
from services.schema import annotation_to_json

logger = logging.getLogger(__name__)

_PAGES = (".html", ".htm")
# A saved page or a text larger than this is no article; `annotate` answers such a line with an error.
_LARGEST_INPUT = 20 * 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """Run the command that the options name; gives the exit status."""
    # A terminal without UTF-8 gets '?' for what it can't show, never an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    language: Language = "id"
    try:
        settings = load_settings(os.environ, Path(".env"))
        language = getattr(options, "lang", None) or settings.language
        set_up_logging(settings.log_level)
        return _run(options, settings, language)
    except WartaError as error:
        return _complain(error, language)
    except BaseExceptionGroup as group:
        mistakes = group.subgroup(WartaError)
        if mistakes is None:
            raise
        return _complain(_first(mistakes), language)
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        # The reader has gone; nothing is left to say, and closing stdout must not say it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Its message may hold article text, so that stays out of the log but for a developer.
        logger.error("internal error: %s", type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
        return _complain(InternalError("internal"), language)


def _run(options: argparse.Namespace, settings: Settings, language: Language) -> int:
    match options.command:
        case "card":
            asyncio.run(_card(_source(options.source, options.url), options, settings, language))
        case "annotate":
            asyncio.run(_annotate(options.jobs, settings, language))
        case "doctor":
            from bot.doctor import examine  # noqa: PLC0415 - Telegram and the database only where they are needed

            return examine(settings, language)
        case "import":
            _import(options, settings, language)
        case command:
            _serve(command, settings)
    return 0


def _import(options: argparse.Namespace, settings: Settings, language: Language) -> None:
    from bot.database import database  # noqa: PLC0415 - Telegram and the database only where they are needed
    from bot.importing import run_import  # noqa: PLC0415 - as above

    logging.getLogger("handlers").setLevel(logging.WARNING)  # A bar shows how far it is.
    with database(settings) as conninfo:
        print(asyncio.run(run_import(settings, conninfo, options.chat, Path(options.file), language)))


def _serve(command: str, settings: Settings) -> None:
    from bot.database import database  # noqa: PLC0415 - as above
    from bot.service import run_bot, run_worker  # noqa: PLC0415 - as above

    with database(settings) as conninfo:
        asyncio.run((run_bot if command == "run" else run_worker)(settings, conninfo))


def _first(group: BaseExceptionGroup[WartaError]) -> WartaError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _complain(error: WartaError, language: Language) -> int:
    print(failure_sentence(error, language), file=sys.stderr)
    return error.exit_status


# card


def _source(source: str, url: str | None) -> Link | Page | str:
    """What the argument stands for: an address, a saved page, or a text."""
    if source == "-":
        return decode_page(_limited(sys.stdin.buffer))
    if not Path(source).is_file() and (links := find_links(source)):
        return links[0]
    try:
        with Path(source).open("rb") as file:
            text = decode_page(_limited(file))
    except (OSError, ValueError) as error:
        raise UsageError("usage", reason="file", path=source) from error
    return Page(url, text) if source.lower().endswith(_PAGES) else text


async def _card(source: Link | Page | str, options: argparse.Namespace, settings: Settings, language: Language) -> None:
    async with open_desk(settings, threads=os.cpu_count() or 1, parsers=1) as desk:
        annotation = await _annotation(source, options.url, desk)
    if options.json:
        print(json.dumps(annotation_to_json(annotation), ensure_ascii=False, indent=2))
    else:
        print_card(annotation_card(annotation, language, settings.timezone), sys.stdout)


async def _annotation(source: Link | Page | str, url: str | None, desk: Desk) -> Annotation:
    if isinstance(source, Link):
        return await desk.annotate_link(source.url)
    if isinstance(source, Page):
        return await desk.annotate_page(source)
    return await desk.annotate_text(source, url)


def _limited(file: BinaryIO) -> bytes:
    content = file.read(_LARGEST_INPUT + 1)
    if len(content) > _LARGEST_INPUT:
        raise UsageError("usage", reason="input")
    return content


# annotate


async def _annotate(jobs: int, settings: Settings, language: Language) -> None:
    threads = max(1, (os.cpu_count() or 1) // jobs)
    async with open_desk(settings, threads=threads, parsers=jobs) as desk:
        with counted(sys.stderr) as advance:
            async for answer in answers(_lines(), lambda line: answer_line(line, desk, language), jobs):
                # asyncio turns Ctrl-C into a cancellation between steps, so a line is written whole or not at all.
                sys.stdout.buffer.write(f"{answer}\n".encode())
                sys.stdout.buffer.flush()
                advance()


async def _lines() -> AsyncIterator[bytes]:
    """The lines of stdin, read in a thread so that work goes on while more is awaited; blank ones are none."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue[bytes](maxsize=64)

    def feed() -> None:
        # A reader of its own: at exit Python wants stdin's, which a thread waiting for a line would keep.
        with open(sys.stdin.fileno(), "rb", closefd=False) as file:
            for line in iter(lambda: file.readline(_LARGEST_INPUT), b""):
                asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
        asyncio.run_coroutine_threadsafe(queue.put(b""), loop).result()

    threading.Thread(target=feed, daemon=True).start()
    while line := await queue.get():
        if line.strip():
            yield line

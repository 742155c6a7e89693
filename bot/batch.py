"""`warta annotate`: lines of JSON go in, one line of JSON for each comes out, in order; a bad line is answered too."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from handlers.failures import failure_sentence
from services.annotate import Desk
from services.errors import InternalError, UsageError, WartaError
from services.models import Annotation, Language, Page
from services.schema import annotation_to_json

logger = logging.getLogger(__name__)

# How many lines may wait, finished, for a slow one before them.
_AHEAD = 8


async def answers(
    lines: AsyncIterator[bytes], answer: Callable[[bytes], Awaitable[str]], jobs: int
) -> AsyncIterator[str]:
    """One answer a line, in the order of the lines, `jobs` at work at a time."""
    free = asyncio.Semaphore(jobs)

    async def work(line: bytes) -> str:
        async with free:
            return await answer(line)

    waiting: deque[asyncio.Task[str]] = deque()
    try:
        async for line in lines:
            waiting.append(asyncio.create_task(work(line)))
            while waiting and (waiting[0].done() or len(waiting) > jobs + _AHEAD):
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()


async def answer_line(line: bytes, desk: Desk, language: Language) -> str:
    """The answer to one input line: an annotation, or what went wrong in words."""
    identity: Any = None
    try:
        request = _request(line)
        identity = request.get("id")
        annotation = await _annotate(request, desk)
    except WartaError as error:
        return _json({"id": identity, "error": _told(error, language)})
    except Exception as error:
        # Its message may hold article text, so that stays out of the log but for a developer.
        name, debug = type(error).__name__, logger.isEnabledFor(logging.DEBUG)
        logger.error("an article could not be annotated: %s", name, exc_info=debug)
        return _json({"id": identity, "error": _told(InternalError("internal"), language)})
    return _json({"id": identity, "annotation": annotation_to_json(annotation)})


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError("usage", reason="line") from error
    if not isinstance(request, dict):
        raise UsageError("usage", reason="line")
    return request


async def _annotate(request: dict[str, Any], desk: Desk) -> Annotation:
    given = {name: value for name, value in request.items() if name != "id" and value is not None}
    if not all(isinstance(given.get(name, ""), str) for name in ("url", "html", "title", "text")):
        raise UsageError("usage", reason="line")
    if "html" in given:
        return await desk.annotate_page(Page(given.get("url"), given["html"]))
    if "text" in given:
        return await desk.annotate_plain(given.get("title", ""), given["text"], given.get("url"))
    if "url" in given:
        return await desk.annotate_link(given["url"])
    raise UsageError("usage", reason="line")


def _told(error: WartaError, language: Language) -> dict[str, str]:
    return {"kind": error.kind, "message": failure_sentence(error, language)}


def _json(value: dict[str, Any]) -> str:
    # A lone surrogate can't be written as UTF-8; an input id may hold one.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")

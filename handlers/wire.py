"""A method of the Bot API and its parameters go in; an `Answer` comes out, never an error, and never the token.

Built on python-telegram-bot's `Bot`, which speaks the protocol; what its errors mean for a message (it arrived, it
didn't, nobody knows) is settled here.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any, Self

from telegram import Bot, InputFile, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from handlers.payloads import Upload
from services.delivery import Answer
from services.errors import FetchFailed

# Nothing of the request has left when one of these is raised; known by name, so that httpx keeps one importer.
_BEFORE_SENDING = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
_CODES = ((BadRequest, 400), (InvalidToken, 401), (EndPointNotFound, 404), (Forbidden, 403), (Conflict, 409))
_SECONDS = 15.0
_FILE_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Telegram:
    """The Bot API of one bot. Use it as an async context."""

    def __init__(self, token: str, api: str) -> None:
        """`api` is the server's address, to which `/bot<token>/<method>` is added."""
        # The typed methods would turn every answer into objects that nobody here asks for.
        warnings.filterwarnings("ignore", message="Please use 'Bot", category=PTBUserWarning)
        # RetryAfter reads its own attribute, whose type will change; ours is ready for both.
        warnings.filterwarnings("ignore", message=".*`retry_after`", category=PTBDeprecationWarning)
        base = api.rstrip("/")
        self._requests = _requests(1), _requests(32)
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )

    async def __aenter__(self) -> Self:
        """Open the connections."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()

    async def call(self, method: str, parameters: Mapping[str, Any] | None = None, seconds: float = _SECONDS) -> Answer:
        """Call a method; `seconds` is how long an answer is waited for."""
        given = {name: _wire(value) for name, value in (parameters or {}).items() if value is not None}
        if any(isinstance(value, InputFile) for value in given.values()):
            seconds = _FILE_SECONDS
        try:
            result = await self._bot.do_api_request(
                method, api_kwargs=given, read_timeout=seconds, write_timeout=seconds
            )
        except TelegramError as error:
            return _answer(error)
        return Answer("answered", ok=True, result=result)

    async def download(self, file_id: str, limit: int) -> bytes:
        """The content of a file that a member sent. Raises `FetchFailed` (`too_large`, `connect`)."""
        try:
            file = await self._bot.get_file(file_id, read_timeout=_SECONDS)
            if (file.file_size or 0) > limit:
                raise FetchFailed("too_large")
            content = await file.download_as_bytearray(read_timeout=_FILE_SECONDS)
        except BadRequest as error:
            raise FetchFailed("too_large" if "too big" in str(error) else "connect") from None
        except TelegramError:
            raise FetchFailed("connect") from None  # The cause could name the token in its address.
        if len(content) > limit:
            raise FetchFailed("too_large")
        return bytes(content)

    def read_update(self, raw: Mapping[str, Any]) -> Update:
        """An update from its raw JSON. Raises `ValueError` where it is none."""
        try:
            return Update.de_json(dict(raw), self._bot)
        except Exception as error:  # noqa: BLE001 - whatever a strange update breaks in there, it is a strange update
            raise ValueError(f"not an update: {type(error).__name__}") from None


def _requests(connections: int) -> HTTPXRequest:
    return HTTPXRequest(connection_pool_size=connections, connect_timeout=5, pool_timeout=30, write_timeout=15)


def _wire(value: object) -> object:
    return InputFile(value.content, filename=value.name) if isinstance(value, Upload) else value


def _answer(error: TelegramError) -> Answer:
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return Answer(
            "answered", code=429, retry_after=float(after if isinstance(after, int) else after.total_seconds())
        )
    if isinstance(error, ChatMigrated):
        return Answer("answered", code=400, migrated_to=error.new_chat_id)
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Answer("answered", code=code, description=_description(error))
    cause = type(error.__cause__).__name__
    if cause in _BEFORE_SENDING:
        return Answer("unsent", description=cause)
    if isinstance(error, NetworkError) and not isinstance(error, TimedOut) and error.__cause__ is None:
        return Answer("answered", code=500, description=_description(error))
    return Answer("unknown", description=cause)


def _description(error: TelegramError) -> str:
    return " ".join(error.message.split())[:200]

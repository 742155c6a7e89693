"""A Telegram on loopback for tests and bench: a real HTTP server that speaks the Bot API as strictly as Telegram does.

    async with BotApi() as telegram:                        # the bot: WARTA_BOT_API=telegram.url, telegram.token
        sari, group = telegram.user("Sari"), telegram.group("Redaksi")
        share = group.say(sari, "https://kabar.example/a")
        await telegram.until(lambda: group.sent, what="the card")
        assert group.sent[0].reply_to == share.message_id
        assert telegram.complaints() == []

What people do in chats is in `botapi_chats.py`, what each method does in `botapi_methods.py`, what Telegram refuses in
`botapi_checks.py`, how updates travel in `botapi_updates.py`; here are HTTP and the faults that a test injects.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from botapi_chats import Chat, Message, Press, Sent, Telegram, User
from botapi_checks import Json, Limits, Refused
from botapi_methods import METHODS
from botapi_updates import Bell, Updates

__all__ = [
    "BotApi", "Call", "Chat", "DropAfter", "DropBefore", "Fault", "Kind", "Message", "Migrated", "Press", "RetryAfter",
    "Sent", "Status", "TimeoutAfter", "TimeoutBefore", "User",
]  # fmt: skip

_OF_UPDATES = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
_NAMES = {name.lower(): name for name in (*METHODS, *_OF_UPDATES)}
_LIMITED = re.compile(r"send(?!ChatAction)|editMessage")
_SENDING = re.compile(r"send|edit|delete(?!Webhook)|setMessage|answer")
_NUMBERS = {
    "chat_id", "user_id", "message_id", "message_thread_id", "reply_to_message_id", "offset", "limit", "timeout",
    "cache_time", "max_connections",
}  # fmt: skip
_FLAGS = {
    "disable_notification", "show_alert", "is_big", "drop_pending_updates", "protect_content",
    "allow_sending_without_reply",
}  # fmt: skip
_OBJECTS = {
    "entities", "caption_entities", "reply_markup", "reply_parameters", "link_preview_options", "reaction", "commands",
    "scope", "allowed_updates",
}  # fmt: skip


@dataclass(frozen=True)
class RetryAfter:
    """429: for so many seconds no message is taken. What comes earlier is refused as well, and `flooded`."""

    seconds: int


@dataclass(frozen=True)
class Status:
    """An error; `json=False`: told in HTML, as by a gateway between the bot and Telegram."""

    code: int
    description: str
    json: bool = True


@dataclass(frozen=True)
class Migrated:
    """400: the group is now this supergroup."""

    chat: Chat


@dataclass(frozen=True)
class TimeoutBefore:
    """The request isn't done, and never answered."""


@dataclass(frozen=True)
class TimeoutAfter:
    """The request is done, and never answered."""


@dataclass(frozen=True)
class DropBefore:
    """The request isn't done; the connection breaks."""


@dataclass(frozen=True)
class DropAfter:
    """The request is done; the connection breaks before the answer."""


Kind = RetryAfter | Status | Migrated | TimeoutBefore | TimeoutAfter | DropBefore | DropAfter


@dataclass(eq=False)
class Call:
    """A request: decoded parameters, when it came (the loop's clock), and its answer (status 0: none was given)."""

    method: str
    time: float
    params: Json = field(default_factory=dict)
    status: int = 0
    answer: Json = field(default_factory=dict)

    @property
    def chat_id(self) -> int | str | None:
        """The chat that it is about."""
        given: int | str | None = self.params.get("chat_id")
        return given

    @property
    def description(self) -> str:
        """Why it was refused; empty when it wasn't."""
        return str(self.answer.get("description", ""))

    def __str__(self) -> str:
        text = str(self.params.get("text", ""))[:60]
        return f"{self.time:.2f} {self.method} {self.chat_id or ''} {text!r} -> {self.status} {self.description}"


@dataclass(eq=False)
class Fault:
    """What goes wrong `left` times more, with a method (None: with all but getUpdates) in a chat (None: in any)."""

    kind: Kind
    method: str | None
    chat: Chat | None
    left: float

    def concerns(self, call: Call) -> bool:
        """Whether a call runs into it."""
        meant = call.method == self.method or (self.method is None and call.method != "getUpdates")
        return self.left > 0 and meant and (self.chat is None or self.chat.id == call.chat_id)


class BotApi(Telegram):
    """Use as an async context.

    `sent`: the bot's messages, in the order in which they were taken. `calls`: all requests. `refused`: those that
    Telegram answers with 400; neither what a test injected nor what only tells of a migration. `flooded`: those that
    came faster than the limits allow. `warnings`: what Telegram would quietly mend. `auto_linked`: messages in which
    Telegram links something by itself. `latency`: seconds that a request takes, half of them before it is done.
    """

    def __init__(
        self,
        token: str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        username: str = "warta_uji_bot",
        can_read_all: bool = True,
        *,
        limits: bool = True,
    ) -> None:
        super().__init__(token, username, can_read_all=can_read_all)
        self.url = ""
        self.latency = 0.0
        self.calls: list[Call] = []
        self.refused: list[Call] = []
        self.flooded: list[Call] = []
        self.faults: list[Fault] = []
        self._bell = Bell()
        self.updates = Updates(self._bell)
        self._limits = Limits() if limits else None
        self._held: dict[int | str | None, float] = {}
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._serve)
        # Nobody waits for a client that went away.
        self._runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self.updates.close()
        await self._runner.cleanup()

    # What a test does

    def push(self, update: Json) -> int:
        """Have any update given to the bot; it gets the next `update_id` unless it brings one. Gives the id."""
        return self.updates.put(update)

    def redeliver(self, times: int) -> None:
        """From now on give every update so many times, whether it was confirmed or not."""
        self.updates.times = times

    def fail(self, method: str | None = None, chat: Chat | None = None, times: float = 1, *, kind: Kind) -> Fault:
        """Let the next calls (`math.inf`: all) of a method, in a chat, go wrong. `left = 0` on the fault ends it."""
        fault = Fault(kind, method, chat, times)
        self.faults.append(fault)
        return fault

    async def until(
        self,
        condition: Callable[[], object],
        timeout: float = 10,  # noqa: ASYNC109 - it words the failure, too
        what: str = "",
    ) -> None:
        """Wait until the condition is true; it is looked at after every call and update. Else `AssertionError`."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._bell.heard()
        except TimeoutError:
            raise AssertionError(f"{what or 'it'} didn't come within {timeout} s\n{self.story()}") from None

    async def quiet(self, seconds: float = 1) -> None:
        """Wait until the bot has done nothing in any chat for so long, counted from now at the earliest."""
        end = self._now() + seconds
        while (left := end - self._now()) > 0:
            await asyncio.sleep(left)
            end = max([end, *(call.time + seconds for call in self.calls if _SENDING.match(call.method))])

    def complaints(self) -> list[str]:
        """All that Telegram finds wrong with what the bot did, for a test to compare with `[]`."""
        return [
            *(f"refused: {call}" for call in self.refused),
            *(f"flooded: {call}" for call in self.flooded),
            *(f"warning: {warning}" for warning in self.warnings),
        ]

    def story(self) -> str:
        """The last calls and messages, to understand a failed test by."""
        messages = [f"{sent.chat.id} {sent.message_id} {sent.text[:100]!r} {sent.buttons}" for sent in self.sent[-20:]]
        calls = [str(call) for call in self.calls[-30:]]
        return "\n".join(["calls:", *calls, "sent:", *messages, f"updates not confirmed: {len(self.updates)}"])

    # HTTP

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(f"/file/bot{self.token}/"):
            return self._download(request.path.removeprefix(f"/file/bot{self.token}/"))
        method = request.path.removeprefix(f"/bot{self.token}/")
        if method == request.path:
            a_token = re.match(r"/(?:file/)?bot\d+:[\w-]{30,}/", request.path)
            return _respond(_error(401, "Unauthorized") if a_token else _error(404, "Not Found"))
        call = Call(_NAMES.get(method.lower(), method), self._now())
        self.calls.append(call)
        try:
            return await self._answer(request, call)
        finally:
            self._bell.ring()

    def _download(self, path: str) -> web.Response:
        file = next((file for file in self.files.values() if file.path == path), None)
        if file is None:
            return _respond(_error(404, "Not Found"))
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        await asyncio.sleep(self.latency / 2)
        call.params, undecoded = await _read_parameters(request)
        kind = self._run_into_fault(call)
        if isinstance(kind, DropBefore | TimeoutBefore):
            await self._break(request, at_once=isinstance(kind, DropBefore))
        call.answer = _injected(kind) or self._flood(call) or await self._do(call, undecoded)
        self._bell.ring()
        await asyncio.sleep(self.latency / 2)
        if isinstance(kind, DropAfter | TimeoutAfter):
            await self._break(request, at_once=isinstance(kind, DropAfter))
        call.status = call.answer.get("error_code", 200)
        if isinstance(kind, Status) and not kind.json:
            page = f"<html><body><h1>{kind.code} {kind.description}</h1></body></html>"
            return web.Response(status=kind.code, text=page, content_type="text/html")
        return _respond(call.answer)

    async def _break(self, request: web.Request, *, at_once: bool) -> None:
        """Break the connection without an answer: at once, or when the client or the test gave up."""
        if not at_once:
            await self._closing.wait()
        if request.transport:
            request.transport.abort()
        raise asyncio.CancelledError

    def _run_into_fault(self, call: Call) -> Kind | None:
        fault = next((fault for fault in self.faults if fault.concerns(call)), None)
        if fault is None:
            return None
        fault.left -= 1
        if isinstance(fault.kind, RetryAfter):
            self._held[fault.chat.id if fault.chat else None] = self._now() + fault.kind.seconds
        return fault.kind

    def _flood(self, call: Call) -> Json | None:
        """The refusal of a message that comes too early."""
        if not _LIMITED.match(call.method):
            return None
        now = self._now()
        wait = max(self._held.get(held, 0) - now for held in (None, call.chat_id))
        if wait <= 0 and self._limits and isinstance(call.chat_id, int):
            wait = self._limits.wait(call.chat_id, now, group=call.chat_id < 0)
        if wait <= 0:
            return None
        self.flooded.append(call)
        return _too_many(math.ceil(wait))

    async def _do(self, call: Call, undecoded: str) -> Json:
        try:
            if undecoded:
                raise Refused(f"can't parse {undecoded} JSON object")
            result = await self._result(call)
        except Refused as refusal:
            if refusal.code == 400 and not refusal.parameters:
                self.refused.append(call)
            return refusal.body
        if self._limits and _LIMITED.match(call.method) and isinstance(call.chat_id, int):
            self._limits.count(call.chat_id, self._now())
        return {"ok": True, "result": result}

    async def _result(self, call: Call) -> Any:  # noqa: ANN401 - each method has a result of its own
        match call.method:
            case "getUpdates":
                return await self.updates.get(call.params)
            case "setWebhook":
                return await self.updates.set_webhook(call.params)
            case "deleteWebhook":
                return await self.updates.set_webhook({**call.params, "url": ""})
            case "getWebhookInfo":
                return self.updates.webhook_info()
            case method if method in METHODS:
                return METHODS[method](self, call.params)
        raise Refused("method not found", 404)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


async def _read_parameters(request: web.Request) -> tuple[Json, str]:
    """Parameters from the address, a form or JSON, decoded; and the name of one that can't be."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json() if request.can_read_body else {}
    else:
        given |= dict(await request.post())
    files = {
        name: (value.filename, value.file.read()) for name, value in given.items() if isinstance(value, web.FileField)
    }
    decoded: Json = {}
    for name, value in given.items():
        try:
            decoded[name] = files.get(name) or _decode(name, value)
        except ValueError:
            return given, name
    attached = {f"attach://{name}": file for name, file in files.items()}
    return {name: _attached(value, attached) for name, value in decoded.items()}, ""


def _attached(value: object, files: dict[str, tuple[str, bytes]]) -> object:
    return files.get(value, value) if isinstance(value, str) else value


def _decode(name: str, value: object) -> object:
    """A form's text as the value that it stands for. Raises `ValueError`."""
    if not isinstance(value, str):
        return value
    if name in _OBJECTS:
        return json.loads(value) if value else None
    if name in _FLAGS:
        return value.lower() in ("true", "yes", "1")
    if name in _NUMBERS and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def _injected(kind: Kind | None) -> Json | None:
    match kind:
        case RetryAfter(seconds):
            return _too_many(seconds)
        case Status(code, description):
            return _error(code, description)
        case Migrated(chat):
            return Refused("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.id).body
    return None


def _too_many(seconds: int) -> Json:
    error = _error(429, f"Too Many Requests: retry after {seconds}")
    return {**error, "parameters": {"retry_after": seconds}}


def _error(code: int, description: str) -> Json:
    return {"ok": False, "error_code": code, "description": description}


def _respond(body: Json) -> web.Response:
    return web.json_response(body, status=body.get("error_code", 200))

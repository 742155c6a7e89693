"""Updates go in; they come out to the bot as Telegram gives them: by `getUpdates`, or posted to a webhook."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from contextlib import suppress

from aiohttp import ClientError, ClientSession, ClientTimeout
from botapi_checks import Json, Refused, check_webhook

_ASKED_FOR = {"chat_member", "message_reaction", "message_reaction_count"}
"""These come only to bots that ask for them."""
_LONGEST_POLL = 50
_PAUSE = 0.1
"""Seconds until a webhook that failed is tried again; Telegram waits longer."""


class Bell:
    """Rung whenever anything changes; who listens hears the next ring."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake up all who listen now."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def heard(self, seconds: float | None = None) -> None:
        """Wait for the next ring, for so long at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)


class Updates:
    """What waits for the bot. An update is given until it is confirmed, and at least `times` times."""

    def __init__(self, bell: Bell) -> None:
        self.times = 1
        self._bell = bell
        self._allowed: list[str] = []
        self._waiting: dict[int, Json] = {}
        self._given = Counter[int]()
        self._ids = itertools.count(700_000_001)
        self._poll = object()
        self._webhook: tuple[str, asyncio.Task[None]] | None = None
        self._error = ""
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, update: Json) -> int:
        """Add an update, if the bot wants its kind; gives its id, which is the next one unless it brings its own."""
        update = {"update_id": update.get("update_id") or next(self._ids), **update}
        kinds = update.keys() - {"update_id"}
        if kinds & set(self._allowed) if self._allowed else not kinds & _ASKED_FOR:
            self._waiting[update["update_id"]] = update
            self._given[update["update_id"]] = 0
        self._bell.ring()
        return int(update["update_id"])

    async def get(self, params: Json) -> list[Json]:
        """`getUpdates`: a later one ends an earlier one."""
        if self._webhook:
            way_out = "use deleteWebhook to delete the webhook first"
            raise Refused(f"can't use getUpdates method while webhook is active; {way_out}", 409)
        self._poll = poll = object()
        self._bell.ring()
        self._allow(params)
        self._confirm(params.get("offset") or 0)
        end = time.monotonic() + min(params.get("timeout") or 0, _LONGEST_POLL)
        while not (self._waiting or self._closed) and (left := end - time.monotonic()) > 0:
            await self._bell.heard(left)
            if self._poll is not poll:
                advice = "make sure that only one bot instance is running"
                raise Refused(f"terminated by other getUpdates request; {advice}", 409)
        given = [self._waiting[update_id] for update_id in sorted(self._waiting)[: params.get("limit") or 100]]
        self._given.update(update["update_id"] for update in given)
        return given

    def _allow(self, params: Json) -> None:
        if params.get("allowed_updates") is not None:
            self._allowed = params["allowed_updates"]

    def _confirm(self, offset: int) -> None:
        """Forget what is older than `offset`; a negative one keeps so many of the last."""
        ids = sorted(self._waiting)
        old = ids[:offset] if offset < 0 else [one for one in ids if one < offset and self._given[one] >= self.times]
        for update_id in old:
            del self._waiting[update_id]

    async def set_webhook(self, params: Json) -> bool:
        """`setWebhook`; without an address `deleteWebhook`."""
        url, secret = params.get("url"), params.get("secret_token")
        if url:
            check_webhook(url, secret)
        await self._end_webhook()
        self._allow(params)
        if params.get("drop_pending_updates"):
            self._waiting.clear()
        if url:
            self._error = ""
            self._webhook = url, asyncio.create_task(self._post_all(url, secret))
            self._poll = object()
            self._bell.ring()
        return True

    async def close(self) -> None:
        """Give nothing more: polls end empty."""
        self._closed = True
        self._bell.ring()
        await self._end_webhook()

    async def _end_webhook(self) -> None:
        if self._webhook:
            _, task = self._webhook
            self._webhook = None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def webhook_info(self) -> Json:
        """`getWebhookInfo`."""
        url = self._webhook[0] if self._webhook else ""
        info = {"url": url, "has_custom_certificate": False, "pending_update_count": len(self), "max_connections": 40}
        failed = {"last_error_date": int(time.time()), "last_error_message": self._error} if self._error else {}
        return {**info, **failed}

    async def _post_all(self, url: str, secret: str | None) -> None:
        """Post what waits, oldest first, each until it was taken `times` times."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with ClientSession(headers=headers, timeout=ClientTimeout(total=30)) as session:
            while True:
                if not self._waiting:
                    await self._bell.heard()
                    continue
                update = self._waiting[min(self._waiting)]
                if error := await _post(session, url, update):
                    self._error = error
                    await asyncio.sleep(_PAUSE)
                    continue
                self._given[update["update_id"]] += 1
                if self._given[update["update_id"]] >= self.times:
                    self._waiting.pop(update["update_id"], None)
                self._bell.ring()


async def _post(session: ClientSession, url: str, update: Json) -> str:
    """Post an update; gives what went wrong, empty when it was taken."""
    try:
        async with session.post(url, json=update) as response:
            return "" if response.ok else f"Wrong response from the webhook: {response.status} {response.reason}"
    except (ClientError, TimeoutError) as error:
        return f"{type(error).__name__}: the webhook can't be reached"

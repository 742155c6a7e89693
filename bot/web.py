"""What this process serves over HTTP: Telegram's webhook, and health and figures for the operator."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.poller import Receive
from bot.settings import Settings
from handlers.context import BotApi
from handlers.routes import UPDATES
from services.store import Store, StoreUnavailable, figures

_LARGEST_UPDATE = 1024 * 1024
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_AGAIN = 30.0

logger = logging.getLogger(__name__)


async def serve_webhook(settings: Settings, api: BotApi, receive: Receive) -> None:
    """Take updates where Telegram brings them, for ever: an update is confirmed once `receive` has committed it."""
    secret = settings.webhook_secret or secrets.token_urlsafe(32)

    async def take(request: web.Request) -> web.Response:
        given = request.headers.get(_SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return web.Response(status=403)
        try:
            update = json.loads(await request.read())
        except ValueError:
            return web.Response(status=400)
        if not isinstance(update, dict):
            return web.Response(status=400)
        try:
            await receive([update])
        except StoreUnavailable:
            return web.Response(status=503)  # Telegram brings it again.
        return web.Response()

    app = web.Application(client_max_size=_LARGEST_UPDATE)
    app.router.add_post("/{path:.*}", take)
    async with _served(app, settings.listen):
        parameters = {"url": settings.webhook_url, "secret_token": secret, "allowed_updates": list(UPDATES)}
        while not (answer := await api.call("setWebhook", parameters)).ok:
            logger.warning("Telegram doesn't take the webhook: %s %s", answer.code, answer.description)
            await asyncio.sleep(_AGAIN)
        await asyncio.Event().wait()


@asynccontextmanager
async def serve_metrics(address: tuple[str, int], store: Store) -> AsyncIterator[None]:
    """Serve `/healthz` and `/metrics` (Prometheus' text format) for as long as the context lasts."""

    async def health(_: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(5), store.transaction() as transaction:
                await figures.counts(transaction)
        except (StoreUnavailable, TimeoutError):
            return web.Response(status=503, text="no database\n")
        return web.Response(text="ok\n")

    async def metrics(_: web.Request) -> web.Response:
        async with store.transaction() as transaction:
            lines = [
                f'warta_{name}{{{label}="{value}"}} {count}'
                for name, label, value, count in await figures.counts(transaction)
            ]
        return web.Response(text="\n".join([*lines, ""]))

    app = web.Application()
    app.router.add_get("/healthz", health)
    app.router.add_get("/metrics", metrics)
    async with _served(app, address):
        yield


@asynccontextmanager
async def _served(app: web.Application, address: tuple[str, int]) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *address).start()
        yield
    finally:
        await runner.cleanup()

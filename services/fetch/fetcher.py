"""An address goes in; the page behind it comes out, or the precise reason why there is none.

Every host is resolved once and dialled at the address that was checked, every redirect is checked again, and everything
is bounded: time, size on the wire and decoded, redirects, requests a second.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpcore
import httpx

from services.errors import ErrorKind, FetchFailed, NotReadable, RefusedAddress, UsageError
from services.fetch.decoding import bounded_body, decode_page
from services.fetch.network import (
    CheckedBackend,
    CheckedTransport,
    RefusedError,
    Resolve,
    UnresolvedError,
    resolve_with_system,
)
from services.models import Page

_PORTS = {"http": 80, "https": 443}
_HTML = ("text/html", "application/xhtml+xml")
_REDIRECTS = (301, 302, 303, 307, 308)
# What the walls that keep bots out write into their answers.
_WALLS = ("cf-mitigated", "x-datadome", "x-px-block", "x-sucuri-block")
_WALL_STATUSES = (403, 429, 503)
_STATUSES: dict[int, ErrorKind] = {401: "login", 402: "paywall"}
# How many hosts' last visits are remembered before those long past are forgotten.
_MOST_HOSTS = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one fetch: `connect` and `total` in seconds (waiting for a host's turn not counted), `size` in bytes on
    the wire and decoded, `redirects` followed, `interval` in seconds between two requests to a host.
    """

    connect: float = 5
    total: float = 20
    size: int = 5 * 1024 * 1024
    redirects: int = 5
    interval: float = 1


class Fetcher:
    """Fetches pages. Use it as an async context; one serves the whole process."""

    def __init__(  # noqa: PLR0913 - each is one effect or bound, named at the call
        self,
        *,
        allow: frozenset[tuple[str, int]] = frozenset(),
        contact: str = "",
        limits: Limits | None = None,
        resolve: Resolve = resolve_with_system,
        dial: httpcore.AsyncNetworkBackend | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        """Make a fetcher; `allow` names the only non-public hosts and ports, the others are its effects."""
        self._allow = allow
        self._limits = limits or Limits()
        self._sleep = sleep
        self._headers = {
            "User-Agent": f"Warta/0.1 (+{contact})" if contact else "Warta/0.1",
            "Accept": ", ".join(_HTML),
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "id, en;q=0.7",
        }
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify or httpx.create_ssl_context(trust_env=False),
            network_backend=CheckedBackend(resolve, allow, dial),
            max_connections=50,
            max_keepalive_connections=10,
            keepalive_expiry=10,
        )
        self._under_way: dict[str, asyncio.Task[Page]] = {}
        self._turns: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        """Open the fetcher."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel what is under way and close the connections."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self._pool.aclose()

    async def fetch(self, url: str) -> Page:
        """Fetch a page; an address that is being fetched already is not asked for twice.

        Raises `RefusedAddress`, `FetchFailed`, `NotReadable` (`not_html`, `bad_encoding`, `login`, `paywall`), and
        `UsageError` for what is no address.
        """
        task = self._under_way.get(url)
        if task is None:
            task = asyncio.create_task(self._fetch(url))
            self._under_way[url] = task
            task.add_done_callback(lambda done: self._forget(url, done))
        # Who stops waiting doesn't stop the others.
        return await asyncio.shield(task)

    def _forget(self, url: str, task: asyncio.Task[Page]) -> None:
        self._under_way.pop(url, None)
        if not task.cancelled():
            task.exception()  # Marks it as seen: everybody who waited may have gone.

    async def _fetch(self, url: str) -> Page:
        # A client for each chain of redirects: cookies live in it and end with it.
        async with httpx.AsyncClient(
            transport=CheckedTransport(self._pool),
            headers=self._headers,
            timeout=httpx.Timeout(self._limits.total, connect=self._limits.connect),
            trust_env=False,
        ) as client:
            left = self._limits.total
            for _ in range(self._limits.redirects + 1):
                address = self._checked(url)
                await self._turn(address.host)
                started = asyncio.get_running_loop().time()
                with _named(address.host):
                    async with asyncio.timeout(left), client.stream("GET", address) as response:
                        if response.status_code not in _REDIRECTS or "location" not in response.headers:
                            return await self._page(response, address.host)
                        url = urljoin(str(address), response.headers["location"])
                left = max(0.0, left - (asyncio.get_running_loop().time() - started))
            raise FetchFailed("too_many_redirects", host=address.host)

    def _checked(self, url: str) -> httpx.URL:
        """The parsed address, its scheme and port checked; its host is checked when it is dialled."""
        try:
            address = httpx.URL(url)
        except (httpx.InvalidURL, ValueError, UnicodeError) as error:
            raise UsageError("usage", reason="address") from error
        if address.scheme not in _PORTS or not address.host:
            raise RefusedAddress("refused_address", host=address.host[:100])
        port = address.port or _PORTS[address.scheme]
        allowed = (address.host.lower().rstrip("."), port) in self._allow
        if port not in _PORTS.values() and not allowed:
            raise RefusedAddress("refused_address", host=address.host[:100])
        return address.copy_with(userinfo=b"", fragment=None)

    async def _turn(self, host: str) -> None:
        """Wait until this host may be asked again."""
        now = asyncio.get_running_loop().time()
        if len(self._turns) > _MOST_HOSTS:
            self._turns = {name: turn for name, turn in self._turns.items() if turn > now}
        turn = max(now, self._turns.get(host, now))
        self._turns[host] = turn + self._limits.interval
        if turn > now:
            await self._sleep(turn - now)

    async def _page(self, response: httpx.Response, host: str) -> Page:
        _check_status(response, host)
        kind = response.headers.get("content-type", "")
        if kind and kind.partition(";")[0].strip().lower() not in _HTML:
            raise NotReadable("not_html", host=host)
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._limits.size:
            raise FetchFailed("too_large", host=host, limit=self._limits.size)
        encoding = response.headers.get("content-encoding", "")
        body = await bounded_body(response.aiter_raw(), encoding, self._limits.size, host)
        html = await asyncio.to_thread(decode_page, body, kind)
        if not kind and "<" not in html[:1_000]:
            raise NotReadable("not_html", host=host)
        return Page(str(response.url), html)


def _check_status(response: httpx.Response, host: str) -> None:
    status = response.status_code
    if status in _WALL_STATUSES and any(name in response.headers for name in _WALLS):
        raise FetchFailed("blocked", host=host)
    if status in _STATUSES:
        raise NotReadable(_STATUSES[status], host=host)
    if not 200 <= status < 300:
        raise FetchFailed("http_status", status=status, host=host)


@contextmanager
def _named(host: str) -> Iterator[None]:
    """Gives the errors of the network their kinds."""
    try:
        yield
    except RefusedError as error:
        raise RefusedAddress("refused_address", host=host) from error
    except UnresolvedError as error:
        raise FetchFailed("dns", host=host) from error
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchFailed("timeout", host=host) from error
    except httpcore.ConnectError as error:
        raise FetchFailed("tls" if _is_tls(error) else "connect", host=host) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchFailed("connect", host=host) from error


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False

"""An address goes in; the page or feed behind it comes out, or the precise reason why there is none.

Every host is resolved once and dialled at the address that was checked, every redirect is checked again, and everything
is bounded: time, size on the wire and decoded, redirects, requests a second.
"""

from __future__ import annotations

import asyncio
import email.utils
import importlib.metadata
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
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
    FloodedError,
    RefusedError,
    Resolve,
    UnresolvedError,
    resolve_with_system,
)
from services.models import Page

_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# As httpx gives it: IDNA is in ASCII by now; an escape or a zone has no business here.
_HOST = re.compile(r"[a-z0-9_.:-]{1,253}")
_HTML = ("text/html", "application/xhtml+xml")
# What feeds are served as. Many come as text or HTML, and a member may give the address of a site for that of its feed:
# who reads it decides.
_FEEDS = (
    *("application/rss+xml", "application/atom+xml", "application/xml", "text/xml", "application/rdf+xml"),
    *("text/plain", *_HTML),
)
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_NOT_MODIFIED = 304
# A validator is a short word of a server's to itself; one that is longer is not repeated to it.
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,256}")
_LONGEST_PAUSE = 24 * 60 * 60
_LONGEST_MOMENT = 64
# What the walls that keep bots out write into their answers, and the statuses they do that with (AWS: 202 and 405).
_WALLS = ("cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated", "x-datadome", "x-sucuri-block")
_WALL_STATUSES = (202, 403, 405, 429, 503)
# h11 gives its errors the status that a server would answer with; this is that of a head beyond bounds (RFC 6585).
_HEAD_TOO_LARGE = 431
# How many hosts' last visits are remembered before those long past are forgotten.
_MOST_HOSTS = 1_000
_NOT_IN_COMMENT = re.compile(r"[^\x20-\x7e]|[()\\]")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one fetch: `connect` and `total` in seconds (waiting for a host's turn not counted), `size` in bytes on
    the wire, heads included, and decoded, `redirects` followed, `interval` in seconds between two requests to a host.
    """

    connect: float = 5
    total: float = 20
    size: int = 5 * 1024 * 1024
    redirects: int = 5
    interval: float = 1


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """What stands at the address of a feed: `url` where it finally came from, `body` its bytes, decompressed.

    `body` is None where nothing has changed since what `etag` and `modified` stand for; these go with the next fetch.
    `moved_to` is the final address where every redirect on the way there was permanent: ask that one from now on.
    """

    url: str
    moved_to: str | None
    body: bytes | None
    content_type: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server gave in the end: where it came from, its headers, the body decompressed (None: not modified).

    `moved`: there were redirects on the way, and all of them permanent.
    """

    address: httpx.URL
    headers: httpx.Headers
    body: bytes | None
    moved: bool

    @property
    def content_type(self) -> str:
        """The header Content-Type, empty where there is none."""
        return str(self.headers.get("content-type", ""))


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
        """Make a fetcher; `allow` names the only non-public hosts and ports, `contact` whom a site may write to.

        The others are its bounds and effects: `resolve` and `dial` replace the system's network, `verify` says which
        certificates are trusted (None: those of certifi).
        """
        self._allow = allow
        self._limits = limits or Limits()
        self._sleep = sleep
        self._user_agent = _user_agent(contact)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify or httpx.create_ssl_context(trust_env=False),
            network_backend=CheckedBackend(resolve, allow, self._limits.size, dial),
            max_connections=50,
            max_keepalive_connections=0,  # A connection is metered, so it serves one request.
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
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pool.aclose()

    async def fetch(self, url: str) -> Page:
        """Fetch a page; an address that is being fetched already is not asked for twice.

        Raises `RefusedAddress`, `FetchFailed`, `NotReadable` (`not_html`, `bad_encoding`), and `UsageError` for what is
        no address at all.
        """
        address = self._asked(url)
        key = str(address)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._page(address))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        # Who stops waiting doesn't stop the others.
        return await asyncio.shield(task)

    async def fetch_feed(self, url: str, *, etag: str | None = None, modified: str | None = None) -> FeedAnswer:
        """Fetch what may be a feed, unless it is still what `etag` and `modified` of an earlier answer stand for.

        Checks, bounds and errors are those of `fetch`; `http_status` has `retry_after` (seconds, a day at most) where
        the server named a time.
        """
        known = {"If-None-Match": _validator(etag), "If-Modified-Since": _validator(modified)}
        conditions = {name: value for name, value in known.items() if value}
        answer = await self._get(self._asked(url), _FEEDS, conditions)
        same = answer.body is None
        return FeedAnswer(
            url=str(answer.address),
            moved_to=str(answer.address) if answer.moved else None,
            body=answer.body,
            content_type=answer.content_type,
            # An answer without body need not repeat what it was asked with.
            etag=_validator(answer.headers.get("etag")) or (known["If-None-Match"] if same else None),
            modified=_validator(answer.headers.get("last-modified")) or (known["If-Modified-Since"] if same else None),
        )

    def _forget(self, key: str, task: asyncio.Task[Page]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # Marks it as seen: everybody who waited may have gone.

    async def _page(self, address: httpx.URL) -> Page:
        answer = await self._get(address, _HTML)
        html = await asyncio.to_thread(decode_page, answer.body or b"", answer.content_type)
        if not answer.content_type and "<" not in html[:1_000]:
            raise NotReadable("not_html", host=_host(answer.address))
        return Page(str(answer.address), html)

    async def _get(
        self, address: httpx.URL, types: Sequence[str], conditions: Mapping[str, str] | None = None
    ) -> _Answer:
        """Follow an address to something of one of the media `types`, or of none declared.

        `conditions` are headers that make an answer without body ('not modified') a good one.
        """
        headers = {
            "User-Agent": self._user_agent,
            "Accept": ", ".join(types),
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "id, en;q=0.7",
            "Connection": "close",
            **(conditions or {}),
        }
        timeout = httpx.Timeout(self._limits.total, connect=self._limits.connect)
        clock = asyncio.get_running_loop().time
        left = self._limits.total
        redirects: list[int] = []
        # A client for each chain of redirects: cookies live in it and end with it.
        async with httpx.AsyncClient(
            transport=CheckedTransport(self._pool), headers=headers, timeout=timeout, trust_env=False
        ) as client:
            for _ in range(self._limits.redirects + 1):
                await self._turn(_host(address))
                started = clock()
                with _told(_host(address)):
                    async with asyncio.timeout(left), client.stream("GET", address) as response:
                        target = _target(response)
                        if target is None:
                            moved = bool(redirects) and all(status in _PERMANENT for status in redirects)
                            same = bool(conditions) and response.status_code == _NOT_MODIFIED
                            body = None if same else await self._body(response, types)
                            return _Answer(response.url, response.headers, body, moved)
                        redirects.append(response.status_code)
                address = self._checked(target, address)
                left -= clock() - started
        raise FetchFailed("too_many_redirects", host=_host(address))

    def _asked(self, url: str) -> httpx.URL:
        """The address that somebody gave, checked; raises `UsageError` for what is none at all."""
        if not _SCHEME.match(url):
            raise UsageError("usage", reason="address")
        return self._checked(url)

    def _checked(self, url: str, base: httpx.URL | None = None) -> httpx.URL:
        """The address, its scheme and port checked; where its host leads is checked when it is dialled."""
        try:
            address = httpx.URL(urljoin(str(base), url) if base else url).copy_with(userinfo=b"", fragment=None)
            address = address.copy_with(host=_host(address).rstrip("."))
            if not address.host:  # Reading it also decodes IDNA, which may fail.
                raise ValueError("no host")
        except (httpx.InvalidURL, ValueError) as error:
            raise RefusedAddress("refused_address") from error
        host, port = _host(address), address.port or _PORTS.get(address.scheme, 0)
        if address.scheme not in _PORTS or not _HOST.fullmatch(host):
            raise RefusedAddress("refused_address")
        if port not in _PORTS.values() and (host, port) not in self._allow:
            raise RefusedAddress("refused_address", host=host)
        return address

    async def _turn(self, host: str) -> None:
        """Wait until this host may be asked again."""
        now = asyncio.get_running_loop().time()
        if len(self._turns) > _MOST_HOSTS:
            self._turns = {name: turn for name, turn in self._turns.items() if turn > now}
        turn = max(now, self._turns.get(host, now))
        self._turns[host] = turn + self._limits.interval
        if turn > now:
            await self._sleep(turn - now)

    async def _body(self, response: httpx.Response, types: Sequence[str]) -> bytes:
        """The body of a good answer; all that its head tells is checked first."""
        host, size = _host(response.url), self._limits.size
        _check_status(response, host)
        content_type = response.headers.get("content-type", "")
        if content_type and re.split("[;,]", content_type, maxsplit=1)[0].strip().lower() not in types:
            raise NotReadable("not_html", host=host)
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > size:
            raise FetchFailed("too_large", host=host)
        encoding = response.headers.get("content-encoding", "")
        return await bounded_body(response.aiter_raw(), encoding, size, host)


def _user_agent(contact: str) -> str:
    """Who we are; what can't stand in a comment of that header is left out of the contact."""
    product = f"Warta/{importlib.metadata.version('warta')}"
    contact = _NOT_IN_COMMENT.sub("", contact).strip()
    return f"{product} (+{contact})" if contact else product


def _host(address: httpx.URL) -> str:
    """The host as DNS knows it."""
    return address.raw_host.decode("ascii")


def _target(response: httpx.Response) -> str | None:
    """Where a redirect leads."""
    return response.headers.get("location") if response.status_code in _REDIRECTS else None


def _check_status(response: httpx.Response, host: str) -> None:
    status = response.status_code
    if status in _WALL_STATUSES and any(name in response.headers for name in _WALLS):
        raise FetchFailed("blocked", status=status, host=host)
    if not 200 <= status < 300:
        pause = _pause(response.headers.get("retry-after", ""))
        facts = {} if pause is None else {"retry_after": pause}
        raise FetchFailed("http_status", status=status, host=host, **facts)


def _pause(text: str) -> int | None:
    """The seconds that a server asks to wait (Retry-After: a number or a date), a day at most; None: it doesn't say."""
    text = text.strip()[:_LONGEST_MOMENT]
    if text.isascii() and text.isdigit():
        # What has so many digits is longer than a day, and may be too long to be read.
        return min(int(text[:9]), _LONGEST_PAUSE)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0, round(seconds)), _LONGEST_PAUSE)


def _validator(value: str | None) -> str | None:
    """A validator that may be kept and sent; None for one that is too long or holds what a header may not."""
    value = (value or "").strip(" \t")
    return value if _VALIDATOR.fullmatch(value) else None


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Gives the errors of the network their kinds."""
    try:
        yield
    except RefusedError as error:
        raise RefusedAddress("refused_address", host=host) from error
    except (
        OSError,
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        httpx.HTTPError,
        httpx.InvalidURL,
        UnicodeError,  # httpx reads where a redirect leads even if it doesn't go there.
    ) as error:
        raise FetchFailed(_kind(error), host=host) from error


def _kind(error: Exception) -> ErrorKind:
    if isinstance(error, UnresolvedError):
        return "dns"
    if isinstance(error, (TimeoutError, httpcore.TimeoutException)):
        return "timeout"
    chain = tuple(_chain(error))
    if any(isinstance(one, ssl.SSLError) for one in chain):
        return "tls"
    flooded = isinstance(error, FloodedError) or any(map(_tells_of_a_large_head, chain))
    return "too_large" if flooded else "connect"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it; httpcore hides that from tracebacks, so `__cause__` alone won't do."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _tells_of_a_large_head(error: BaseException) -> bool:
    return getattr(error, "error_status_hint", None) == _HEAD_TOO_LARGE

"""A host name goes in, a connection to one of its checked addresses comes out: what was checked is what is dialled."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore
import httpx

from services.fetch.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> the IP addresses of the host; raises OSError when it has none."""

# A name with more addresses than this is no better reachable.
_MOST_ADDRESSES = 4
_MOST_RESOLVING = 8
# What is read at once is parsed at once, while all else waits: in chunks of one byte that takes a while.
_MOST_AT_ONCE = 16 * 1024


class RefusedError(httpcore.ConnectError):
    """The host has an address that isn't public."""


class UnresolvedError(httpcore.ConnectError):
    """The host has no address."""


class FloodedError(httpcore.ReadError):
    """The server has sent more than it may."""


async def resolve_with_system(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also reads the decimal, octal, hexadecimal and short forms of addresses."""
    ask = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_resolving_threads(), ask)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


@functools.cache
def _resolving_threads() -> ThreadPoolExecutor:
    # Not the loop's own threads: names that are slow to resolve must not hold up what else is done in those.
    return ThreadPoolExecutor(_MOST_RESOLVING, "resolve")


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to what `allow` names by host and port; reads `most` bytes at most."""

    def __init__(
        self,
        resolve: Resolve,
        allow: frozenset[tuple[str, int]],
        most: int,
        dial: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._allow = allow
        self._most = most
        self._dial = dial or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve once, refuse if any answer isn't public, dial the answers in turn; `timeout` is for all of it."""
        clock = asyncio.get_running_loop().time
        started = clock()
        addresses = await self._checked(host, port, timeout)
        failure: Exception = UnresolvedError(host)
        for index, address in enumerate(addresses):
            share = timeout and max(0.0, timeout - (clock() - started)) / (len(addresses) - index)
            try:
                stream = await self._dial.connect_tcp(address, port, share, local_address, socket_options)
                return _MeteredStream(stream, self._most)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between attempts."""
        await self._dial.sleep(seconds)

    async def _checked(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            addresses = await asyncio.wait_for(self._resolve(host, port), seconds)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(host) from error
        except (OSError, ValueError) as error:  # A name that can't be one is a ValueError.
            raise UnresolvedError(host) from error
        if (host.lower(), port) not in self._allow and not all(map(is_public, addresses)):
            raise RefusedError(host)
        return list(dict.fromkeys(addresses))[:_MOST_ADDRESSES]


class _MeteredStream(httpcore.AsyncNetworkStream):
    """A connection that gives at most `most` bytes, heads and framing included."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        content = await self._stream.read(min(max_bytes, _MOST_AT_ONCE), timeout)
        self._left -= len(content)
        if self._left < 0:
            raise FloodedError
        return content

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        return _MeteredStream(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class CheckedTransport(httpx.AsyncBaseTransport):
    """An httpx transport over a pool of checked connections. Host header and SNI stay the name that was asked for.

    Errors come as `httpcore` raises them. Clients share it; the pool is closed by whoever made it.
    """

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()

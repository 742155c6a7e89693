"""A host name goes in, a connection to one of its checked addresses comes out: what was checked is what is dialled."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

import httpcore
import httpx

from services.fetch.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> the IP addresses of the host; raises OSError when it has none."""

# A name with more addresses than this is no better reachable.
_MOST_ADDRESSES = 4


class RefusedError(httpcore.ConnectError):
    """The host has an address that isn't public."""


class UnresolvedError(httpcore.ConnectError):
    """The host has no address."""


async def resolve_with_system(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also reads the decimal, octal, hexadecimal and short forms of addresses."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to what `allow` names by host and port."""

    def __init__(
        self, resolve: Resolve, allow: frozenset[tuple[str, int]], dial: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._resolve = resolve
        self._allow = allow
        self._dial = dial or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve once, refuse if any answer isn't public, and dial the answers in turn."""
        addresses = await self._checked(host, port)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._dial.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or UnresolvedError(host)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a page is not on this machine."""
        raise RefusedError(f"{path}, {timeout}, {socket_options}")

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between attempts."""
        await self._dial.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError, ValueError) as error:
            raise UnresolvedError(host) from error
        if (host.lower().rstrip("."), port) not in self._allow and not all(map(is_public, addresses)):
            raise RefusedError(host)
        return list(dict.fromkeys(addresses))[:_MOST_ADDRESSES]


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

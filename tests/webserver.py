"""A web server on loopback that answers each path as a test tells it, and remembers who came."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Request:
    """What a client asked: the target as sent, header names in lower case."""

    target: str
    headers: Mapping[str, str]


# However a visit ends, it ends only that visit; cancelled are those that the server's own end cuts off.
_ENDINGS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """An ordinary answer; `content_type='…'` names a header."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        fields = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        writer.write(f"HTTP/1.1 {status}\r\n{head}connection: close\r\n\r\n".encode("latin-1") + body)
        await writer.drain()

    return answer


def redirect(location: str, **headers: str) -> Answer:
    return reply(b"", "302 Found", location=location, **headers)


def endless(head: bytes, part: bytes) -> Answer:
    """Writes `head`, then `part` for as long as the client reads."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()

    return answer


def dripping(head: bytes) -> Answer:
    """Writes `head` and then a byte whenever the loop comes around, for ever."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)  # The drip itself, nothing waits for it.

    return answer


@dataclass
class WebServer:
    """Use as an async context; `routes` may change while it runs. With `tls` it speaks https.

    `hosts` are the loopback addresses it listens on, all at the same port; those that a system lacks are left out.
    """

    tls: ssl.SSLContext | None = None
    routes: dict[str, Answer] = field(default_factory=dict)
    hosts: tuple[str, ...] = ("127.0.0.1",)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._servers = [await asyncio.start_server(self._serve, self.hosts[0], 0, ssl=self.tls)]
        self.port = self._servers[0].sockets[0].getsockname()[1]
        for host in self.hosts[1:]:
            # macOS has one loopback address only.
            with contextlib.suppress(OSError):
                self._servers.append(await asyncio.start_server(self._serve, host, self.port, ssl=self.tls))
        self.hosts = tuple(server.sockets[0].getsockname()[0] for server in self._servers)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            with contextlib.suppress(*_ENDINGS):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(*_ENDINGS):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        request = Request(lines[0].split(" ")[1], headers)
        self.requests.append(request)
        answer = self.routes.get(request.target.partition("?")[0], reply(b"not here", "404 Not Found"))
        await answer(request, writer)

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import gzip
import importlib.metadata
import random
import socket
import ssl
import subprocess
import sys
import threading
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import pytest
import trustme
from webserver import Answer, Request, WebServer, dripping, endless, redirect, reply

from services.errors import FetchFailed, NotReadable, RefusedAddress, UsageError, WartaError
from services.fetch import FeedAnswer, Fetcher, Limits, Resolve, decode_page
from services.fetch.decoding import bounded_body

PAGE = "<html><body><p>Halo, dunia — apa kabar?</p></body></html>"
QUICK = Limits(connect=2, total=5, interval=0)
ROOT = Path(__file__).resolve().parent.parent
PUBLIC = "93.184.216.34"


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer() as server:
        server.routes["/"] = reply(PAGE.encode())
        yield server


def allowed(server: WebServer, *hosts: str) -> frozenset[tuple[str, int]]:
    return frozenset((host, server.port) for host in (*hosts, "127.0.0.1"))


def answers(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


class Recording(httpcore.AsyncNetworkBackend):
    """Dials nobody, and remembers whom it should have dialled."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        raise httpcore.ConnectError("nobody there")


class Internet(Recording):
    """One public address, behind which a server on loopback stands; nobody is anywhere else."""

    def __init__(self, server: WebServer) -> None:
        super().__init__()
        self._server = server

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        if host != PUBLIC:
            return await super().connect_tcp(host, port)
        self.dialled.append((host, port))
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self._server.port)


async def fails(url: str, web: WebServer, limits: Limits = QUICK) -> WartaError:
    async with Fetcher(allow=allowed(web), limits=limits) as fetcher:
        with pytest.raises(WartaError) as failure:
            await fetcher.fetch(url)
    return failure.value


async def test_a_page_is_fetched_politely_and_honestly(web: WebServer) -> None:
    async with Fetcher(allow=allowed(web), contact="redaksi@contoh.id", limits=QUICK) as fetcher:
        page = await fetcher.fetch(f"{web.origin}/?a=1#x")
    assert page.html == PAGE
    assert page.url == f"{web.origin}/?a=1"
    (request,) = web.requests
    assert request.headers["user-agent"] == f"Warta/{importlib.metadata.version('warta')} (+redaksi@contoh.id)"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["host"] == f"127.0.0.1:{web.port}"


@pytest.mark.parametrize(
    ("contact", "comment"),
    [("", ""), ("https://contoh.id/bot", " (+https://contoh.id/bot)"), ("a\r\nX: é(b)\\", " (+aX: b)")],
)
async def test_a_contact_breaks_no_header(web: WebServer, contact: str, comment: str) -> None:
    async with Fetcher(allow=allowed(web), contact=contact, limits=QUICK) as fetcher:
        await fetcher.fetch(f"{web.origin}/")
    assert web.requests[0].headers["user-agent"].partition(" ")[2] == comment.strip()


async def test_the_checked_address_is_dialled_and_the_name_kept(web: WebServer) -> None:
    async with Fetcher(allow=allowed(web, "berita.contoh"), resolve=answers("127.0.0.1"), limits=QUICK) as fetcher:
        await fetcher.fetch(f"http://berita.contoh:{web.port}/")
    assert web.requests[0].headers["host"] == f"berita.contoh:{web.port}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0x7f.1",
        "017700000001", "0177.0.0.1", "0", "0.0.0.0",
        "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1",
        "127.0.0.1%00.contoh.id", "127.0.0.1\x00.contoh.id",
        "[::1%25lo]", "[64:ff9b:1::1]", "[::ffff:7f00:1]", "[2001:0:7f00:1::1]", "[ff02::1]", "[2001:db8::1]",
        "0300.0250.1.1", "198.18.0.1", "192.0.2.1", "255.255.255.255", "168.63.129.16",
        "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "[fe80::1]", "[fd00:ec2::254]",
        "169.254.169.254", "10.0.0.1", "100.64.0.1", "192.168.1.1", "224.0.0.1", "user:pass@127.0.0.1", "127.0.0.1.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_disguise_of_an_inside_address_is_dialled(scheme: str, host: str) -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, dial=dial) as fetcher:
        with pytest.raises(RefusedAddress) as failure:
            await fetcher.fetch(f"{scheme}://{host}/")
    assert failure.value.kind == "refused_address"
    assert dial.dialled == []


@pytest.mark.parametrize(
    "url", ["ftp://contoh.id/", "file:///etc/passwd", "http://contoh.id:8080/", "https://contoh.id:22/", "gopher://x/"]
)
async def test_other_schemes_and_ports_are_refused(url: str) -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, dial=dial) as fetcher:
        with pytest.raises(RefusedAddress):
            await fetcher.fetch(url)
    assert dial.dialled == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "usage"),
        ("apa saja", "usage"),
        ("contoh.id/a", "usage"),
        ("http://", "refused_address"),
        ("http:///a", "refused_address"),
        ("http://[::1", "refused_address"),
        ("http://a]b/", "refused_address"),
        ("https://contoh\x00.id/", "refused_address"),
        ("http://\x00", "refused_address"),
        ("http://a b/", "refused_address"),
        ("http://xn--/", "refused_address"),
        ("http://\udcff/", "refused_address"),
        (f"http://{'a.' * 200}id/", "refused_address"),
        ("http://contoh.id:99999/", "refused_address"),
        ("http://contoh.id:x/", "refused_address"),
        ("http://contoh.id/" + "a" * 70_000, "refused_address"),
    ],
)
async def test_what_is_no_address_is_told_as_that(url: str, kind: str) -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, dial=dial) as fetcher:
        with pytest.raises((UsageError, RefusedAddress)) as failure:
            await fetcher.fetch(url)
    assert failure.value.kind == kind
    assert dial.dialled == []


async def test_one_inside_answer_among_many_refuses_the_host() -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, resolve=answers(PUBLIC, "10.0.0.1"), dial=dial) as fetcher:
        with pytest.raises(RefusedAddress):
            await fetcher.fetch("https://contoh.id/")
    assert dial.dialled == []


async def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    dial = Recording()
    changing = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return changing.pop(0)

    async with Fetcher(limits=QUICK, resolve=resolve, dial=dial) as fetcher:
        with pytest.raises(FetchFailed, match="connect"):
            await fetcher.fetch("http://contoh.id/")
        with pytest.raises(RefusedAddress):
            await fetcher.fetch("http://contoh.id/")
    assert dial.dialled == [(PUBLIC, 80)]


async def test_a_name_that_changes_its_answer_within_redirects_gains_nothing(web: WebServer) -> None:
    dial = Internet(web)
    web.routes["/a"] = redirect("http://contoh.id/b")
    changing = [[PUBLIC], ["127.0.0.1", PUBLIC]]

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return changing.pop(0)

    async with Fetcher(limits=QUICK, resolve=resolve, dial=dial) as fetcher:
        with pytest.raises(RefusedAddress):
            await fetcher.fetch("http://contoh.id/a")
    assert dial.dialled == [(PUBLIC, 80)]
    assert [request.target for request in web.requests] == ["/a"]


@pytest.mark.parametrize(
    "hop", ["http://127.0.0.1/", "//localhost/", "http://[::ffff:10.0.0.1]/", "http://contoh.id:22/"]
)
async def test_no_redirect_leads_inside_whatever_its_length(web: WebServer, hop: str) -> None:
    dial = Internet(web)
    web.routes |= {"/1": redirect("/2"), "/2": redirect("//contoh.id/3"), "/3": redirect(hop)}

    async def resolve(host: str, _port: int) -> Sequence[str]:
        return [PUBLIC] if host == "contoh.id" else [host.replace("localhost", "127.0.0.1")]

    async with Fetcher(limits=QUICK, resolve=resolve, dial=dial) as fetcher:
        with pytest.raises(RefusedAddress):
            await fetcher.fetch("http://contoh.id/1")
    assert dial.dialled == [(PUBLIC, 80)] * 3


async def test_permission_is_for_one_port_of_one_host() -> None:
    dial = Recording()
    async with Fetcher(
        allow=frozenset([("intranet", 8080)]), resolve=answers("10.0.0.1"), dial=dial, limits=QUICK
    ) as fetcher:
        with pytest.raises(FetchFailed, match="connect"):
            await fetcher.fetch("http://INTRANET.:8080/")
        for url in ("http://intranet/", "http://intranet:8081/", "http://lain:8080/", "http://10.0.0.1:8080/"):
            with pytest.raises(RefusedAddress):
                await fetcher.fetch(url)
    assert dial.dialled == [("10.0.0.1", 8080)]


async def test_the_next_address_is_tried_when_one_does_not_answer(web: WebServer) -> None:
    class Silent(Internet):
        """Only the known address answers; the others let one wait until the time is over."""

        async def connect_tcp(self, host: str, port: int, *rest: object, **__: object) -> httpcore.AsyncNetworkStream:
            if host == PUBLIC:
                return await super().connect_tcp(host, port)
            self.dialled.append((host, port))
            assert isinstance(rest[0], float)
            assert rest[0] <= 0.05, "each of two addresses has half of the time"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), rest[0])
            raise httpcore.ConnectTimeout

    dial = Silent(web)
    resolve, limits = answers("2606:2800:220:1::1", PUBLIC), Limits(connect=0.1, total=5, interval=0)
    async with Fetcher(limits=limits, resolve=resolve, dial=dial) as fetcher:
        assert (await fetcher.fetch("http://contoh.id/")).html == PAGE
    assert [host for host, _ in dial.dialled] == ["2606:2800:220:1::1", PUBLIC]


async def test_a_resolver_that_never_answers_is_a_timeout() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async with Fetcher(limits=Limits(connect=0.05, total=5), resolve=resolve) as fetcher:
        with pytest.raises(FetchFailed, match="timeout") as failure:
            await fetcher.fetch("http://contoh.id/")
    assert isinstance(failure.value.__cause__, httpcore.ConnectTimeout)


async def test_names_are_resolved_in_threads_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        threads.append(threading.current_thread().name)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with Fetcher(limits=QUICK) as fetcher:
        with pytest.raises(FetchFailed, match="dns"):
            await fetcher.fetch("http://contoh.id/")
    assert [name.partition("_")[0] for name in threads] == ["resolve"]


async def test_an_unknown_name_is_told_as_that() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    async with Fetcher(limits=QUICK, resolve=resolve) as fetcher:
        with pytest.raises(FetchFailed) as failure:
            await fetcher.fetch("http://tidak-ada.contoh/")
    assert (failure.value.kind, failure.value.facts["host"]) == ("dns", "tidak-ada.contoh")


async def test_a_redirect_leads_on_and_is_checked_again(web: WebServer) -> None:
    async with WebServer() as inside:
        inside.routes["/"] = reply(b"rahasia")
        web.routes |= {
            "/baik": redirect("/"),
            "/dalam": redirect(f"http://127.0.0.1:{inside.port}/"),
            "/nama": redirect(f"http://localhost:{inside.port}/"),
            "/awan": redirect("http://169.254.169.254/latest/meta-data/"),
            "/berkas": redirect("file:///etc/passwd"),
            "/rusak": redirect("http://[::1"),
            "/rusak2": redirect("http://a]b/"),
            "/rusak3": redirect("http://[/"),
            "/rusak4": redirect("http://xn--/"),
        }
        async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
            assert (await fetcher.fetch(f"{web.origin}/baik")).url == f"{web.origin}/"
            for path in ("/dalam", "/nama", "/awan", "/berkas"):
                with pytest.raises(RefusedAddress):
                    await fetcher.fetch(f"{web.origin}{path}")
            for path in ("/rusak", "/rusak2", "/rusak3", "/rusak4"):
                with pytest.raises(WartaError):
                    await fetcher.fetch(f"{web.origin}{path}")
        assert inside.connections == 0


async def test_five_redirects_are_followed_and_no_more(web: WebServer) -> None:
    web.routes |= {f"/{n}": redirect(f"/{n - 1}") for n in range(1, 10)} | {"/0": reply(PAGE.encode())}
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        assert (await fetcher.fetch(f"{web.origin}/5")).html == PAGE
    assert (await fails(f"{web.origin}/6", web)).kind == "too_many_redirects"


async def test_cookies_live_within_one_chain(web: WebServer) -> None:
    web.routes |= {"/a": redirect("/b", set_cookie="tiket=1; Path=/"), "/b": reply(PAGE.encode())}
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        await fetcher.fetch(f"{web.origin}/a")
        await fetcher.fetch(f"{web.origin}/b")
    assert [request.headers.get("cookie") for request in web.requests] == [None, "tiket=1", None]


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        ("404 Not Found", {}, "http_status"),
        ("410 Gone", {}, "http_status"),
        ("500 Oops", {}, "http_status"),
        ("403 Forbidden", {}, "http_status"),
        ("403 Forbidden", {"cf_mitigated": "challenge"}, "blocked"),
        ("401 Unauthorized", {}, "http_status"),
        ("402 Payment Required", {}, "http_status"),
        ("451 Unavailable", {}, "http_status"),
        ("429 Slow Down", {}, "http_status"),
        ("202 Accepted", {"x_amzn_waf_action": "challenge"}, "blocked"),
        ("304 Not Modified", {}, "http_status"),
    ],
)
async def test_statuses_have_kinds(web: WebServer, status: str, headers: dict[str, str], kind: str) -> None:
    web.routes["/x"] = reply(b"" if status[0] == "3" else b"<p>x</p>", status, **headers)
    error = await fails(f"{web.origin}/x", web)
    assert error.kind == kind
    assert error.facts == {"status": int(status[:3]), "host": "127.0.0.1"}


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "video/mp4", "application/json", "text/plain"])
async def test_only_pages_are_read_and_that_before_their_body(web: WebServer, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n".encode()
    web.routes["/x"] = endless(head, b"x" * 65536)
    assert (await fails(f"{web.origin}/x", web)).kind == "not_html"


async def test_a_page_without_type_is_looked_at(web: WebServer) -> None:
    web.routes |= {"/a": reply(PAGE.encode(), content_type=""), "/b": reply(b"hanya teks", content_type="")}
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        assert (await fetcher.fetch(f"{web.origin}/a")).html == PAGE
    assert (await fails(f"{web.origin}/b", web)).kind == "not_html"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "x-gzip", "identity"])
async def test_compressions_are_undone(web: WebServer, encoding: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(PAGE.encode()),
        "x-gzip": gzip.compress(PAGE.encode()),
        "deflate": zlib.compress(PAGE.encode()),
        "raw deflate": raw.compress(PAGE.encode()) + raw.flush(),
        "identity": PAGE.encode(),
    }
    web.routes["/x"] = reply(bodies[encoding], content_encoding=encoding.rsplit(maxsplit=1)[-1])
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        assert (await fetcher.fetch(f"{web.origin}/x")).html == PAGE


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
async def test_other_and_broken_compressions_are_told(web: WebServer, encoding: str) -> None:
    web.routes["/x"] = reply(b"\x1b not compressed", content_encoding=encoding)
    assert (await fails(f"{web.origin}/x", web)).kind == "bad_encoding"


async def test_half_a_compressed_page_is_none(web: WebServer) -> None:
    web.routes["/x"] = reply(gzip.compress(PAGE.encode() * 50)[:-20], content_encoding="gzip")
    assert (await fails(f"{web.origin}/x", web)).kind == "connect"


async def test_compressed_data_may_come_byte_by_byte() -> None:
    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        for at in range(len(content)):
            yield content[at : at + 1]

    raw = zlib.compressobj(wbits=-15)
    for content in (gzip.compress(PAGE.encode()), raw.compress(PAGE.encode()) + raw.flush()):
        assert await bounded_body(chunks(content), "deflate", 10_000, "contoh.id") == PAGE.encode()


async def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))

    async def chunks() -> AsyncIterator[bytes]:
        yield bomb

    tracemalloc.start()
    try:
        with pytest.raises(FetchFailed, match="too_large"):
            await bounded_body(chunks(), "gzip", 1_000_000, "contoh.id")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_a_host_is_asked_once_a_second() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with WebServer() as web, Fetcher(allow=allowed(web), limits=Limits(interval=1), sleep=sleep) as fetcher:
        web.routes |= {f"/{n}": reply(PAGE.encode()) for n in range(3)}
        await asyncio.gather(*(fetcher.fetch(f"{web.origin}/{n}") for n in range(3)))
    assert [round(seconds) for seconds in waited] == [1, 2]


async def test_an_address_under_way_is_not_asked_for_twice(web: WebServer) -> None:
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        first, second = await asyncio.gather(fetcher.fetch(f"{web.origin}/"), fetcher.fetch(f"{web.origin}/"))
        assert first == second
        assert len(web.requests) == 1
        await asyncio.gather(*(fetcher.fetch(f"{web.origin}/{end}") for end in ("?b", "?b#c", "?b#d")))
        assert len(web.requests) == 2
        await fetcher.fetch(f"{web.origin}/")
        assert len(web.requests) == 3


async def test_who_stops_waiting_does_not_stop_the_others(web: WebServer) -> None:
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        impatient = asyncio.create_task(fetcher.fetch(f"{web.origin}/"))
        patient = asyncio.create_task(fetcher.fetch(f"{web.origin}/"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await patient).html == PAGE


async def test_proxies_of_the_environment_are_not_used(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        assert (await fetcher.fetch(f"{web.origin}/")).html == PAGE


async def test_a_certificate_must_be_of_the_name_and_of_a_trusted_maker() -> None:
    maker, server, trusting = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    maker.issue_cert("berita.contoh").configure_cert(server)
    maker.configure_trust(trusting)
    async with WebServer(server, {"/": reply(PAGE.encode())}) as web:
        known, unknown = f"https://berita.contoh:{web.port}/", f"https://palsu.contoh:{web.port}/"
        allow = allowed(web, "berita.contoh", "palsu.contoh")
        async with Fetcher(allow=allow, resolve=answers("127.0.0.1"), limits=QUICK, verify=trusting) as fetcher:
            assert (await fetcher.fetch(known)).html == PAGE
            with pytest.raises(FetchFailed, match="tls"):
                await fetcher.fetch(unknown)
        async with Fetcher(allow=allow, resolve=answers("127.0.0.1"), limits=QUICK) as fetcher:
            with pytest.raises(FetchFailed, match="tls"):
                await fetcher.fetch(known)
        assert len(web.requests) == 1


async def test_the_name_goes_into_the_tls_greeting() -> None:
    greeting = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greeting.put(await reader.read(4096))
        writer.write(b"not tls at all")
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    allow = frozenset([("berita.contoh", port)])
    async with server, Fetcher(allow=allow, resolve=answers("127.0.0.1"), limits=QUICK) as fetcher:
        with pytest.raises(FetchFailed) as failure:
            await fetcher.fetch(f"https://berita.contoh:{port}/")
        assert failure.value.kind == "tls"
        assert b"berita.contoh" in await greeting.get()


HTML = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"


CHUNKED = HTML + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (endless(HTML + b"content-length: 10737418240\r\n\r\n", b"x" * 65536), "too_large"),
        (endless(HTML + b"\r\n", b"x" * 65536), "too_large"),
        (endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), "too_large"),
        (endless(CHUNKED, b"1;" + b"x" * 50_000 + b"\r\na\r\n"), "too_large"),
        (reply(gzip.compress(b"<p>" * 20_000_000), content_encoding="gzip"), "too_large"),
        (reply(zlib.compress(b"<p>" * 20_000_000), content_encoding="deflate"), "too_large"),
        (endless(HTML + b"content-encoding: gzip\r\n\r\n" + gzip.compress(b"<p>"), b"x" * 65536), "too_large"),
        (endless(b"HTTP/1.1 200 OK\r\nx: ", b"a" * 65536), "too_large"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"x: a\r\n" * 10_000), "too_large"),
        (endless(b"", b"HTTP/1.1 103 Early Hints\r\nx: " + b"a" * 50_000 + b"\r\n\r\n"), "too_large"),
        (endless(b"", b"\r\n" * 10_000), "connect"),
        (dripping(HTML + b"\r\n"), "timeout"),
        (dripping(b"HTTP/1.1 200 OK\r\nx: "), "timeout"),
        (reply(b"", content_length="-5"), "connect"),
        (reply(b"", content_length="9" * 5_000), "connect"),
        (reply(b"short", content_length="900"), "connect"),
    ],
)
async def test_what_has_no_end_is_ended(web: WebServer, answer: Answer, kind: str) -> None:
    web.routes["/x"] = answer
    error = await fails(f"{web.origin}/x", web, Limits(connect=1, total=5 if kind != "timeout" else 0.4, interval=0))
    assert error.kind == kind
    assert error.facts == {"host": "127.0.0.1"}


async def test_a_large_page_within_the_limit_is_read(web: WebServer) -> None:
    page = b"<p>" + b"x" * 5_000_000
    web.routes |= {"/a": reply(page), "/b": reply(gzip.compress(page), content_encoding="gzip")}
    async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
        for path in "ab":
            assert len((await fetcher.fetch(f"{web.origin}/{path}")).html) == len(page)


# Pieces of answers, sane and mad.
PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n",
    b"HTTP/2 200 OK\r\n", b"HTTP/1.1 101 X\r\n", b"HTTP/1.1 103 X\r\n\r\n",
    b"content-type: text/html\r\n", b"content-type: text/html; charset=\xff\r\n", b"content-type: ,;\r\n",
    b"content-length: 10\r\n", b"content-length: 3, 3\r\n", b"content-length: \xb2\r\n",
    b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip\r\n",
    b"content-encoding: gzip\r\n", b"content-encoding: deflate\r\n",
    b"set-cookie: a=1; Max-Age=99999999999999999999; Path=\xff\r\n", b"set-cookie: a=b; expires=x; domain=.\r\n",
    b"location: \xff\xfe\r\n", b"location: http://[::1\r\n", b"location: http://xn--/\r\n",
    b"location: //\r\n", b"location: \r\n", b"location: http://a:99999/\r\n",
    b"x: \x00\r\n", b": \r\n", b"\r\n",
    b"5\r\nhello\r\n", b"0\r\n\r\n", b"ffffffffffffffffffff\r\n", b"<html>\x80", b"\x1f\x8b\x08",
]  # fmt: skip


async def test_whatever_a_server_answers_is_a_page_or_a_plain_error(web: WebServer) -> None:
    chance = random.Random(2)

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        start, body = chance.choice(PIECES[:2]), chance.choice([b"", b"\r\n"])
        head = chance.sample(PIECES[5:], chance.randint(0, 6))
        writer.write(start + b"".join(head) + body + b"".join(chance.choices(PIECES, k=2)))

    web.routes["/"] = answer
    kinds = set[str]()
    async with Fetcher(allow=allowed(web), limits=Limits(connect=1, total=5, interval=0)) as fetcher:
        for _ in range(300):
            try:
                await fetcher.fetch(f"{web.origin}/")
            except WartaError as error:
                kinds.add(error.kind)
    assert kinds > {"connect", "http_status", "refused_address"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
async def test_a_flood_costs_little_memory(web: WebServer) -> None:
    """In a process of its own, since this one holds the server's bodies."""
    web.routes |= {
        "/flood": endless(HTML + b"\r\n", b"x" * 65536),
        "/bomb": reply(gzip.compress(b"<p>" * 20_000_000), content_encoding="gzip"),
        "/header": endless(b"HTTP/1.1 200 OK\r\nx: ", b"a" * 65536),
        "/wide": reply(b"<p>\xf0\x9f\x98\x80" + b"x" * 5_000_000),
    }
    code = f"""
import asyncio
from pathlib import Path
from services.errors import WartaError
from services.fetch import Fetcher, Limits
def peak():
    # Not ru_maxrss, in which a child starts with its parent's.
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
async def main():
    async with Fetcher(allow=frozenset([("127.0.0.1", {web.port})]), limits=Limits(interval=0)) as fetcher:
        await fetcher.fetch("{web.origin}/")
        before = peak()
        for path in ("/flood", "/bomb", "/header", "/wide"):
            try:
                await fetcher.fetch("{web.origin}" + path)
            except WartaError:
                pass
        print(peak() - before)
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE, cwd=ROOT)
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    assert 0 < int(output) < 64 * 1024


FEED = b"<?xml version='1.0'?><rss version='2.0'/>"
MONDAY = "Mon, 17 Jun 2024 08:00:00 GMT"


def permanent(location: str, status: str = "301 Moved Permanently") -> Answer:
    return reply(b"", status, location=location)


def unless_known(etag: str) -> Answer:
    """A feed, or the word that it is still what the visitor knows."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        known = request.headers.get("if-none-match") == etag
        full = reply(FEED, content_type="application/rss+xml", etag=etag, last_modified=MONDAY)
        await (reply(b"", "304 Not Modified", content_type="") if known else full)(request, writer)

    return answer


async def fetch_feed(
    web: WebServer, path: str, *, etag: str | None = None, modified: str | None = None, limits: Limits = QUICK
) -> FeedAnswer:
    async with Fetcher(allow=allowed(web), limits=limits) as fetcher:
        return await fetcher.fetch_feed(f"{web.origin}{path}", etag=etag, modified=modified)


async def feed_fails(web: WebServer, path: str, limits: Limits = QUICK) -> WartaError:
    with pytest.raises(WartaError) as failure:
        await fetch_feed(web, path, limits=limits)
    return failure.value


async def test_a_feed_is_fetched_once_until_it_changes(web: WebServer) -> None:
    web.routes["/rss"] = unless_known('W/"a-1"')
    first = await fetch_feed(web, "/rss")
    assert first == FeedAnswer(f"{web.origin}/rss", None, FEED, "application/rss+xml", 'W/"a-1"', MONDAY)
    again = await fetch_feed(web, "/rss", etag=first.etag, modified=first.modified)
    assert again == FeedAnswer(f"{web.origin}/rss", None, None, "", 'W/"a-1"', MONDAY)
    changed = await fetch_feed(web, "/rss", etag='"lain"')
    assert changed.body == FEED
    asked = [(one.headers.get("if-none-match"), one.headers.get("if-modified-since")) for one in web.requests]
    assert asked == [(None, None), ('W/"a-1"', MONDAY), ('"lain"', None)]
    assert "application/rss+xml" in web.requests[0].headers["accept"]


async def test_not_modified_is_no_answer_to_who_knows_nothing(web: WebServer) -> None:
    web.routes["/rss"] = reply(b"", "304 Not Modified")
    assert (await feed_fails(web, "/rss")).facts == {"status": 304, "host": "127.0.0.1"}


@pytest.mark.parametrize("validator", ["", " ", "a" * 257, '"a\r\nX: b"', "a\x00", "é", "\x7f"])
async def test_validators_that_are_none_are_neither_kept_nor_sent(web: WebServer, validator: str) -> None:
    web.routes["/rss"] = unless_known("-")
    answer = await fetch_feed(web, "/rss", etag=validator, modified=validator)
    assert answer.body == FEED
    assert {"if-none-match", "if-modified-since", "x"}.isdisjoint(web.requests[0].headers)
    if "\r" not in validator and "\x00" not in validator:
        web.routes["/rss"] = reply(FEED, etag=validator, last_modified=validator)
        answer = await fetch_feed(web, "/rss")
        assert (answer.etag, answer.modified) == (None, None)


@pytest.mark.parametrize(
    ("first", "second", "moved"),
    [
        (permanent("/b"), reply(FEED), True),
        (permanent("/c", "308 Permanent Redirect"), reply(FEED), True),
        (redirect("/b"), reply(FEED), False),
        (permanent("/c"), redirect("/b"), False),
        (redirect("/c"), permanent("/b"), False),
    ],
)
async def test_a_feed_has_moved_where_every_redirect_is_permanent(
    web: WebServer, first: Answer, second: Answer, moved: bool
) -> None:
    web.routes |= {"/a": first, "/c": second, "/b": reply(FEED)}
    answer = await fetch_feed(web, "/a")
    assert answer.body == FEED
    assert answer.moved_to == (answer.url if moved else None)


async def test_a_feed_that_moved_may_be_unchanged_there(web: WebServer) -> None:
    web.routes |= {"/a": permanent("/rss"), "/rss": unless_known('"1"')}
    answer = await fetch_feed(web, "/a", etag='"1"')
    assert (answer.url, answer.moved_to, answer.body) == (f"{web.origin}/rss", f"{web.origin}/rss", None)


async def test_no_feed_leads_inside(web: WebServer) -> None:
    async with WebServer() as inside:
        inside.routes["/"] = reply(b"rahasia")
        web.routes |= {
            "/1": permanent(f"http://127.0.0.1:{inside.port}/"),
            "/2": redirect("http://169.254.169.254/latest/meta-data/"),
            "/3": redirect("file:///etc/passwd"),
        }
        for path in ("/1", "/2", "/3"):
            assert (await feed_fails(web, path)).kind == "refused_address"
        assert inside.connections == 0
    async with Fetcher(limits=QUICK) as fetcher:
        with pytest.raises(RefusedAddress):
            await fetcher.fetch_feed("http://127.0.0.1/rss")
        with pytest.raises(UsageError):
            await fetcher.fetch_feed("kabar.example/rss")


@pytest.mark.parametrize(
    ("status", "told", "seconds"),
    [
        ("429 Slow Down", "120", 120),
        ("503 Later", " 7 ", 7),
        ("429 Slow Down", "9" * 5_000, 86_400),
        ("429 Slow Down", "Mon, 17 Jun 2024 08:00:00 GMT", 0),
        ("429 Slow Down", "Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("429 Slow Down", "-5", None),
        ("429 Slow Down", "nanti", None),
        ("429 Slow Down", "²", None),
        ("410 Gone", "", None),
    ],
)
async def test_a_server_says_when_to_come_again(web: WebServer, status: str, told: str, seconds: int | None) -> None:
    web.routes["/rss"] = reply(b"x", status, retry_after=told)
    error = await feed_fails(web, "/rss")
    pause = {} if seconds is None else {"retry_after": seconds}
    assert (error.kind, error.facts) == ("http_status", {"status": int(status[:3]), "host": "127.0.0.1", **pause})


async def test_when_to_come_again_may_be_a_date(web: WebServer) -> None:
    soon = email.utils.format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    web.routes["/rss"] = reply(b"x", "503 Later", retry_after=soon)
    pause = (await feed_fails(web, "/rss")).facts["retry_after"]
    assert isinstance(pause, int)
    assert 570 <= pause <= 600


@pytest.mark.parametrize(
    "kind",
    [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml",
        "Text/XML",
        "text/html",
        "text/plain",
        "application/xml",
    ],
)
async def test_feeds_come_as_many_things(web: WebServer, kind: str) -> None:
    web.routes["/rss"] = reply(gzip.compress(FEED), content_type=kind, content_encoding="gzip")
    answer = await fetch_feed(web, "/rss")
    assert (answer.body, answer.content_type) == (FEED, kind)


async def test_a_feed_is_bounded_like_a_page(web: WebServer) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n"
    web.routes |= {
        "/gambar": reply(FEED, content_type="image/png"),
        "/endless": endless(head + b"\r\n", b"<a>" * 9_999),
        "/large": reply(b"", content_type="text/xml", content_length="99999999"),
        "/bomb": reply(gzip.compress(b"<a>" * 9_000_000), content_type="text/xml", content_encoding="gzip"),
        "/slow": dripping(head + b"\r\n"),
        "/round": redirect("/round"),
    }
    limits = Limits(connect=1, total=0.4, interval=0)
    kinds = {
        path: (await feed_fails(web, path, limits if path == "/slow" else QUICK)).kind
        for path in ("/gambar", "/endless", "/large", "/bomb", "/slow", "/round", "/none")
    }
    assert kinds == {
        "/gambar": "not_html",
        "/endless": "too_large",
        "/large": "too_large",
        "/bomb": "too_large",
        "/slow": "timeout",
        "/round": "too_many_redirects",
        "/none": "http_status",
    }


async def test_feeds_and_pages_of_a_host_take_turns() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with WebServer() as web, Fetcher(allow=allowed(web), limits=Limits(interval=1), sleep=sleep) as fetcher:
        web.routes |= {"/": reply(PAGE.encode()), "/rss": reply(FEED)}
        await asyncio.gather(fetcher.fetch(f"{web.origin}/"), fetcher.fetch_feed(f"{web.origin}/rss"))
    assert [round(seconds) for seconds in waited] == [1]


@pytest.mark.parametrize(
    ("content", "header", "text"),
    [
        ("<p>é</p>".encode(), None, "<p>é</p>"),
        ("<p>é</p>".encode("utf-16"), None, "<p>é</p>"),
        (b"\xef\xbb\xbf<p>x</p>", "text/html; charset=latin-1", "<p>x</p>"),
        ("<p>é</p>".encode("latin-1"), "text/html; charset=iso-8859-1", "<p>é</p>"),
        ("<p>“x”</p>".encode("cp1252"), "text/html; charset=ISO-8859-1", "<p>“x”</p>"),
        (b"<meta charset='windows-1252'><p>\x93x\x94</p>", None, "<meta charset='windows-1252'><p>“x”</p>"),
        ("<p>é</p>".encode(), "text/html; charset=tidak-ada", "<p>é</p>"),
        ("<p>é</p>".encode(), "text/html; charset=" + " " * 90_000 + ";", "<p>é</p>"),
        (b"<meta charset=utf-16><p>x</p>", None, "<meta charset=utf-16><p>x</p>"),
        ("<p>“x” dan lain-lain</p>".encode("cp1252"), "text/html; charset=utf-8", "<p>“x” dan lain-lain</p>"),
        ("<p>kata “x”</p>".encode("cp1252") * 20, None, "<p>kata “x”</p>" * 20),
        ("<p>é</p>".encode() * 20 + b"\xe9", "text/html; charset=utf-8", "<p>é</p>" * 20 + "\ufffd"),
        ("<p>镕基</p>".encode("gb18030"), "text/html; charset=gb2312", "<p>镕基</p>"),
        ("<p>é</p>".encode(), "text/html; charset=rot13", "<p>é</p>"),
        ("<p>é</p>".encode(), "text/html; charset=punycode", "<p>é</p>"),
        (b"<p>\\ud800</p>", "text/html; charset=unicode_escape", "<p>\\ud800</p>"),
        (b"<p>+2AA-</p>", "text/html; charset=utf-7", "<p>+2AA-</p>"),
        (b"", None, ""),
    ],
)
def test_charsets_by_mark_header_meta_and_detection(content: bytes, header: str | None, text: str) -> None:
    assert decode_page(content, header) == text


def test_an_undeclared_charset_is_detected() -> None:
    russian = "<p>Съешь же ещё этих мягких французских булок, да выпей чаю</p>" * 20
    assert decode_page(russian.encode("cp1251")) == russian


def test_a_picture_is_no_text() -> None:
    with pytest.raises(NotReadable) as refused:
        decode_page(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 100)
    assert refused.value.kind == "bad_encoding"

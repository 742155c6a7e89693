from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpcore
import pytest
from webserver import WebServer, dripping, endless, redirect, reply

from services.errors import FetchFailed, NotReadable, RefusedAddress, UsageError, WartaError
from services.fetch import Fetcher, Limits, Resolve, decode_page

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
    assert request.headers["user-agent"] == "Warta/0.1 (+redaksi@contoh.id)"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["host"] == f"127.0.0.1:{web.port}"


async def test_the_checked_address_is_dialled_and_the_name_kept(web: WebServer) -> None:
    async with Fetcher(allow=allowed(web, "berita.contoh"), resolve=answers("127.0.0.1"), limits=QUICK) as fetcher:
        await fetcher.fetch(f"http://berita.contoh:{web.port}/")
    assert web.requests[0].headers["host"] == f"berita.contoh:{web.port}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0x7f.1",
        "017700000001", "0177.0.0.1", "0", "0.0.0.0",
        "１２７.０.０.１", "127。0。0。1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "[fe80::1]", "[fd00:ec2::254]",
        "169.254.169.254", "10.0.0.1", "100.64.0.1", "192.168.1.1", "224.0.0.1", "user:pass@127.0.0.1", "127.0.0.1.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_disguise_of_an_inside_address_is_dialled(scheme: str, host: str) -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, dial=dial) as fetcher:
        with pytest.raises((RefusedAddress, UsageError, FetchFailed)) as failure:
            await fetcher.fetch(f"{scheme}://{host}/")
    assert failure.value.kind in {"refused_address", "usage", "dns"}
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
    "url", ["", "http://", "http://[::1", "https://contoh\x00.id/", "http://\x00", "apa saja", "http://a b/"]
)
async def test_what_is_no_address_is_told_as_that(url: str) -> None:
    dial = Recording()
    async with Fetcher(limits=QUICK, dial=dial) as fetcher:
        with pytest.raises((UsageError, RefusedAddress, FetchFailed)):
            await fetcher.fetch(url)
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
        }
        async with Fetcher(allow=allowed(web), limits=QUICK) as fetcher:
            assert (await fetcher.fetch(f"{web.origin}/baik")).url == f"{web.origin}/"
            for path in ("/dalam", "/nama", "/awan", "/berkas"):
                with pytest.raises(RefusedAddress):
                    await fetcher.fetch(f"{web.origin}{path}")
            with pytest.raises(WartaError):
                await fetcher.fetch(f"{web.origin}/rusak")
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
        ("401 Unauthorized", {}, "login"),
        ("402 Payment Required", {}, "paywall"),
        ("304 Not Modified", {}, "http_status"),
    ],
)
async def test_statuses_have_kinds(web: WebServer, status: str, headers: dict[str, str], kind: str) -> None:
    web.routes["/x"] = reply(b"" if status[0] == "3" else b"<p>x</p>", status, **headers)
    error = await fails(f"{web.origin}/x", web)
    assert error.kind == kind
    if kind == "http_status":
        assert error.facts["status"] == int(status[:3])


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
        await fetcher.fetch(f"{web.origin}/")
        assert len(web.requests) == 2


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


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (endless(HTML + b"content-length: 10737418240\r\n\r\n", b"x" * 65536), "too_large"),
        (endless(HTML + b"\r\n", b"x" * 65536), "too_large"),
        (reply(gzip.compress(b"<p>" * 20_000_000), content_encoding="gzip"), "too_large"),
        (dripping(HTML + b"\r\n"), "timeout"),
        (dripping(b"HTTP/1.1 200 OK\r\nx: "), "timeout"),
        (endless(b"HTTP/1.1 200 OK\r\nx: ", b"a" * 65536), "connect"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"x: a\r\n" * 10_000), "connect"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
        (reply(b"", content_length="-5"), "connect"),
    ],
)
async def test_what_has_no_end_is_ended(web: WebServer, answer: object, kind: str) -> None:
    web.routes["/x"] = answer  # type: ignore[assignment] # parametrize hands objects on
    error = await fails(f"{web.origin}/x", web, Limits(connect=1, total=0.7, interval=0))
    assert error.kind == kind


async def test_a_flood_costs_little_memory(web: WebServer) -> None:
    """In a process of its own, since this one holds the server's bodies."""
    web.routes |= {
        "/flood": endless(HTML + b"\r\n", b"x" * 65536),
        "/bomb": reply(gzip.compress(b"<p>" * 20_000_000), content_encoding="gzip"),
        "/header": endless(b"HTTP/1.1 200 OK\r\nx: ", b"a" * 65536),
    }
    code = f"""
import asyncio, resource
from services.errors import WartaError
from services.fetch import Fetcher, Limits
async def main():
    async with Fetcher(allow=frozenset([("127.0.0.1", {web.port})]), limits=Limits(interval=0)) as fetcher:
        await fetcher.fetch("{web.origin}/")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in ("/flood", "/bomb", "/header"):
            try:
                await fetcher.fetch("{web.origin}" + path)
            except WartaError:
                pass
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE, cwd=ROOT)
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    assert int(output) < 64 * 1024


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
        ("<p>é</p>".encode(), "text/html; charset=rot13", "<p>é</p>"),
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

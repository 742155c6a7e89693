"""`ParserPool` with real processes: what is hostile costs its own task and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.errors import FetchFailed, NotReadable
from services.extract import ParserPool
from services.feeds import find_feeds, read_feed
from services.models import Extract, Page

PARAGRAPH = (
    "Warga membangun kembali dermaga kayu yang rusak diterjang ombak pada awal bulan ini, kata kepala desa setempat."
)
BODY = f"<div class='article-body'><p>{PARAGRAPH}</p><p>{PARAGRAPH[:-1]} itu.</p></div>"
HTML = f"<html><body><h1>Dermaga Dibangun Lagi</h1>{BODY}</body></html>"
PAGE = Page("https://desa.example.id/berita/dermaga", HTML)


def loop_for_ever() -> None:
    while True:
        pass


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def eat_memory() -> int:
    return len(bytearray(700 * 1024 * 1024))


def recurse() -> None:
    recurse()


def is_alive(process: int) -> bool:
    """Whether a process exists and isn't just waiting to be buried."""
    status = Path(f"/proc/{process}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text(encoding="utf-8")


def start_python(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[ParserPool]:
    async with ParserPool() as pool:
        pool.warm_up()
        yield pool


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def read_title(pool: ParserPool) -> str:
    extract = await pool.read_page(PAGE)
    assert isinstance(extract, Extract)
    return extract.title


async def test_page_and_pasted_text_are_read_in_a_process_of_their_own(pool: ParserPool) -> None:
    assert await read_title(pool) == "Dermaga Dibangun Lagi"
    pasted = await pool.read_pasted(
        f"Dermaga Dibangun Lagi\n{PARAGRAPH}\n{PARAGRAPH[:-1]} itu.", "https://desa.example.id/b"
    )
    assert (pasted.title, pasted.url) == ("Dermaga Dibangun Lagi", "https://desa.example.id/b")
    plain = await pool.read_plain("Dermaga Dibangun Lagi", PARAGRAPH)
    assert (plain.title, plain.text) == ("Dermaga Dibangun Lagi", PARAGRAPH)
    assert await pool.run(os.getpid) != os.getpid()


async def test_feeds_are_read_in_a_process_of_their_own(pool: ParserPool) -> None:
    url = "https://desa.example.id/rss"
    feed = await pool.run(
        read_feed, b"<rss><channel><item><link>/berita</link></item></channel></rss>", "text/xml", url
    )
    assert [item.url for item in feed.items] == ["https://desa.example.id/berita"]
    assert await pool.run(find_feeds, "<a href='/rss'>Umpan</a>", "https://desa.example.id/") == (url,)
    with pytest.raises(NotReadable) as caught:
        await pool.run(read_feed, b"<p>Halo</p>", "text/html", url)
    assert (caught.value.kind, caught.value.facts) == ("not_article", {"reason": "no_feed"})


@pytest.mark.parametrize(
    "part",
    ["<category>{0}</category>", "<a xml:base='b/'>"],
    ids=["every category is compared with every other", "every base lengthens the next"],
)
async def test_a_feed_beyond_bounds_costs_its_own_task(part: str) -> None:
    body = f"<rss><channel><item>{''.join(part.format(number) for number in range(90_000))}".encode()
    async with ParserPool(seconds=3) as pool:
        with pytest.raises(NotReadable) as caught:
            await pool.run(read_feed, body, "text/xml", "https://desa.example.id/rss")
        assert caught.value.kind == "too_complex"
        assert await read_title(pool) == "Dermaga Dibangun Lagi"


async def test_errors_come_back_with_kind_and_facts(pool: ParserPool) -> None:
    with pytest.raises(NotReadable) as caught:
        await pool.read_page(Page(None, "<html><body><p>Halo semua</p></body></html>"))
    assert (caught.value.kind, caught.value.facts) == ("not_article", {"reason": "short"})
    with pytest.raises(FetchFailed):
        await pool.read_page(Page(None, "<title>Just a moment...</title><body>Verifying you are human</body>"))


@pytest.mark.parametrize("harm", [crash, eat_memory, recurse])
async def test_harmful_task_is_too_complex_and_the_pool_goes_on(pool: ParserPool, harm: object) -> None:
    assert callable(harm)
    with pytest.raises(NotReadable) as caught:
        await pool.run(harm)
    assert caught.value.kind == "too_complex"
    assert await read_title(pool) == "Dermaga Dibangun Lagi"


async def test_endless_task_is_killed_in_time_and_others_are_read_meanwhile() -> None:
    async with ParserPool(workers=2, seconds=4) as pool:
        endless = asyncio.ensure_future(pool.run(loop_for_ever))
        assert await read_title(pool) == "Dermaga Dibangun Lagi"
        assert not endless.done()
        with pytest.raises(NotReadable) as caught:
            await endless
    assert (caught.value.kind, caught.value.facts) == ("too_complex", {"seconds": 4})


async def test_a_pool_whose_processes_could_not_start_is_made_anew() -> None:
    async with ParserPool() as pool:
        # What pebble does when a process can't start: every later task is refused.
        pool._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it out
        assert await pool.run(os.getpid) != os.getpid()
    with pytest.raises(RuntimeError):
        await pool.run(os.getpid)


async def test_closed_pool_leaves_no_process_behind() -> None:
    async with ParserPool() as pool:
        child = await pool.run(os.getpid)
        busy = asyncio.ensure_future(pool.run(loop_for_ever))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await busy
    assert not is_alive(child)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
async def test_busy_child_dies_with_a_killed_parent() -> None:
    script = (
        "import asyncio, os, time\n"
        "from services.extract import ParserPool\n"
        "async def main():\n"
        "    pool = ParserPool()\n"
        "    print(await pool.run(os.getpid), flush=True)\n"
        "    await pool.run(time.sleep, 60)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    parent = start_python(script)
    try:
        assert parent.stdout is not None
        child = int(await asyncio.to_thread(parent.stdout.readline))
    finally:
        parent.kill()
        parent.wait()
    # Readable at once when the last process that holds the other end of the pipe is gone.
    assert await asyncio.wait_for(asyncio.to_thread(parent.stdout.read), timeout=10) == ""
    parent.stdout.close()
    assert not is_alive(child)

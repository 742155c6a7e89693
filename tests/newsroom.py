"""A newsroom on loopback: a Telegram, news sites with articles that we invent, and the real `warta` between them."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from botapi import BotApi
from webserver import Answer, WebServer, reply

ROOT = Path(__file__).resolve().parent.parent
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 101))
"""Many sites, since one is asked only once a second."""

PUBLISHED = datetime(2026, 11, 18, 9, 15, tzinfo=timezone(timedelta(hours=7)))
_VILLAGES = ("Sukaraja", "Cikelet", "Banjarsari", "Karangmulya", "Pasirjati", "Mekarsari", "Sindangsari", "Tanjungjaya")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Story:
    """An article on one of the sites."""

    url: str
    title: str
    body: str


def article(number: int) -> tuple[str, str]:
    """Title and body of an article that nobody else has."""
    village = f"{_VILLAGES[number % len(_VILLAGES)]}"
    title = f"Jembatan ke-{number} di Desa {village} Mulai Dibangun Pekan Ini"
    body = (
        f"Jembatan nomor {number} yang menghubungkan Desa {village} dengan pasar mulai dibangun pada Senin. "
        f"Sebanyak {number + 40} pekerja dari desa sekitar ikut dalam pekerjaan itu.\n\n"
        f"Bupati Garut Hendra Wiguna mengatakan pembangunan itu menelan biaya Rp {number % 90 + 2},7 miliar dari "
        'anggaran daerah. "Warga tidak perlu lagi naik rakit untuk pergi ke pasar," kata Hendra di lokasi.\n\n'
        "Jembatan lama hanyut diterjang banjir pada awal tahun lalu. Sejak itu warga memakai rakit bambu, dan dua "
        "orang sempat terluka ketika arus sungai meninggi.\n\n"
        f"Kepala Desa {village}, Siti Maesaroh, berharap pekerjaan selesai sebelum puncak musim hujan. Pemeriksaan "
        "kabel akan dilakukan setiap enam bulan oleh dinas pekerjaan umum."
    )
    return title, body


def page(title: str, body: str, head: str = "", published: datetime = PUBLISHED) -> bytes:
    """An article as a site shows it."""
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in body.split("\n\n"))
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8"><title>{title} - Kabar Contoh</title>'
        f'<meta property="og:site_name" content="Kabar Contoh"><meta property="og:title" content="{title}">'
        f'<meta property="og:type" content="article">{head}</head>'
        f'<body><nav><a href="/">Beranda</a></nav><main><article><h1>{title}</h1>'
        f'<time datetime="{published.isoformat()}">{published:%d/%m/%Y}</time>{paragraphs}'
        "</article></main><footer>Hak cipta 2026 Kabar Contoh</footer></body></html>"
    ).encode()


@dataclass
class Bot:
    """A running `warta`."""

    process: asyncio.subprocess.Process
    log: Path

    async def kill(self) -> None:
        """Kill the whole process group, as a power cut would; its database ends as well."""
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def end(self) -> int:
        """Ask it to end, and wait; gives its exit status."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(30):
                return await self.process.wait()
        except TimeoutError:
            await self.kill()
            raise

    @property
    def told(self) -> str:
        """Everything it logged."""
        return self.log.read_text("utf-8")


@dataclass
class Newsroom:
    """Telegram and the sites; `environment` is what `warta` is started with."""

    telegram: BotApi
    sites: WebServer
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def story(self, answer: Answer | None = None, head: str = "", path: str = "") -> Story:
        """Publish an article on a site of its own, or make its address answer something else."""
        number = next(_numbers)
        title, body = article(number)
        path = path or f"/berita/2026/11/23/jembatan-{number}"
        self.sites.routes[path] = answer or reply(page(title, body, head))
        host = self.sites.hosts[number % len(self.sites.hosts)]
        return Story(f"http://{host}:{self.sites.port}{path}", title, body)

    async def start(self, command: str = "run", *arguments: str, **settings: str) -> Bot:
        """Start `warta`."""
        log = self.folder / f"{command}-{next(_numbers)}.log"
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                command,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**self.environment, **settings},
                cwd=self.folder,
                start_new_session=True,
            )
        return Bot(process, log)

    @asynccontextmanager
    async def bot(self, command: str = "run", **settings: str) -> AsyncIterator[Bot]:
        """`warta`, for as long as the context lasts; its log is shown if the context fails."""
        bot = await self.start(command, **settings)
        try:
            yield bot
        except BaseException:
            sys.stderr.write(bot.told[-8_000:])
            raise
        finally:
            if bot.process.returncode is None:
                await bot.end()


@asynccontextmanager
async def newsroom(conninfo: str, folder: Path, telegram: BotApi | None = None) -> AsyncIterator[Newsroom]:
    """A newsroom whose `warta` uses this database ('': the embedded one in `folder`)."""
    async with telegram or BotApi() as api, WebServer(hosts=HOSTS) as sites:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "WARTA_HOME": str(folder / "home"),
            "WARTA_BOT_TOKEN": api.token,
            "WARTA_BOT_API": api.url,
            "WARTA_FETCH_ALLOW": ",".join(f"{host}:{sites.port}" for host in sites.hosts),
            **({"DATABASE_URL": conninfo} if conninfo else {}),
        }
        yield Newsroom(api, sites, folder, environment)


async def run_once(room: Newsroom, command: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """Run a command that ends by itself; gives its exit status and everything it said."""
    bot = await room.start(command, *arguments, **settings)
    async with asyncio.timeout(60):
        status = await bot.process.wait()
    return status, bot.told

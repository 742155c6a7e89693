"""A made archive of 100,000 articles in one chat goes in; how long its answers and its exports take comes out.

    WARTA_DATA=… python -m bench.archive [--articles 100000] [--rounds 40] [--home FOLDER]

The articles recombine real ones (`bench.corpus`); FOLDER keeps the database for another run. Each kind of question is
asked with names and words drawn from the archive as often as they stand there. What is timed is what a member waits
for: from the command to the message in the outbox, the picture of a trend included.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
from psycopg.types.json import Jsonb

from bench import corpus
from bench.data import data_folder, machine
from bot.exporting import export
from handlers import routes
from handlers.context import Rules, Turn
from handlers.incoming import Content, Incoming, Place
from handlers.wire import Telegram
from services.export import COLUMNS, ExportKind, Plan
from services.indexing import index_entry
from services.models import Annotation
from services.schema import annotation_to_json
from services.store import Scope, Store, chats, entries, open_store, search
from services.store.conditions import Condition
from services.store.embedded import embedded_postgres
from services.store.exports import Selection

_CHAT = -1_001_234_567_890
_BATCH = 250
_MOST_MILLISECONDS, _MOST_SECONDS, _MOST_MEGABYTES = 300, 30, 300
_ZONE = ZoneInfo("Asia/Jakarta")
_RULES = Rules(1, "warta_bot", True, frozenset(), frozenset(), 10**9, 10**9, "id", "Asia/Jakarta")
_PLACE = Place(_CHAT, "supergroup", "Redaksi", None)


# The archive


async def fill(store: Store, folder: Path, count: int, seed: int) -> None:
    """Put made articles into the chat until it has so many."""
    async with store.transaction() as transaction:
        await chats.meet(
            transaction, _CHAT, "supergroup", "Redaksi", None, language="id", timezone=_ZONE.key, sure_from=0.6
        )
        row = await transaction.only("select count(*) as count from articles where chat_id = %(chat)s", chat=_CHAT)
    made = corpus.annotations(folder, count, seed)
    for number, batch in enumerate(iter(lambda: list(itertools.islice(made, _BATCH)), [])):
        if number * _BATCH >= row["count"]:
            async with store.transaction() as transaction:
                await _add(transaction.scope(_CHAT), batch, number * _BATCH)
            if number % 20 == 0:
                print(f"\r{number * _BATCH:,} articles", end="", file=sys.stderr)
    async with store.transaction() as transaction:
        for table in ("articles", "entries", "names", "mentions", "amounts", "shares"):
            await transaction.run(f"analyze {table}")


async def _add(scope: Scope, batch: Sequence[Annotation], first: int) -> None:
    """A batch as the bot would have remembered it, in fewer statements."""
    ids = [
        (
            await scope.only(
                "insert into articles (chat_id, annotation, published, model, vector, created_at) values (%(chat)s,"
                " %(annotation)s, %(at)s, 'corpus@1', %(vector)s::vector, %(at)s) returning id",
                annotation=Jsonb(annotation_to_json(one)),
                at=one.article.published,
                vector=f"[{','.join(map(str, one.vector))}]",
            )
        )["id"]
        for one in batch
    ]
    found = {one: index_entry(made, made.article.published or scope.now) for one, made in zip(ids, batch, strict=True)}
    await entries.enter(scope, found)
    await scope.run(
        "insert into shares (chat_id, message_id, sharer_id, sharer_name, kind, state, key, asked, late, article_id,"
        " shared_at, created_at) select %(chat)s, %(first)s + number, number %% 12, 'Anggota ' || number %% 12, 'link',"
        " 'done', 'made:' || %(first)s + number, false, false, id, %(now)s, %(now)s"
        " from unnest(%(ids)s::bigint[]) with ordinality as made (id, number)",
        first=first,
        ids=ids,
    )


# Questions


def questions(sample: Sequence[Annotation], rng: random.Random) -> Mapping[str, Callable[[], str]]:
    """Commands of each kind, with names and words drawn as often as the archive has them."""

    def one() -> Annotation:
        return rng.choice(sample)

    def word() -> str:
        return rng.choice([text for text in one().article.text.split() if text.isalpha() and len(text) > 3])

    def figure() -> str:
        return next((name.name for name in one().figures), "Prabowo Subianto")

    def alias() -> str:
        return next((alias for name in one().figures for alias in name.aliases), "Prabowo")

    def place() -> str:
        return next((name.name for name in one().places if name.kind in ("city", "regency")), "Kota Bandung")

    def pair() -> str:
        words = [text.strip(".,\"“”'") for text in one().article.text.split()]
        at = rng.randrange(len(words) - 2)
        return " ".join(words[at : at + 2])

    return {
        "search: one word": lambda: f"cari {word()}",
        "search: two words": lambda: f"cari {word()} {word()}",
        "search: a or b, without c": lambda: f"cari ({word()} ATAU {word()}) -{word()}",
        "search: phrase": lambda: f'cari "{pair()}"',
        "search: figure by name": lambda: f'cari tokoh:"{figure()}"',
        "search: figure by alias, tone, dates": lambda: f"cari tokoh:{alias()} sentimen:negatif sejak:2026-01",
        "search: place and a word": lambda: f'cari tempat:"{place()}" {word()}',
        "search: word or figure": lambda: f'cari {word()} ATAU tokoh:"{figure()}"',
        "search: everything but a word": lambda: f"cari -{word()}",
        "search: amount and a word": lambda: f"cari angka:>1triliun {word()}",
        "search: misspelt name": lambda: f'cari tokoh:"{figure()[:-2]}x"',
        "search: misspelt word": lambda: f"cari {word()}qx",
        "history": lambda: "riwayat",
        "profile of a figure": lambda: f"tokoh {figure()}",
        "profile of a place": lambda: f"tempat {place()}",
        "profile of an outlet": lambda: f"media {one().article.outlet.domain}",
        "trend of a word, 30 days": lambda: f"tren {word()}",
        "trend of a figure, a year": lambda: f'tren tokoh:"{figure()}" sejak:"1 tahun"',
        "trend of everything, two years": lambda: "tren sejak:2025-01",
        "comparison": lambda: f"banding {word()} sejak:2026-01 | {word()}",
    }


async def answer(store: Store, telegram: Telegram, command: str) -> float:
    """Ask, and throw the answer away; gives the seconds it took."""
    name, _, rest = command.partition(" ")
    began = time.perf_counter()
    async with store.transaction() as transaction:
        team = await chats.find(transaction, _CHAT)
        assert team is not None  # noqa: S101 - it was met above
        turn = Turn(_PLACE, team, transaction.scope(_CHAT), _RULES, telegram, None, 1)
        content = Content(1, rest, (), None, None, ours=False)
        incoming = Incoming(
            _PLACE, content, None, transaction.now, False, False, False, None, name, content, None, None, None, False
        )  # fmt: skip
        await routes.COMMANDS[name](turn, incoming)
    return time.perf_counter() - began


async def time_questions(store: Store, sample: Sequence[Annotation], rounds: int, seed: int) -> None:
    """Print the table of answers."""
    everything: list[float] = []
    print(f"| question (milliseconds, {rounds} each) | median | 95th percentile |\n|---|---|---|")
    async with Telegram("1:bench", "http://127.0.0.1:9") as telegram:
        for name, command in questions(sample, random.Random(seed)).items():
            await answer(store, telegram, command())
            taken = sorted([1000 * await answer(store, telegram, command()) for _ in range(rounds)])
            everything += taken
            print(f"| {name} | {statistics.median(taken):.0f} | {_percentile(taken):.0f} |", flush=True)
        taken = sorted([1000 * await similar(store, rng_id) for rng_id in await _some_ids(store, rounds)])
        everything += taken
        print(f"| similar stories | {statistics.median(taken):.0f} | {_percentile(taken):.0f} |")
    everything.sort()
    median, most = statistics.median(everything), _percentile(everything)
    print(f"| **all** (at most {_MOST_MILLISECONDS}) | {median:.0f} | {most:.0f} |")


async def similar(store: Store, article_id: int) -> float:
    """Find what is like an article."""
    began = time.perf_counter()
    async with store.transaction() as transaction:
        await search.alike(transaction.scope(_CHAT), article_id, 5)
    return time.perf_counter() - began


async def _some_ids(store: Store, count: int) -> list[int]:
    async with store.transaction() as transaction:
        rows = await transaction.all(
            "select id from articles where chat_id = %(chat)s order by md5(id::text) limit %(count)s",
            chat=_CHAT,
            count=count,
        )
    return [row["id"] for row in rows]


def _percentile(taken: Sequence[float]) -> float:
    return taken[min(len(taken) - 1, int(0.95 * len(taken)))]


# Exports


async def time_exports(conninfo: str, count: int) -> None:
    """Print the table of exports of everything."""
    print(f"\n| export of {count:,} articles | seconds (at most {_MOST_SECONDS}) |"
          f" MB in memory (at most {_MOST_MEGABYTES}) | files | MB |\n|---|---|---|---|---|")  # fmt: skip
    kinds: tuple[ExportKind, ...] = ("csv", "xlsx", "json")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder, _memory_of_children() as most:
            plan = Plan(kind, Path(folder), "arsip", 45_000_000, _ZONE, {name: name for name in COLUMNS})
            selection = Selection(_CHAT, Condition("true", {}), None, count)
            began = time.perf_counter()
            files = await export(conninfo, selection, plan, lambda _: None)
            seconds = time.perf_counter() - began
            size = sum(path.stat().st_size for path in files) / 1e6
        print(f"| {kind} | {seconds:.1f} | {most[0] / 2**20:.0f} | {len(files)} | {size:.0f} |", flush=True)


@contextmanager
def _memory_of_children() -> Iterator[list[int]]:
    """The most that the processes begun meanwhile have in memory together (PSS)."""
    most, stop, before = [0], threading.Event(), set(psutil.Process().children(recursive=True))

    def look() -> None:
        while not stop.wait(0.1):
            now = 0
            for process in set(psutil.Process().children(recursive=True)) - before:
                try:
                    now += process.memory_full_info().pss if process.name() != "postgres" else 0
                except psutil.Error:
                    continue
            most[0] = max(most[0], now)

    thread = threading.Thread(target=look)
    thread.start()
    yield most
    stop.set()
    thread.join()


async def measure(conninfo: str, options: argparse.Namespace) -> None:
    """Fill the archive and print both tables."""
    folder = data_folder()
    async with open_store(conninfo) as store:
        began = time.perf_counter()
        await fill(store, folder, options.articles, options.seed)
        print(f"\n{options.articles:,} articles, filled in {time.perf_counter() - began:.0f} s; {machine()}\n")
        if options.rounds:
            sample = list(itertools.islice(corpus.annotations(folder, options.articles, options.seed), 3_000))
            await time_questions(store, sample, options.rounds, options.seed)
    await time_exports(conninfo, options.articles)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warta-bench-") as temporary:
        Path(temporary).chmod(0o711)
        with embedded_postgres(options.home or Path(temporary)) as conninfo:
            asyncio.run(measure(conninfo, options))


if __name__ == "__main__":
    main()

"""Searching the archive: what is meant is found, by its names, its times and its slips, and nothing that was forgotten.

The articles of `data/archive` are invented, as are their events; what a query should find was decided by reading.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

import pytest
import pytest_asyncio
from builders import JAKARTA, AnnotationFields, a_figure, a_place, a_share, a_team, an_annotation, an_article
from test_query import hostile, understood

from handlers.recall import Asked, suggestions
from services.annotate import Analyst
from services.models import Annotation, Article, NewShare, Sharer, Team
from services.nlp.encoder import Encoder
from services.outlets import find_outlet
from services.query import parse, show
from services.store import Scope, Store, articles, chats, entries, open_store, search, shares

DATA = Path(__file__).parent / "data" / "archive"
MEMBERS = {"Ani": 1, "Budi": 2, "Citra": 3}


def rows(kind: str) -> list[dict[str, Any]]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(DATA.glob(f"{kind}*.jsonl")))
    return [json.loads(line) for text in texts for line in text.splitlines()]


def annotate(analyst: Analyst, row: dict[str, Any]) -> Annotation:
    article = Article(
        title=row["title"],
        text=row["text"],
        url=row["url"],
        canonical_url=None,
        outlet=find_outlet(row["url"], None),
        language="id",
        authors=(),
        published=datetime.fromisoformat(row["published"]),
        dateline=None,
        image=None,
    )
    return analyst.annotate(article)


@dataclass
class Archive:
    """A chat with the invented articles; `names` are their own ids by the archive's."""

    store: Store
    team: Team
    names: dict[int, str]


@dataclass
class Asking:
    """As much of a turn as the suggestions need."""

    scope: Scope
    zone = JAKARTA
    member = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def archive(own_database: Callable[[], str], encoder: Encoder) -> AsyncIterator[Archive]:
    analyst = Analyst(encoder.read, encoder.model)
    made = await asyncio.to_thread(lambda: [(row, annotate(analyst, row)) for row in rows("part")])
    async with open_store(own_database()) as store:
        async with store.transaction() as transaction:
            team = await a_team(transaction)
            scope = transaction.scope(team.id)
            names = {}
            for number, (row, annotation) in enumerate(made, 1):
                kept, _ = await articles.keep(scope, annotation, [f"made:{row['id']}"])
                names[kept.id] = row["id"]
                sharer = Sharer(MEMBERS[row["by"]], row["by"], row["by"].lower())
                new = NewShare(number, None, sharer, "link", datetime.fromisoformat(row["published"]), row["url"])
                share = await shares.add(scope, new, "queued")
                await shares.finish(scope, share.id, kept.id)
        yield Archive(store, team, names)


async def find(scope: Scope, text: str, limit: int = 10) -> list[int]:
    question = await search.ask(scope, parse(text), JAKARTA)
    return list((await search.find(scope, question, limit=limit)).article_ids)


async def found_by_a_member(scope: Scope, text: str) -> list[int]:
    """What a member gets to see who takes the first suggestion where nothing is found."""
    found = await find(scope, text)
    if found:
        return found
    query = parse(text)
    asked = Asked(text, query, await search.ask(scope, query, JAKARTA))
    offers = await suggestions(Asking(scope), asked)  # type: ignore[arg-type]
    return await find(scope, show(offers[0])) if offers else []


@pytest.mark.asyncio(loop_scope="module")
async def test_the_first_answers_are_the_right_ones(archive: Archive) -> None:
    # Mean reciprocal rank: 1 where the first answer is right, 1/2 where the second is, 0 where none of ten is.
    ranks, told = [], []
    async with archive.store.transaction() as transaction:
        for row in rows("queries"):
            names = [
                archive.names[one] for one in await found_by_a_member(transaction.scope(archive.team.id), row["query"])
            ]
            rank = next((1 / place for place, name in enumerate(names, 1) if name in row["expect"]), 0.0)
            ranks.append(rank)
            told.append(f"{rank:.2f} {row['query']} {names[:3]} {row['expect'][:3]}")
    assert len(ranks) >= 40
    assert sum(ranks) / len(ranks) >= 0.90, "\n".join(sorted(told))


@pytest.mark.asyncio(loop_scope="module")
async def test_ten_thousand_hostile_queries_reach_no_sql(archive: Archive) -> None:
    # Those that can be read are asked; the rest never leaves the parser (test_query).
    rng, asked = random.Random(5), 0
    async with archive.store.transaction() as transaction:
        scope = transaction.scope(archive.team.id)
        for _ in range(10_000):
            query, _ = understood(hostile(rng))
            if query is None or rng.random() > 0.1:
                continue
            asked += 1
            question = await search.ask(scope, query, JAKARTA)
            await search.find(scope, question, limit=1)
            if asked % 10 == 0:
                await search.days(scope, question)
                await search.top(scope, question, ["figure"], 3)
        assert (await search.everything(scope)).total == len(archive.names)
    assert asked > 200


@pytest.mark.asyncio(loop_scope="module")
async def test_members_are_found_by_name_user_name_and_as_oneself(archive: Archive) -> None:
    async with archive.store.transaction() as transaction:
        scope = transaction.scope(archive.team.id)
        own = {row["id"] for row in rows("part") if row["by"] == "Ani"}
        for text in ("oleh:Ani", "oleh:@ani", "by:saya"):
            question = await search.ask(scope, parse(text), JAKARTA, member_id=1)
            hits = await search.find(scope, question, limit=300)
            assert {archive.names[one] for one in hits.article_ids} == own
        assert await find(scope, "oleh:Zulkarnaen") == []


# Names, one article at a time


async def remember(
    scope: Scope, key: str, title: str = "Judul", text: str = "Isi saja.", **fields: Unpack[AnnotationFields]
) -> int:
    annotation = replace(an_annotation(article=an_article(title=title, text=text)), **fields)
    kept, _ = await articles.keep(scope, annotation, [key])
    return kept.id


async def test_an_alias_finds_who_it_means_once_both_were_seen_together(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        figure = replace(a_figure("Joko Widodo"), aliases=())
        full = await remember(scope, "a", figures=(figure,), text="Joko Widodo datang.")
        assert await find(scope, "tokoh:Jokowi") == []
        both = await remember(scope, "b", figures=(replace(figure, aliases=("Jokowi",)),), text="Joko Widodo (Jokowi).")
        short = await remember(scope, "c", figures=(replace(figure, name="Jokowi"),), text="Jokowi pergi.")
        assert sorted(await find(scope, "tokoh:Jokowi")) == sorted(await find(scope, 'tokoh:"joko widodo"')) == [
            full, both, short,
        ]  # fmt: skip
        assert sorted(await find(scope, "Jokowi")) == [full, both, short]


async def test_a_shared_surname_doesnt_make_two_people_one(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        budi = await remember(scope, "a", figures=(replace(a_figure("Budi Hartono"), aliases=("Hartono",)),))
        rudi = await remember(scope, "b", figures=(replace(a_figure("Rudi Hartono"), aliases=("Hartono",)),))
        assert await find(scope, 'tokoh:"Budi Hartono"') == [budi]
        assert sorted(await find(scope, "tokoh:Hartono")) == [budi, rudi]


async def test_names_are_not_cut_and_ordinary_words_meet_their_family(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        urgent = await remember(scope, "a", title="Kondisi gawat", text="Kondisi itu gawat dan kegawatannya nyata.")
        built = await remember(scope, "b", title="Warga membangun", text="Warga membangun jalan di kampung.")
        assert await find(scope, "megawati") == []
        assert await find(scope, "pembangunan") == [built]
        assert await find(scope, "gawat") == [urgent]


async def test_phrases_are_neighbours_in_this_order(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        right = await remember(scope, "a", text="Kereta cepat Jakarta tiba.")
        await remember(scope, "b", text="Kereta itu cepat. Jakarta macet, cepat kereta.")
        assert await find(scope, '"kereta cepat"') == [right]
        assert await find(scope, '"kereta cepat jakarta"') == [right]


async def test_places_are_found_with_what_contains_them(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        one = await remember(scope, "a", places=(a_place("Kabupaten Garut"),))
        other = await remember(scope, "b", places=(a_place("Kota Semarang", "Jawa Tengah"),))
        assert await find(scope, 'provinsi:"Jawa Barat"') == [one]
        assert await find(scope, 'tempat:"Kota Semarang"') == [other]
        assert await find(scope, "tempat:garut") == [one]
        assert await find(scope, '-provinsi:"Jawa Barat"') == [other]


async def test_times_amounts_tones_and_types(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        one = await remember(scope, "a")
        assert await find(scope, "tanggal:2026-06-15 angka:>1triliun sentimen:positif jenis:daerah media:kabar") == [
            one
        ]
        for text in ("sejak:2026-06-16", "sampai:2026-06-14", "angka:>2triliun", "sentimen:netral", "jenis:nasional"):
            assert await find(scope, text) == [], text


# Forgetting, moving


async def test_what_is_forgotten_is_not_found_and_leaves_no_names(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        share = await a_share(scope, sharer=7)
        article = await remember(scope, "a", figures=(a_figure("Tokoh Rahasia"),))
        await shares.finish(scope, share.id, article)
        assert await find(scope, "tokoh:rahasia") == [article]
        await shares.forget_sharer(scope, 7)
        assert await find(scope, "tokoh:rahasia") == []
        assert await found_by_a_member(scope, 'tokoh:"Tokoh Rahasai"') == []
        assert await search.known_words(scope) == []
    async with store.transaction() as transaction:
        await entries.forget_unused_names(transaction)
        assert await transaction.all("select * from names") == []


async def test_everything_of_a_chat_is_forgotten(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        await remember(scope, "a")
        await chats.forget_content(scope)
        for table in ("articles", "entries", "names", "mentions", "amounts", "corrections", "searches", "files"):
            assert await transaction.all(f"select 1 as one from {table}") == [], table


@pytest.mark.parametrize("met", [False, True])
async def test_a_chat_that_becomes_a_supergroup_keeps_its_archive(store: Store, *, met: bool) -> None:
    async with store.transaction() as transaction:
        old = await a_team(transaction, -4711)
        article = await remember(transaction.scope(old.id), "a", text="Banjir besar.")
        new = -1_004_711
        others = []
        if met:
            await a_team(transaction, new)
            others = [await remember(transaction.scope(new), "b", text="Banjir kecil.")]
        await chats.move(transaction, old.id, new)
        scope = transaction.scope(new)
        assert sorted(await find(scope, "banjir")) == sorted([article, *others])
        assert sorted(await find(scope, 'tokoh:"Ratna Dewantari" tempat:bandung')) == sorted([article, *others])
        assert await find(transaction.scope(old.id), "banjir") == []
        stale = await transaction.all("select 1 as one from entries where words @@ %(old)s::tsquery", old="'@-4711'")
        assert stale == []


async def test_dates_from_the_future_count_as_today(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        article = an_article(published=transaction.now + timedelta(days=400))
        kept, _ = await articles.keep(scope, an_annotation(article=article), ["a"])
        assert await find(scope, "hari-ini") == [kept.id]


async def test_articles_from_before_there_was_a_search_are_entered(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        kept = [await remember(scope, key, text="Banjir besar.") for key in "abc"]
        await entries.leave(scope, kept)
        assert await find(scope, "banjir") == []
        assert [await articles.enter_missing(transaction, 2) for _ in range(3)] == [2, 1, 0]
        assert sorted(await find(scope, "banjir")) == kept

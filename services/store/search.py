"""A query goes in; what the chat's archive answers comes out: articles, counts by day and tone, names, a profile.

Counts are of all articles that match. Ranking, and what names they have, look at the newest few thousand of them: older
ones hardly change either, and would cost seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, LiteralString

from services import tokens
from services.indexing import name_key
from services.models import NameKind, ToneCounts, ToneLabel
from services.query import Named, Phrase, Query, SharedBy, Word, parts_of
from services.store.conditions import Condition, Known, condition, ranking
from services.store.scope import Row, Scope

_RANKED = 3_000
COUNTED = 5_000
"""How many of the newest articles are looked at for what names they have."""
_MOST_NAMES = 40
# Place names may be asked for with any kind of place.
_KINDS: dict[NameKind, tuple[NameKind, ...]] = {"place": ("place", "province", "country")}


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of the articles found, best first, and how many there are in all."""

    article_ids: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NameCount:
    """A name and the articles that have it."""

    name: str
    tones: ToneCounts


@dataclass(frozen=True, slots=True)
class Question:
    """A query in a chat: what its names mean there, and what day it is."""

    query: Query
    known: Known
    today: date
    zone: tzinfo


async def ask(scope: Scope, query: Query, zone: tzinfo, member_id: int | None = None) -> Question:
    """Find what the names of a query mean in this chat. `member_id` is who 'saya' and 'me' are."""
    # The planner doesn't know that the words of an article lie apart from its row, and dear to fetch.
    await scope.transaction.run("set local enable_seqscan = off")
    today = scope.now.astimezone(zone).date()
    parts = parts_of(query)
    names = {one: await _meant(scope, one) for one in parts if isinstance(one, Named)}
    members = {one: await _sharers(scope, one, member_id) for one in parts if isinstance(one, SharedBy)}
    texts = {
        tokens.fold(one.text if isinstance(one, Word) else " ".join(one.words))
        for one in parts
        if isinstance(one, Word | Phrase)
    }
    return Question(query, Known(names, members, await _aliases(scope, sorted(texts - {""}))), today, zone)


async def find(scope: Scope, question: Question, *, limit: int, offset: int = 0, newest_first: bool = False) -> Hits:
    """The articles that answer, the best of the newest first; all of them by age where no word is asked for."""
    asked = _condition(scope, question)
    ranked_by = None if newest_first else ranking(question.query, question.known)
    found = f"select e.article_id, e.at from entries e where e.chat_id = %(chat)s and ({asked.sql})"
    order = "at desc, article_id desc"
    score = "0"
    if ranked_by:
        # Half of the weight is lost in about three months.
        score = (
            "ts_rank('{0.05,0.25,0.5,1.0}', e.head, %(ranked)s::tsquery)"
            " * (1 + exp(-greatest(extract(epoch from %(now)s - f.at), 0) / 11e6))"
        )
        order = f"score desc, {order}"
    rows = await scope.all(
        f"with found as materialized ({found}), newest as (select * from found order by at desc, article_id desc"
        " limit %(ranking)s), scored as (select f.article_id, f.at,"
        f" {score} as score from newest f{' join entries e using (article_id)' if ranked_by else ''})"
        " select s.article_id, (select count(*) from found) as total from"
        f" (select * from scored order by {order} offset %(offset)s limit %(limit)s) s",
        ranked=ranked_by,
        ranking=_RANKED if ranked_by else offset + limit,
        offset=offset,
        limit=limit,
        **asked.values,
    )
    if not rows and offset:
        return Hits((), (await counts(scope, question)).total)
    return Hits(tuple(row["article_id"] for row in rows), rows[0]["total"] if rows else 0)


async def counts(scope: Scope, question: Question) -> ToneCounts:
    """How many articles answer, by tone."""
    asked = _condition(scope, question)
    rows = await scope.all(
        f"select e.tone, count(*) as count from entries e where e.chat_id = %(chat)s and ({asked.sql}) group by e.tone",
        **asked.values,
    )
    return _tones(rows)


async def everything(scope: Scope) -> ToneCounts:
    """How many articles the archive has, by tone."""
    return _tones(await scope.all("select tone, count(*) as count from entries where chat_id = %(chat)s group by tone"))


async def days(scope: Scope, question: Question) -> dict[date, ToneCounts]:
    """The articles that answer, by the chat's day and tone; days without any are not in it."""
    asked = _condition(scope, question)
    rows = await scope.all(
        "select (e.at at time zone %(zone)s)::date as day, e.tone, count(*) as count from entries e"
        f" where e.chat_id = %(chat)s and ({asked.sql}) group by 1, 2",
        zone=str(question.zone),
        **asked.values,
    )
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row["day"], []).append(row)
    return {day: _tones(of_day) for day, of_day in sorted(found.items())}


async def top(
    scope: Scope, question: Question, kinds: Sequence[NameKind], limit: int, without: Sequence[int] = ()
) -> dict[NameKind, list[NameCount]]:
    """The names of each kind that most of the newest answering articles (`COUNTED`) have, by how many."""
    asked = _condition(scope, question)
    rows = await scope.all(
        "with found as materialized (select e.article_id, e.tone from entries e"
        f" where e.chat_id = %(chat)s and ({asked.sql}) order by e.at desc limit %(counted)s), named as"
        " (select m.name_id, count(*) filter (where f.tone = 'positive') as positive, count(*) filter (where"
        " f.tone = 'neutral') as neutral, count(*) filter (where f.tone = 'negative') as negative, count(*) as total"
        " from found f join mentions m using (article_id) where m.of_id is null group by m.name_id),"
        " ranked as (select n.kind, n.name, named.*,"
        " row_number() over (partition by n.kind order by total desc, n.name) as place"
        " from named join names n on n.id = named.name_id where n.chat_id = %(chat)s"
        " and n.kind = any(%(kinds)s) and not n.id = any(%(without)s::bigint[]))"
        " select * from ranked where place <= %(limit)s order by kind, place",
        counted=COUNTED,
        kinds=list(kinds),
        limit=limit,
        without=list(without),
        **asked.values,
    )
    found: dict[NameKind, list[NameCount]] = {kind: [] for kind in kinds}
    for row in rows:
        found[row["kind"]].append(NameCount(row["name"], ToneCounts(row["positive"], row["neutral"], row["negative"])))
    return found


async def roles(scope: Scope, ids: Sequence[int], limit: int) -> list[str]:
    """The roles in which somebody is named, the most frequent first."""
    rows = await scope.all(
        "select m.role from mentions m join names n on n.id = m.name_id where n.chat_id = %(chat)s"
        " and m.name_id = any(%(ids)s) and m.role is not null group by m.role order by count(*) desc, m.role"
        " limit %(limit)s",
        ids=list(ids),
        limit=limit,
    )
    return [row["role"] for row in rows]


async def names(scope: Scope, kind: NameKind, ids: Sequence[int]) -> list[str]:
    """How names of the chat are written, those of most articles first."""
    rows = await scope.all(
        "select n.name from names n join mentions m on m.name_id = n.id where n.chat_id = %(chat)s"
        " and n.kind = any(%(kinds)s) and n.id = any(%(ids)s) and m.of_id is null group by n.id order by count(*) desc",
        kinds=list(_KINDS.get(kind, (kind,))),
        ids=list(ids),
    )
    return [row["name"] for row in rows]


async def known_names(scope: Scope, kind: NameKind | None = None) -> list[str]:
    """All names that a misspelt one may mean; some may be of articles that were forgotten within the hour."""
    rows = await scope.all(
        "select n.name from names n where n.chat_id = %(chat)s and n.main"
        " and (%(kinds)s::text[] is null or n.kind = any(%(kinds)s))",
        kinds=list(_KINDS.get(kind, (kind,))) if kind else None,
    )
    return [row["name"] for row in rows]


async def known_words(scope: Scope) -> list[str]:
    """The words of the newest articles' titles, names and summaries."""
    rows = await scope.all(
        "select distinct unnest(tsvector_to_array(e.head)) as word from (select head from entries"
        " where chat_id = %(chat)s order by at desc limit %(counted)s) e",
        counted=_RANKED,
    )
    return [row["word"] for row in rows if not row["word"].startswith("~")]


async def known_sharers(scope: Scope) -> list[str]:
    """The names of those who shared something."""
    rows = await scope.all(
        "select distinct sharer_name as name from shares where chat_id = %(chat)s and sharer_name is not null"
    )
    return [row["name"] for row in rows]


async def alike(scope: Scope, article_id: int, limit: int) -> list[tuple[int, float]]:
    """The articles most like one of the chat's, with their likeness (cosine, at most 1)."""
    rows = await scope.all(
        "with one as (select vector from articles where chat_id = %(chat)s and id = %(id)s)"
        " select a.id, 1 - (a.vector <=> (select vector from one)) as likeness from articles a"
        " where a.chat_id = %(chat)s and a.id <> %(id)s and a.vector is not null"
        " and vector_dims(a.vector) = (select vector_dims(vector) from one)"
        " order by a.vector <=> (select vector from one) limit %(limit)s",
        id=article_id,
        limit=limit,
    )
    return [(row["id"], float(row["likeness"])) for row in rows]


async def shared(scope: Scope, article_ids: Sequence[int]) -> dict[int, Row]:
    """Who shared each article first, when, and in which message: `sharer_name`, `shared_at`, `message_id`."""
    rows = await scope.all(
        "select distinct on (article_id) article_id, sharer_name, shared_at, message_id, imported from shares"
        " where chat_id = %(chat)s and article_id = any(%(ids)s) and state in ('done', 'held')"
        " order by article_id, shared_at, id",
        ids=list(article_ids),
    )
    return {row["article_id"]: row for row in rows}


async def moments(scope: Scope, article_ids: Sequence[int]) -> dict[int, datetime]:
    """When each article appeared."""
    rows = await scope.all(
        "select article_id, at from entries where chat_id = %(chat)s and article_id = any(%(ids)s)",
        ids=list(article_ids),
    )
    return {row["article_id"]: row["at"] for row in rows}


async def article_of_message(scope: Scope, message_id: int, *, ours: bool) -> int | None:
    """The article that a message is about: the one of our card, or the first that a member's message shared."""
    if ours:
        row = await scope.one(
            "select coalesce(s.article_id, o.article_id) as id from outbox o left join shares s on s.id = o.share_id"
            " where o.chat_id = %(chat)s and o.message_id = %(message)s order by o.id desc limit 1",
            message=message_id,
        )
    else:
        row = await scope.one(
            "select article_id as id from shares where chat_id = %(chat)s and message_id = %(message)s"
            " and article_id is not null order by id limit 1",
            message=message_id,
        )
    return row["id"] if row else None


def _condition(scope: Scope, question: Question) -> Condition:
    return condition(question.query, question.known, scope.chat_id, question.today, question.zone)


def _tones(rows: Sequence[Row]) -> ToneCounts:
    found: dict[ToneLabel, int] = {row["tone"]: row["count"] for row in rows}
    return ToneCounts(**found)


_BY_KEY: LiteralString = (
    "select n.id from names n where n.chat_id = %(chat)s and n.kind = any(%(kinds)s) and n.key = %(key)s"
    " and exists (select from mentions m where m.name_id = n.id)"
)
_INSIDE: LiteralString = (
    "select n.id from names n where n.chat_id = %(chat)s and n.kind = any(%(kinds)s)"
    " and strpos(' ' || n.key || ' ', ' ' || %(key)s || ' ') > 0"
    " and exists (select from mentions m where m.name_id = n.id and m.of_id is null) limit %(most)s"
)


async def _meant(scope: Scope, named: Named) -> list[int]:
    """The numbers of the names that a name means: itself and what it is an alias of, else names that contain it."""
    values: dict[str, Any] = {"kinds": list(_KINDS.get(named.kind, (named.kind,))), "key": name_key(named.name)}
    own = [row["id"] for row in await scope.all(_BY_KEY, **values)]
    if not own:
        return [row["id"] for row in await scope.all(_INSIDE, most=_MOST_NAMES, **values)]
    return [*own, *await _related(scope, own)]


async def _related(scope: Scope, own: Sequence[int]) -> list[int]:
    """Names of which these are aliases, and aliases that mean these and nobody else."""
    rows = await scope.all(
        "select distinct m.of_id as id from mentions m join names n on n.id = m.of_id"
        " where n.chat_id = %(chat)s and m.name_id = any(%(own)s)"
        " union select a.name_id from (select distinct m.name_id from mentions m join names n on n.id = m.of_id"
        " where n.chat_id = %(chat)s and m.of_id = any(%(own)s)) a"
        " where not exists (select from mentions o where o.name_id = a.name_id and not o.of_id = any(%(own)s))",
        own=list(own),
    )
    return [row["id"] for row in rows if row["id"] not in own]


async def _aliases(scope: Scope, keys: Sequence[str]) -> dict[str, list[str]]:
    """Other names of the people that words stand for, where they stand for one alone."""
    found: dict[str, list[str]] = {}
    for key in keys:
        own = await scope.all(_BY_KEY, kinds=["figure"], key=key)
        related = await _related(scope, [row["id"] for row in own]) if own else []
        if related:
            rows = await scope.all("select key from names where chat_id = %(chat)s and id = any(%(ids)s)", ids=related)
            # What contains the word is found by the word.
            found[key] = [row["key"] for row in rows if key not in row["key"].split()]
    return found


async def _sharers(scope: Scope, by: SharedBy, member_id: int | None) -> list[int]:
    """Members of a name or user name; who asks, for 'saya' and 'me'."""
    if by.name.casefold() in ("saya", "me") and member_id is not None:
        return [member_id]
    rows = await scope.all(
        "select distinct sharer_id as id, sharer_name as name, sharer_username as username from shares"
        " where chat_id = %(chat)s and sharer_id is not null"
    )
    wanted = tokens.fold(by.name.removeprefix("@"))
    exact = [
        row["id"] for row in rows if wanted in (tokens.fold(row["name"] or ""), tokens.fold(row["username"] or ""))
    ]
    inside = [row["id"] for row in rows if wanted and f" {wanted} " in f" {tokens.fold(row['name'] or '')} "]
    return list(dict.fromkeys(exact or inside))

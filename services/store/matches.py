"""A topic goes in; the articles that belong to it come out: the chat's own, and those of the feeds it draws on.

An article belongs to a topic when the topic's query finds it. A topic of plain words is meant more widely, and more
strictly: what an article is about counts, in whatever words, not what it mentions in passing (`services.meaning`). It
counts by when it came, so that none is missed for having been published a little earlier; what was imported from an
archive, and what feeds name although it is much older by its own date, is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, LiteralString

from services import meaning
from services.models import Annotation, NameKind, ToneLabel, Topic
from services.query import parse, plain_words
from services.schema import annotation_from_json
from services.store import search, topics
from services.store.conditions import condition, in_chat, named_query, term_query, text_query, title_query
from services.store.feeds import COMMON
from services.store.scope import Row, Scope

_OLD = timedelta(days=4)
_FEW = 200
_KINDS: tuple[NameKind, ...] = ("figure", "place")


@dataclass(frozen=True, slots=True)
class Match:
    """An article that belongs to a topic: `at` is when it came, `by_meaning` that no word of the topic found it."""

    article_id: int
    tone: ToneLabel
    at: datetime
    by_meaning: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """An article that may belong to a topic, and the signs of that; None where the query alone decides."""

    match: Match
    signs: meaning.Signs | None

    @property
    def belongs(self) -> bool:
        """Whether it does."""
        return self.signs is None or meaning.weights().belongs(self.signs)


@dataclass(frozen=True, slots=True)
class Found:
    """An article in whole: `at` is when it was published, as far as that is believed."""

    article_id: int
    annotation: Annotation
    at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came after `first` and until `last`, the newest `limit` of it; its days are those of `zone`."""

    first: datetime
    last: datetime
    zone: tzinfo
    limit: int


async def find(scope: Scope, topic: Topic, stretch: Stretch) -> list[Match]:
    """The articles of a stretch that belong to a topic, the newest first; what the chat has itself counts once."""
    judged = [one for common in (False, True) for one in await judge(scope, topic, stretch, common=common)]
    found = [one.match for one in judged if one.belongs]
    return sorted(found, key=lambda one: (one.at, one.article_id), reverse=True)[: stretch.limit]


async def topics_of(scope: Scope, article_id: int, zone: tzinfo) -> list[tuple[Topic, bool]]:
    """The chat's topics that one of its articles belongs to, and whether by meaning alone."""
    known = [topic for topic in await topics.of_chat(scope) if not topic.paused]
    row = await scope.one(
        "select created_at from articles where chat_id = %(chat)s and id = %(id)s", id=article_id
    ) if known else None  # fmt: skip
    if row is None:
        return []
    # Only what came in that very moment is looked at.
    stretch = Stretch(row["created_at"] - timedelta(microseconds=1), row["created_at"], zone, 1)
    found = []
    for topic in known:
        judged = await judge(scope, topic, stretch, common=False)
        found += [(topic, one.match.by_meaning) for one in judged if one.match.article_id == article_id and one.belongs]
    return found


async def load(scope: Scope, article_ids: Sequence[int]) -> list[Found]:
    """Articles in whole, with their vectors: of the chat, or of feeds that it draws on; in the order asked for."""
    rows = await scope.all(
        "select a.id, a.annotation, e.at, a.vector::real[] as vector from articles a"
        " join entries e on e.article_id = a.id where a.id = any(%(ids)s) and (a.chat_id = %(chat)s"
        " or a.chat_id = %(common)s and exists (select from items i join sources s on s.feed_id = i.feed_id"
        " where i.article_id = a.id and s.chat_id = %(chat)s))",
        ids=list(article_ids),
        common=COMMON,
    )
    found = {row["id"]: Found(row["id"], _annotation(row), row["at"]) for row in rows}
    return [found[one] for one in article_ids if one in found]


async def names(scope: Scope, article_ids: Sequence[int]) -> dict[NameKind, dict[str, int]]:
    """In how many of these articles (of the chat, or of feeds) each figure and place is named."""
    rows = await scope.all(
        "select n.kind, n.name, count(*) as count from mentions m join names n on n.id = m.name_id"
        " where m.article_id = any(%(ids)s) and m.of_id is null and n.kind = any(%(kinds)s)"
        " and n.chat_id in (%(chat)s, %(common)s) group by n.kind, n.name",
        ids=list(article_ids),
        kinds=list(_KINDS),
        common=COMMON,
    )
    found: dict[NameKind, dict[str, int]] = {kind: {} for kind in _KINDS}
    for row in rows:
        counts = found[row["kind"]]
        counts[row["name"]] = counts.get(row["name"], 0) + row["count"]
    return found


_OWN: LiteralString = (
    "e.chat_id = %(reader)s and exists"
    " (select from shares s where s.article_id = e.article_id and not s.imported and s.state <> 'removed')"
)
_FROM_FEEDS: LiteralString = (
    "exists (select from items i join sources s on s.feed_id = i.feed_id where i.article_id = e.article_id"
    " and s.chat_id = %(reader)s and i.found_at > s.since)"
    " and e.at > c.created_at - %(old)s"
    " and not exists (select from article_keys k join article_keys o on o.key = k.key and o.chat_id = %(reader)s"
    " where k.article_id = e.article_id)"
)


async def judge(
    scope: Scope, topic: Topic, stretch: Stretch, *, common: bool, least: float | None = None
) -> list[Judged]:
    """What may belong to a topic: of the chat itself, or of the feeds that it draws on.

    `least` is the likeness from which on articles are judged that have no term in common with it.
    """
    place = scope.transaction.scope(COMMON) if common else scope
    query = parse(topic.query)
    question = await search.ask(place, query, stretch.zone)
    asked = condition(question.query, question.known, place.chat_id, question.today, stretch.zone)
    whose = _FROM_FEEDS if common else _OWN
    values = {"reader": scope.chat_id, "first": stretch.first, "last": stretch.last, "old": _OLD, **asked.values}
    if words := plain_words(query):
        signs = _signs(words, topic, place.chat_id)
        if least is not None:
            signs |= {"least": least}
        # Words lie apart from their rows: of many articles they are fetched only for what the index or the vector lets
        # through. The index knows the whole archive: for a few articles it isn't asked.
        rows = await place.all(
            f"with came as materialized (select a.id, a.created_at, {_LIKENESS} as likeness from articles a"
            f" where {_CAME}), many as materialized (select count(*) > %(few)s as are from came),"
            " related as materialized (select e.article_id from entries e where (select are from many)"
            " and e.chat_id = %(chat)s and e.words @@ %(any)s::tsquery), c as materialized (select * from came"
            " where not (select are from many) or likeness >= %(least)s or id in (select article_id from related))"
            f" select e.article_id, e.tone, c.created_at, ({asked.sql}) as by_letter, c.likeness, {_COUNTS}"
            f" from c join entries e on e.article_id = c.id, {_UNPACKED} where {whose}",
            **signs,
            **values,
        )
        return [Judged(_match(row), _signs_of(row)) for row in rows]
    rows = await place.all(
        f"with c as materialized (select a.id, a.created_at from articles a where {_CAME})"
        " select e.article_id, e.tone, c.created_at, true as by_letter from c join entries e on e.article_id = c.id"
        f" where ({asked.sql}) and {whose}",
        **values,
    )
    return [Judged(_match(row), None) for row in rows]


_CAME: LiteralString = "a.chat_id = %(chat)s and a.created_at > %(first)s and a.created_at <= %(last)s"
_LIKENESS: LiteralString = (
    "case when a.model = %(model)s and a.vector is not null"
    " then 1 - ((l2_normalize(a.vector) - %(centre)s::vector) <=> %(vector)s::vector) else 0 end"
)
# Words are unpacked once, not again for each term.
_UNPACKED: LiteralString = (
    "lateral (select e.words || ''::tsvector as words, e.head || ''::tsvector as head offset 0) d"
)
_COUNTS: LiteralString = (
    "(select count(*) from unnest(%(titled)s::text[]::tsquery[]) t where d.head @@ t) as titled,"
    " (select count(*) from unnest(%(strong)s::text[]::tsquery[]) t where d.words @@ t) as strong,"
    " (select count(*) from unnest(%(weak)s::text[]::tsquery[]) t where d.words @@ t) as weak,"
    " coalesce(d.words @@ %(required)s::tsquery, true) as complete"
)


def _signs(words: str, topic: Topic, chat_id: int) -> dict[str, Any]:
    """The values by which the signs of a topic of plain words are found."""
    terms = meaning.terms_of(words)
    in_title = [*((one, True) for one in terms.names), *((one, False) for one in terms.strong)]
    return {
        "titled": [title_query(one, any_form=any_form) for one, any_form in in_title],
        "strong": [term_query(one) for one in terms.strong],
        "weak": [term_query(one) for one in terms.weak],
        "required": " & ".join(f"({' | '.join(map(named_query, some))})" for some in terms.required) or None,
        # Whatever may stand in a title or a text. Other forms of a title's words are in the index if the text has them.
        "any": in_chat(chat_id, " | ".join(text_query(one, any_form=any_form) for one, any_form in in_title)),
        "model": topic.model if topic.vector else None,
        "centre": _vector(meaning.centre()),
        "vector": _vector(topic.vector or meaning.centre()),
        "few": _FEW,
        "least": meaning.weights().least_likeness,
    }


def _vector(values: Sequence[float]) -> str:
    return f"[{','.join(map(str, values))}]"


def _match(row: Row) -> Match:
    return Match(row["article_id"], row["tone"], row["created_at"], not row["by_letter"])


def _signs_of(row: Row) -> meaning.Signs:
    return meaning.Signs(row["likeness"], row["titled"], row["strong"], row["weak"], row["complete"])


def _annotation(row: dict[str, Any]) -> Annotation:
    annotation = annotation_from_json(row["annotation"])
    return replace(annotation, vector=tuple(row["vector"])) if row["vector"] else annotation

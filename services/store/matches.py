"""A topic goes in; the articles that belong to it come out: the chat's own, and those of the feeds it draws on.

An article belongs to a topic when the topic's query finds it, or, for a topic of plain words, when it means much the
same to the model. It counts by when it came, so that none is missed for having been published a little earlier; what is
much older by its own date came from an archive and is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, LiteralString

from services.models import Annotation, NameKind, ToneLabel, Topic
from services.query import parse
from services.schema import annotation_from_json
from services.store import search
from services.store.conditions import condition
from services.store.feeds import COMMON
from services.store.scope import Scope

MEANS_THE_SAME = 0.45
"""Cosine of a topic's words and an article from which the article belongs to the topic (`bench.topics`)."""
_OLD = timedelta(days=4)
_KINDS: tuple[NameKind, ...] = ("figure", "place")


@dataclass(frozen=True, slots=True)
class Match:
    """An article that belongs to a topic: `at` is when it came, `by_meaning` that no word of the topic found it."""

    article_id: int
    tone: ToneLabel
    at: datetime
    by_meaning: bool


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
    own = await _find(scope, topic, stretch, common=False)
    common = await _find(scope, topic, stretch, common=True)
    return sorted([*own, *common], key=lambda one: (one.at, one.article_id), reverse=True)[: stretch.limit]


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


_OWN: LiteralString = "e.chat_id = %(reader)s"
_FROM_FEEDS: LiteralString = (
    "exists (select from items i join sources s on s.feed_id = i.feed_id where i.article_id = e.article_id"
    " and s.chat_id = %(reader)s and i.found_at > s.since)"
    " and not exists (select from article_keys k join article_keys o on o.key = k.key and o.chat_id = %(reader)s"
    " where k.article_id = e.article_id)"
)


async def _find(scope: Scope, topic: Topic, stretch: Stretch, *, common: bool) -> list[Match]:
    place = scope.transaction.scope(COMMON) if common else scope
    question = await search.ask(place, parse(topic.query), stretch.zone)
    asked = condition(question.query, question.known, place.chat_id, question.today, stretch.zone)
    meaning: LiteralString = (
        "case when a.model = %(model)s and a.vector is not null"
        " then 1 - (a.vector <=> %(vector)s::vector) >= %(threshold)s else false end"
        if topic.vector
        else "false"
    )
    values: dict[str, Any] = {}
    if topic.vector:
        values = {
            "model": topic.model,
            "vector": f"[{','.join(map(str, topic.vector))}]",
            "threshold": MEANS_THE_SAME,
        }
    rows = await place.all(
        "with came as materialized (select a.id, a.created_at, a.model, a.vector from articles a"
        " where a.chat_id = %(chat)s and a.created_at > %(first)s and a.created_at <= %(last)s)"
        f", judged as (select e.article_id, e.tone, a.created_at, ({asked.sql}) as by_letter, {meaning} as by_meaning"
        " from came a join entries e on e.article_id = a.id"
        f" where e.at > %(oldest)s and {_FROM_FEEDS if common else _OWN})"
        " select * from judged where by_letter or by_meaning order by created_at desc, article_id desc limit %(limit)s",
        reader=scope.chat_id,
        first=stretch.first,
        last=stretch.last,
        oldest=stretch.first - _OLD,
        limit=stretch.limit,
        **values,
        **asked.values,
    )
    return [Match(row["article_id"], row["tone"], row["created_at"], not row["by_letter"]) for row in rows]


def _annotation(row: dict[str, Any]) -> Annotation:
    annotation = annotation_from_json(row["annotation"])
    return replace(annotation, vector=tuple(row["vector"])) if row["vector"] else annotation

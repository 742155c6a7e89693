"""A topic goes in; what it found in the last days comes out, as the archive and the chat's feeds have it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta, tzinfo

from handlers.topics import PREVIEW_DAYS, Preview
from services.digest import Item, count_tones
from services.models import Topic
from services.store import Scope, matches
from services.store.matches import Match, Stretch

_NEWEST, _MOST = 3, 2_000
_PATIENCE = 3.0


async def preview_of(scope: Scope, topic: Topic, zone: tzinfo) -> Preview:
    """What a topic finds in the last days."""
    found = await lately(scope, topic, zone)
    return Preview(
        counts=count_tones([one.tone for one in found]),
        by_meaning=sum(one.by_meaning for one in found),
        newest=await items_of(scope, found[:_NEWEST]),
    )


async def lately(scope: Scope, topic: Topic, zone: tzinfo) -> list[Match]:
    """The articles of the last days that belong to a topic, the newest first."""
    first = scope.now - timedelta(days=PREVIEW_DAYS)
    return await matches.find(scope, topic, Stretch(first, scope.now, zone, _MOST))


async def counts(scope: Scope, known: Sequence[Topic], zone: tzinfo) -> list[int | None]:
    """How many articles of the last days belong to each topic; None for those left when that took too long.

    Somebody waits, and others behind them: some topics over tens of thousands of articles take half a second each.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + _PATIENCE
    return [len(await lately(scope, topic, zone)) if clock() < ends else None for topic in known]


async def items_of(scope: Scope, found: Sequence[Match]) -> list[Item]:
    """Matches as articles in whole."""
    by_id = {one.article_id: one for one in found}
    loaded = await matches.load(scope, list(by_id))
    return [Item(one.article_id, one.annotation, one.at, by_id[one.article_id].by_meaning) for one in loaded]

"""`/ekspor`: a member asks for articles as a file; the errand that makes it is begun."""

from __future__ import annotations

from typing import get_args

from handlers.context import Turn, plain_card
from handlers.incoming import Incoming
from handlers.recall import asked_text, nothing_found, understood
from services.export import ExportKind
from services.store import errands, search

_KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
_MOST_UNDER_WAY = 2


async def on_export_command(turn: Turn, incoming: Incoming) -> None:
    """`/ekspor csv|xlsx|json QUERY`: without a kind xlsx, without a query everything."""
    first, _, rest = asked_text(incoming).partition(" ")
    kind = next((kind for kind in _KINDS if kind == first.lower()), None)
    if kind is None and not first:
        await turn.tell(turn.words("export.usage"))
        return
    asked = await understood(turn, rest if kind else asked_text(incoming))
    if asked is None:
        return
    count = (await search.counts(turn.scope, asked.question)).total
    if not count:
        await nothing_found(turn, asked, "search")
    elif await errands.under_way(turn.scope, "export") >= _MOST_UNDER_WAY:
        await turn.tell(turn.words("errand.under_way"))
    else:
        begun = turn.words("export.begun", count=turn.words.whole(count))
        message = await turn.say(plain_card(begun))
        await errands.add(
            turn.scope, "export", {"kind": kind or "xlsx", "query": asked.text},
            member_id=turn.member.id if turn.member else None, message_id=turn.message_id, thread_id=turn.thread_id,
            outbox_id=message,
        )  # fmt: skip

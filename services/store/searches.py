"""A query that somebody asked goes in; it comes out when a button asks for its next page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.store.scope import Scope, Transaction

_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked: by which command, in which words."""

    id: int
    kind: str
    query: str


async def keep(scope: Scope, kind: str, query: str) -> Search:
    """Remember a query, so that its pages can be turned."""
    row = await scope.only(
        "insert into searches (chat_id, kind, query, created_at) values (%(chat)s, %(kind)s, %(asked)s, %(now)s)"
        " returning id",
        kind=kind,
        asked=query,
    )
    return Search(row["id"], kind, query)


async def get(scope: Scope, search_id: int) -> Search | None:
    """A query of the chat, if it is still remembered."""
    row = await scope.one("select * from searches where chat_id = %(chat)s and id = %(id)s", id=search_id)
    return Search(row["id"], row["kind"], row["query"]) if row else None


async def clear(transaction: Transaction) -> None:
    """Forget queries whose pages nobody will turn any more."""
    await transaction.run("delete from searches where created_at < %(now)s - %(kept)s", kept=_KEPT)

"""A chat and a condition go in; its articles come out one by one, with who shared them, for a file.

Runs in a process of its own, beside no event loop, and never holds more than some hundred articles at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg.rows import dict_row

from services.export import ExportRow
from services.store.conditions import Condition

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles of a chat that files are made of: `count` of them, from `offset` on at most `limit`.

    `address` is what the addresses of the chat's messages begin with.
    """

    chat_id: int
    condition: Condition
    address: str | None
    count: int
    offset: int = 0
    limit: int | None = None


def export_rows(conninfo: str, selection: Selection) -> Iterator[ExportRow]:
    """The selected articles, the oldest first."""
    with psycopg.connect(conninfo) as connection, connection.cursor("export", row_factory=dict_row) as cursor:
        cursor.itersize = _AT_A_TIME
        cursor.execute(
            "select a.id, a.annotation, a.created_at, s.names, s.shared_at, s.message_id from entries e"
            " join articles a on a.id = e.article_id left join lateral (select array_agg(distinct s.sharer_name) filter"
            " (where s.sharer_name is not null) as names, min(s.shared_at) as shared_at,"
            " (array_agg(s.message_id order by s.shared_at, s.id))[1] as message_id from shares s"
            " where s.article_id = a.id and s.state in ('done', 'held')) s on true"
            f" where e.chat_id = %(chat)s and ({selection.condition.sql}) order by e.at, e.article_id"
            " offset %(offset)s limit %(limit)s",
            {
                "chat": selection.chat_id,
                "offset": selection.offset,
                "limit": selection.limit,
                **selection.condition.values,
            },
        )
        for row in cursor:
            message = f"{selection.address}{row['message_id']}" if selection.address and row["message_id"] else None
            yield ExportRow(
                annotation=row["annotation"],
                archived_at=row["created_at"],
                shared_by=tuple(row["names"] or ()),
                shared_at=row["shared_at"],
                message=message,
                card=row["id"],
            )

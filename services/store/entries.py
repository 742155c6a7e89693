"""What articles are found by goes in; names and articles of one chat come out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import LiteralString

from services.indexing import Entry, Named
from services.models import NameKind
from services.store.scope import Scope, Transaction


def chat_word(chat_id: int) -> str:
    """The word that stands for a chat in the index of words."""
    return f"@{chat_id}"


async def enter(scope: Scope, entries: Mapping[int, Entry]) -> None:
    """Let articles (by their numbers) be found by these entries, and by nothing else any more."""
    ids = await _names(scope, entries.values())
    await leave(scope, list(entries))
    for article_id, entry in entries.items():
        await scope.run(
            "insert into entries (article_id, chat_id, at, tone, media, words, head) values (%(id)s, %(chat)s, %(at)s,"
            " %(tone)s, %(media)s, array_to_tsvector(%(words)s::text[]), %(head)s::tsvector)",
            id=article_id,
            at=entry.at,
            tone=entry.tone,
            media=entry.media,
            words=[chat_word(scope.chat_id), *entry.words],
            head=entry.head,
        )
        await _mention(scope, article_id, entry.names, ids)
        if entry.amounts:
            await scope.run(
                "insert into amounts (article_id, chat_id, value, unit)"
                " select %(id)s, %(chat)s, * from unnest(%(values)s::float8[], %(units)s::text[])",
                id=article_id,
                values=[value for value, _ in entry.amounts],
                units=[unit for _, unit in entry.amounts],
            )


async def leave(scope: Scope, article_ids: Sequence[int]) -> None:
    """Let articles not be found any more. Their names are forgotten by `forget_unused_names`."""
    await scope.run("delete from entries where chat_id = %(chat)s and article_id = any(%(ids)s)", ids=article_ids)


async def forget_unused_names(transaction: Transaction) -> None:
    """Forget the names, of whichever chat, that no article has any more; first thing in a transaction of its own.

    Nobody may be about to mention one of them meanwhile, so it keeps the table to itself. No query shows such names.
    """
    await transaction.run("lock table names in share row exclusive mode")
    await transaction.run(
        "delete from names n where not exists (select from mentions m where m.name_id = n.id)"
        " and not exists (select from mentions m where m.of_id = n.id)"
    )


_MOVES: tuple[LiteralString, ...] = (
    (
        "insert into names (chat_id, kind, key, name, main) select %(new)s, kind, key, name, main from names"
        " where chat_id = %(old)s order by kind, key on conflict (chat_id, kind, key)"
        " do update set main = true where excluded.main and not names.main"
    ),
    (
        "update mentions m set name_id = b.id from names a join names b on (a.kind, a.key) = (b.kind, b.key)"
        " where a.chat_id = %(old)s and b.chat_id = %(new)s and m.name_id = a.id"
    ),
    (
        "update mentions m set of_id = b.id from names a join names b on (a.kind, a.key) = (b.kind, b.key)"
        " where a.chat_id = %(old)s and b.chat_id = %(new)s and m.of_id = a.id"
    ),
    "delete from names where chat_id = %(old)s",
    "update amounts set chat_id = %(new)s where chat_id = %(old)s",
    "update entries set chat_id = %(new)s where chat_id = %(old)s",
)


async def move(transaction: Transaction, old: int, new: int) -> None:
    """What one chat's articles are found by becomes another's, which may know some of the names already."""
    for query in _MOVES:
        await transaction.run(query, old=old, new=new)
    await rename(transaction, old, new)


async def rename(transaction: Transaction, old: int, new: int) -> None:
    """A chat has another number: its articles are found by that."""
    await transaction.run(
        "update entries set words = ts_delete(words, %(was)s) || array_to_tsvector(array[%(word)s])"
        " where chat_id = %(chat)s and words @@ %(asked)s::tsquery",
        chat=new,
        was=chat_word(old),
        word=chat_word(new),
        asked=f"'{chat_word(old)}'",
    )


async def _names(scope: Scope, entries: Collection[Entry]) -> dict[tuple[NameKind, str], int]:
    """The numbers of all names and aliases, by kind and key; new ones are written, in one order everywhere."""
    told: dict[tuple[NameKind, str], str] = {}
    for named in (named for entry in entries for named in entry.names):
        told[named.kind, named.key] = named.name
        for alias in named.aliases:
            told.setdefault((named.kind, alias), alias)
    main = {(named.kind, named.key) for entry in entries for named in entry.names}
    keys = sorted(told)
    values = {
        "kinds": [kind for kind, _ in keys],
        "keys": [key for _, key in keys],
        "told": [told[key] for key in keys],
        "main": [key in main for key in keys],
    }
    await scope.run(
        "insert into names (chat_id, kind, key, name, main) select %(chat)s, * from"
        " unnest(%(kinds)s::text[], %(keys)s::text[], %(told)s::text[], %(main)s::boolean[])"
        " on conflict (chat_id, kind, key) do update set name = excluded.name, main = true"
        " where excluded.main and not names.main",
        **values,
    )
    rows = await scope.all(
        "select n.id, n.kind, n.key from unnest(%(kinds)s::text[], %(keys)s::text[]) as t (kind, key)"
        " join names n on (n.chat_id, n.kind, n.key) = (%(chat)s, t.kind, t.key)",
        **values,
    )
    return {(row["kind"], row["key"]): row["id"] for row in rows}


async def _mention(
    scope: Scope, article_id: int, names: Iterable[Named], ids: Mapping[tuple[NameKind, str], int]
) -> None:
    rows: dict[int, tuple[int, int | None, int, bool, str | None]] = {}
    for named in names:
        own = ids[named.kind, named.key]
        rows.setdefault(own, (own, None, named.mentions, named.main, named.role))
    for named in names:
        own = ids[named.kind, named.key]
        for alias in named.aliases:
            other = ids[named.kind, alias]
            rows.setdefault(other, (other, own, named.mentions, named.main, None))
    if rows:
        columns = list(zip(*rows.values(), strict=True))
        await scope.run(
            "insert into mentions (name_id, article_id, of_id, mentions, main, role)"
            " select t.name, e.article_id, t.of, t.mentions, t.main, t.role from entries e,"
            " unnest(%(names)s::bigint[], %(of)s::bigint[], %(mentions)s::int[], %(main)s::bool[], %(roles)s::text[])"
            " as t (name, of, mentions, main, role) where e.chat_id = %(chat)s and e.article_id = %(id)s",
            id=article_id,
            names=list(columns[0]),
            of=list(columns[1]),
            mentions=list(columns[2]),
            main=list(columns[3]),
            roles=list(columns[4]),
        )

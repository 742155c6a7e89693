"""Chats and their settings: rows in, `Team` values out."""

from __future__ import annotations

from typing import Literal, LiteralString

from services.models import ChatKind, Language, Team
from services.store import entries
from services.store.scope import Row, Scope, Transaction

Setting = Literal["language", "timezone", "mode", "managers", "sure_from", "ignored", "retention_days"]


async def meet(  # noqa: PLR0913 - what Telegram tells of a chat, and the defaults of a new one
    transaction: Transaction,
    chat_id: int,
    kind: ChatKind,
    title: str,
    username: str | None,
    *,
    language: Language,
    timezone: str,
    sure_from: float,
) -> tuple[Team, bool]:
    """The chat as it is known, its title and user name brought up to date; and whether it is a new one."""
    row = await transaction.only(
        "insert into chats (id, kind, title, username, language, timezone, sure_from, created_at)"
        " values (%(id)s, %(kind)s, %(title)s, %(username)s, %(language)s, %(timezone)s, %(sure_from)s, %(now)s)"
        " on conflict (id) do update set kind = excluded.kind, title = excluded.title, username = excluded.username"
        " returning *, (xmax = 0) as new",
        id=chat_id,
        kind=kind,
        title=title.replace("\x00", ""),
        username=username,
        language=language,
        timezone=timezone,
        sure_from=sure_from,
    )
    return team_of(row), row["new"]


async def find(transaction: Transaction, chat_id: int) -> Team | None:
    """A chat, if it is known."""
    row = await transaction.one("select * from chats where id = %(id)s", id=chat_id)
    return team_of(row) if row else None


async def get(transaction: Transaction, chat_id: int) -> Team:
    """A chat that is known."""
    return team_of(await transaction.only("select * from chats where id = %(id)s", id=chat_id))


async def waiting_for_approval(transaction: Transaction) -> list[Team]:
    """The chats about which no owner has said anything yet."""
    rows = await transaction.all("select * from chats where approved is null and active and kind <> 'private'")
    return [team_of(row) for row in rows]


async def approve(scope: Scope, *, approved: bool) -> None:
    """Keep an owner's word on a chat."""
    await scope.run("update chats set approved = %(approved)s where id = %(chat)s", approved=approved)


async def activate(scope: Scope, *, active: bool) -> None:
    """Keep whether the bot can write in a chat; where it can't, nothing waits to be sent."""
    await scope.run("update chats set active = %(active)s where id = %(chat)s", active=active)
    if not active:
        await scope.run(
            "update outbox set state = 'cancelled', payload = '{}'"
            " where chat_id = %(chat)s and state in ('waiting', 'pending')"
        )


async def change(scope: Scope, setting: Setting, value: object) -> None:
    """Change one setting."""
    queries = {
        "language": "update chats set language = %(value)s where id = %(chat)s",
        "timezone": "update chats set timezone = %(value)s where id = %(chat)s",
        "mode": "update chats set mode = %(value)s where id = %(chat)s",
        "managers": "update chats set managers = %(value)s where id = %(chat)s",
        "sure_from": "update chats set sure_from = %(value)s where id = %(chat)s",
        "ignored": "update chats set ignored = %(value)s where id = %(chat)s",
        "retention_days": "update chats set retention_days = %(value)s where id = %(chat)s",
    }
    await scope.run(queries[setting], value=value)


_MOVES: tuple[LiteralString, ...] = (
    "update corrections set chat_id = %(new)s where chat_id = %(old)s",
    "update searches set chat_id = %(new)s where chat_id = %(old)s",
    "update questions set chat_id = %(new)s where chat_id = %(old)s",
    "update files set chat_id = %(new)s where chat_id = %(old)s",
    "update errands set chat_id = %(new)s where chat_id = %(old)s",
    "update topics set chat_id = %(new)s where chat_id = %(old)s",
    "update followers set chat_id = %(new)s where chat_id = %(old)s",
    "update told set chat_id = %(new)s where chat_id = %(old)s",
    "delete from digests d using digests o where d.chat_id = %(new)s and o.chat_id = %(old)s",
    "update digests set chat_id = %(new)s where chat_id = %(old)s",
    "delete from sources s using sources o where s.chat_id = %(new)s and o.chat_id = %(old)s and o.feed_id = s.feed_id",
    "update sources set chat_id = %(new)s where chat_id = %(old)s",
)


async def move(transaction: Transaction, old: int, new: int) -> None:
    """A group became a supergroup: all that it has moves to the new id, also where that was met already."""
    if await find(transaction, old) is None:
        return
    if await find(transaction, new) is None:
        await transaction.run("update chats set id = %(new)s, kind = 'supergroup' where id = %(old)s", old=old, new=new)
        await entries.rename(transaction, old, new)
        return
    # The new id's settings are the defaults of a minute ago; the old ones were chosen.
    await transaction.run(
        "update chats set (approved, language, timezone, mode, managers, sure_from, ignored, retention_days) ="
        " (select approved, language, timezone, mode, managers, sure_from, ignored, retention_days"
        " from chats where id = %(old)s) where id = %(new)s",
        old=old,
        new=new,
    )
    await transaction.run(
        "delete from article_keys a using article_keys b where a.chat_id = %(old)s and b.chat_id = %(new)s"
        " and a.key = b.key",
        old=old,
        new=new,
    )
    await transaction.run("update articles set chat_id = %(new)s where chat_id = %(old)s", old=old, new=new)
    await transaction.run("update article_keys set chat_id = %(new)s where chat_id = %(old)s", old=old, new=new)
    await transaction.run("update shares set chat_id = %(new)s where chat_id = %(old)s", old=old, new=new)
    await transaction.run("update outbox set chat_id = %(new)s where chat_id = %(old)s", old=old, new=new)
    await entries.move(transaction, old, new)
    for query in _MOVES:
        await transaction.run(query, old=old, new=new)
    await transaction.run("delete from chats where id = %(old)s", old=old)


async def forget_content(scope: Scope) -> None:
    """Forget all that a chat ever shared or followed; it stays with its settings and whether it may use the bot."""
    await scope.run("delete from topics where chat_id = %(chat)s")
    await scope.run("delete from sources where chat_id = %(chat)s")
    await scope.run("delete from outbox where chat_id = %(chat)s")
    await scope.run("delete from shares where chat_id = %(chat)s")
    await scope.run("delete from articles where chat_id = %(chat)s")
    await scope.run("delete from names where chat_id = %(chat)s")
    await scope.run("delete from searches where chat_id = %(chat)s")
    await scope.run("delete from files where chat_id = %(chat)s")
    await scope.run("delete from errands where chat_id = %(chat)s")
    await scope.run("delete from inbox where chat_id = %(chat)s and state <> 'new'")


def team_of(row: Row) -> Team:
    """A chat from its row."""
    return Team(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        username=row["username"],
        approved=row["approved"],
        active=row["active"],
        language=row["language"],
        timezone=row["timezone"],
        mode=row["mode"],
        managers=row["managers"],
        sure_from=row["sure_from"],
        ignored=tuple(row["ignored"]),
        retention_days=row["retention_days"],
    )

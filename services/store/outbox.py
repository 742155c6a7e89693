"""Messages to Telegram go in as rows of the transaction that wants them; the sender takes them out, one a chat.

    waiting ──fill──▶ pending ──take──▶ sending ──▶ sent | failed | ambiguous
       └──────drop──▶ cancelled            └──▶ pending (surely not arrived)

`card` rows keep the order in which articles were shared, whichever was read first; `reply`, `edit` and `delete` rows go
before them: somebody waits for an answer. Nothing in `sending` is ever sent again unless sending it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.types.json import Jsonb

from services.models import Share
from services.store.scope import Row, Scope, Transaction

Role = Literal["card", "reply", "edit", "delete"]
Payload = Mapping[str, Any]
"""The parameters of the Bot API's method but for chat and message."""

PATIENCE = timedelta(seconds=8)
"""How long a finished card waits for those shared before it."""
_HARMLESS_TWICE: tuple[Role, ...] = ("edit", "delete")
_FOLLOWING = "card", "reply"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row that may be sent now. `message_id` is the message to be edited or deleted."""

    id: int
    chat_id: int
    role: Role
    late: bool
    message_id: int | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message of ours in a chat, or one that is on its way there."""

    id: int
    share_id: int | None
    state: str
    message_id: int | None
    sent_at: datetime | None


# What the work wants to tell


async def reserve(scope: Scope, share: Share) -> None:
    """Keep the place of a share's card."""
    rank = -int(share.shared_at.timestamp()) if share.late else 0
    await scope.run(
        "insert into outbox (chat_id, share_id, role, state, lane, rank, created_at) values"
        " (%(chat)s, %(share)s, 'card', 'waiting', %(lane)s, %(rank)s, %(now)s)",
        share=share.id,
        lane=int(share.late),
        rank=rank,
    )


async def fill(scope: Scope, share_id: int, payload: Payload) -> bool:
    """Give a share's place its message; false where no place is kept (it was answered, or nobody wants an answer)."""
    return bool(
        await scope.run(
            "update outbox set state = 'pending', payload = %(payload)s, ready_at = %(now)s"
            " where chat_id = %(chat)s and share_id = %(share)s and role = 'card' and state = 'waiting'",
            share=share_id,
            payload=Jsonb(payload),
        )
    )


async def drop(scope: Scope, share_id: int) -> None:
    """Give up what was not yet sent about a share."""
    await scope.run(
        "update outbox set state = 'cancelled', payload = '{}'"
        " where chat_id = %(chat)s and share_id = %(share)s and role in ('card', 'reply')"
        " and state in ('waiting', 'pending')",
        share=share_id,
    )


async def say(scope: Scope, payload: Payload, share_id: int | None = None, *, article_id: int | None = None) -> int:
    """Send a message as soon as the limits allow; it may be about a share, or about an article of the archive."""
    row = await scope.only(
        "insert into outbox (chat_id, share_id, article_id, role, state, payload, ready_at, created_at) values"
        " (%(chat)s, %(share)s, %(article)s, 'reply', 'pending', %(payload)s, %(now)s, %(now)s) returning id",
        share=share_id,
        article=article_id,
        payload=Jsonb(payload),
    )
    return int(row["id"])


async def edit(scope: Scope, target: int, payload: Payload) -> None:
    """Change a message of ours; one that is not sent yet goes out as changed."""
    changed = await scope.run(
        "update outbox set payload = payload || %(payload)s"
        " where chat_id = %(chat)s and id = %(target)s and state = 'pending'",
        target=target,
        payload=Jsonb(payload),
    )
    if not changed:
        await scope.run(
            "update outbox set state = 'cancelled', payload = '{}' where chat_id = %(chat)s and target = %(target)s"
            " and role = 'edit' and state = 'pending'",
            target=target,
        )
        await _follow(scope, target, "edit", payload)


async def delete(scope: Scope, target: int, remainder: Payload) -> None:
    """Take a message of ours back; where that is no longer possible, `remainder` takes its place."""
    taken = await scope.run(
        "update outbox set state = 'cancelled', payload = '{}'"
        " where chat_id = %(chat)s and id = %(target)s and state in ('waiting', 'pending')",
        target=target,
    )
    if not taken:
        await _follow(scope, target, "delete", remainder)


async def _follow(scope: Scope, target: int, role: Role, payload: Payload) -> None:
    await scope.run(
        "insert into outbox (chat_id, share_id, role, state, target, payload, ready_at, created_at)"
        " select chat_id, share_id, %(role)s, 'pending', id, %(payload)s, %(now)s, %(now)s from outbox"
        " where chat_id = %(chat)s and id = %(target)s and state in ('sending', 'sent')",
        target=target,
        role=role,
        payload=Jsonb(payload),
    )


async def hand_over(scope: Scope, share_id: int, new_share_id: int) -> None:
    """Let the message of one share become that of another."""
    await scope.run(
        "update outbox set share_id = %(new)s where chat_id = %(chat)s and share_id = %(old)s"
        " and role in ('card', 'reply')",
        old=share_id,
        new=new_share_id,
    )


async def of_share(scope: Scope, share_id: int) -> Message | None:
    """The message in which a share was last answered, if it is still there or on its way."""
    row = await scope.one(
        "select o.* from outbox o where o.chat_id = %(chat)s and o.share_id = %(share)s and o.role in ('card', 'reply')"
        " and o.state in ('pending', 'sending', 'sent') and not exists (select from outbox d where d.target = o.id"
        " and d.role = 'delete' and d.state <> 'cancelled') order by o.id desc limit 1",
        share=share_id,
    )
    return _message(row) if row else None


async def of_message(scope: Scope, message_id: int) -> Message | None:
    """What a message of ours in the chat was about."""
    row = await scope.one(
        "select * from outbox where chat_id = %(chat)s and message_id = %(message)s and role in ('card', 'reply')"
        " order by id desc limit 1",
        message=message_id,
    )
    return _message(row) if row else None


async def cards_of(scope: Scope, article_id: int, limit: int) -> list[tuple[Message, bool]]:
    """The latest messages that show an article's whole card, and whether that answers a share."""
    rows = await scope.all(
        "select o.*, o.share_id is not null as answers from outbox o left join shares s on s.id = o.share_id"
        " where o.chat_id = %(chat)s and (o.article_id = %(article)s or s.article_id = %(article)s and (s.asked"
        " or s.id = (select min(f.id) from shares f where f.article_id = s.article_id and f.state = 'done')))"
        " and o.role in ('card', 'reply') and o.state in ('pending', 'sending', 'sent')"
        " and not exists (select from outbox d where d.target = o.id and d.role = 'delete' and d.state <> 'cancelled')"
        " order by o.id desc limit %(limit)s",
        article=article_id,
        limit=limit,
    )
    return [(_message(row), row["answers"]) for row in rows]


async def waiting(scope: Scope) -> int:
    """How many messages the chat still has to get."""
    row = await scope.only(
        "select count(*) as count from outbox where chat_id = %(chat)s and state in ('waiting', 'pending', 'sending')"
    )
    return int(row["count"])


# What the sender does with it


async def due(transaction: Transaction, busy: Collection[int]) -> list[Outgoing]:
    """The next row of each chat that is not `busy`: its turn has come and nothing holds it back."""
    rows = await transaction.all(
        "select distinct on (o.chat_id) o.*, t.message_id as target_message from outbox o"
        " join chats c on c.id = o.chat_id left join outbox t on t.id = o.target"
        " where o.state = 'pending' and not o.chat_id = any(%(busy)s::bigint[])"
        " and (o.not_before is null or o.not_before <= %(now)s) and (c.held_until is null or c.held_until <= %(now)s)"
        " and (o.target is null or t.state = 'sent')"
        " and not (o.role = 'card' and o.lane = 0 and o.ready_at > %(now)s - %(patience)s and exists"
        " (select from outbox w where w.chat_id = o.chat_id and w.state = 'waiting' and w.lane = 0 and w.id < o.id))"
        " order by o.chat_id, o.lane, o.role = 'card', o.rank, o.id",
        busy=list(busy),
        patience=PATIENCE,
    )
    return [_outgoing(row) for row in rows]


async def open_rows(transaction: Transaction) -> int:
    """How many rows are not settled."""
    row = await transaction.only(
        "select count(*) as count from outbox where state in ('waiting', 'pending', 'sending')"
    )
    return int(row["count"])


async def take(transaction: Transaction, row: Outgoing) -> Payload | None:
    """Mark a row as being sent; gives what it is to say by now, or None where it is not to be sent any more."""
    taken = await transaction.one(
        "update outbox set state = 'sending', attempts = attempts + 1, sent_at = %(now)s"
        " where id = %(id)s and chat_id = %(chat)s and state = 'pending' returning payload",
        id=row.id,
        chat=row.chat_id,
    )
    return taken["payload"] if taken else None


async def sent(transaction: Transaction, row: Outgoing, message_id: int | None) -> None:
    """Telegram has it. What it said is kept no longer, where it stands is."""
    await transaction.run(
        "update outbox set state = 'sent', payload = '{}', message_id = %(message)s, sent_at = %(now)s, error = null"
        " where id = %(id)s",
        id=row.id,
        message=message_id if row.role in _FOLLOWING else None,
    )


async def postpone(transaction: Transaction, row: Outgoing, until: datetime, error: str) -> None:
    """It did surely not arrive, and may at another time."""
    await transaction.run(
        "update outbox set state = 'pending', not_before = %(until)s, error = %(error)s where id = %(id)s",
        id=row.id,
        until=until,
        error=error,
    )


async def hold(transaction: Transaction, chat_id: int, until: datetime) -> None:
    """Telegram wants nothing for a chat until then."""
    await transaction.run("update chats set held_until = %(until)s where id = %(chat)s", chat=chat_id, until=until)


async def give_up(transaction: Transaction, row: Outgoing, state: Literal["failed", "ambiguous"], error: str) -> None:
    """It will not be sent (again), and what was to follow it neither."""
    await transaction.run(
        "update outbox set state = %(state)s, error = %(error)s, payload = '{}' where id = %(id)s",
        id=row.id,
        state=state,
        error=error,
    )
    await transaction.run(
        "update outbox set state = 'cancelled', payload = '{}' where target = %(id)s and state = 'pending'", id=row.id
    )


async def instead(transaction: Transaction, row: Outgoing, role: Role, payload: Payload) -> None:
    """Try the same in another way."""
    await transaction.run(
        "update outbox set state = 'pending', role = %(role)s, payload = %(payload)s where id = %(id)s",
        id=row.id,
        role=role,
        payload=Jsonb(payload),
    )


async def release(transaction: Transaction, chat_id: int) -> None:
    """What was postponed in a chat may be tried again now."""
    await transaction.run(
        "update outbox set not_before = null where chat_id = %(chat)s and state = 'pending' and not_before is not null",
        chat=chat_id,
    )


async def recover(transaction: Transaction) -> int:
    """After a crash: what was being sent may have arrived. Gives how many of those can't be sent again."""
    await transaction.run(
        "update outbox set state = 'pending' where state = 'sending' and role = any(%(roles)s)",
        roles=list(_HARMLESS_TWICE),
    )
    lost = await transaction.all(
        "update outbox set state = 'ambiguous', error = 'interrupted', payload = '{}'"
        " where state = 'sending' returning id"
    )
    await transaction.run(
        "update outbox set state = 'cancelled', payload = '{}' where state = 'pending' and target = any(%(ids)s)",
        ids=[row["id"] for row in lost],
    )
    return len(lost)


async def recent(transaction: Transaction, since: datetime) -> list[tuple[int, datetime]]:
    """To which chats something was sent since then, and when."""
    rows = await transaction.all(
        "select chat_id, sent_at from outbox where sent_at >= %(since)s order by sent_at", since=since
    )
    return [(row["chat_id"], row["sent_at"]) for row in rows]


async def ambiguous(transaction: Transaction) -> list[Row]:
    """What may or may not have arrived: row, chat, share, moment, and why."""
    return await transaction.all(
        "select id, chat_id, share_id, sent_at, error from outbox where state = 'ambiguous' order by id"
    )


async def clear(transaction: Transaction, days: int) -> None:
    """Forget settled rows after some days, but for those that a member may still want edited or removed."""
    await transaction.run(
        "delete from outbox where state in ('sent', 'failed', 'cancelled', 'ambiguous') and"
        " created_at < %(now)s - make_interval(days => %(days)s) and (share_id is null or role in ('edit', 'delete'))",
        days=days,
    )


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(
        id=row["id"],
        chat_id=row["chat_id"],
        role=row["role"],
        late=row["lane"] > 0,
        message_id=row["target_message"],
        attempts=row["attempts"],
        created_at=row["created_at"],
    )


def _message(row: Row) -> Message:
    return Message(row["id"], row["share_id"], row["state"], row["message_id"], row["sent_at"])

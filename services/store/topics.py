"""What a chat follows goes in; it comes out as `Topic` values, with who follows it privately."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.models import Topic
from services.store.scope import Row, Scope, Transaction

Change = Literal["name", "paused"]
# Somebody waits to hear what a new topic would have found.
_PRIORITY = 900_000


async def add(scope: Scope, name: str, query: str, member_id: int | None) -> Topic:
    """Follow something."""
    row = await scope.only(
        "insert into topics (chat_id, name, query, member_id, created_at)"
        " values (%(chat)s, %(name)s, %(asked)s, %(member)s, %(now)s) returning *",
        name=name,
        asked=query,
        member=member_id,
    )
    return _topic(row)


async def have_learnt(scope: Scope, topic_id: int, outbox_id: int) -> None:
    """Have a topic's meaning found out, and what it would have found told in a message of ours."""
    await scope.run(
        "update topics set outbox_id = %(outbox)s where chat_id = %(chat)s and id = %(id)s",
        id=topic_id,
        outbox=outbox_id,
    )
    await scope.transaction.put("learn_topic", topic_id, _PRIORITY)


async def to_learn(transaction: Transaction, topic_id: int) -> tuple[Topic, int | None] | None:
    """A topic by its number, for a job that knows nothing else; and the message of ours that waits for it."""
    row = await transaction.one("select * from topics where id = %(id)s", id=topic_id)
    return (_topic(row), row["outbox_id"]) if row else None


async def learnt(scope: Scope, topic_id: int, vector: Sequence[float], model: str) -> None:
    """Keep what a topic means to a model; nothing, where it is no topic of plain words."""
    await scope.run(
        "update topics set vector = %(vector)s::vector, model = %(model)s where chat_id = %(chat)s and id = %(id)s",
        id=topic_id,
        vector=f"[{','.join(map(str, vector))}]" if vector else None,
        model=model,
    )


async def told(scope: Scope, topic_id: int) -> None:
    """Nobody waits to hear of it any more."""
    await scope.run("update topics set outbox_id = null where chat_id = %(chat)s and id = %(id)s", id=topic_id)


async def get(scope: Scope, topic_id: int) -> Topic | None:
    """A topic of the chat."""
    row = await scope.one("select * from topics where chat_id = %(chat)s and id = %(id)s", id=topic_id)
    return _topic(row) if row else None


async def of_chat(scope: Scope) -> list[Topic]:
    """The chat's topics, the oldest first."""
    return [_topic(row) for row in await scope.all("select * from topics where chat_id = %(chat)s order by id")]


async def change(scope: Scope, topic_id: int, what: Change, value: object) -> None:
    """Rename a topic, pause it or go on."""
    queries = {
        "name": "update topics set name = %(value)s where chat_id = %(chat)s and id = %(id)s",
        "paused": "update topics set paused = %(value)s where chat_id = %(chat)s and id = %(id)s",
    }
    await scope.run(queries[what], id=topic_id, value=value)


async def remove(scope: Scope, topic_id: int) -> bool:
    """Follow something no more; false where nobody did."""
    return bool(await scope.run("delete from topics where chat_id = %(chat)s and id = %(id)s", id=topic_id))


async def meant_for(transaction: Transaction, model: str, limit: int) -> list[int]:
    """Topics whose meaning is known to another model only, or to none."""
    rows = await transaction.all(
        "select id from topics where model is distinct from %(model)s order by id limit %(limit)s",
        model=model,
        limit=limit,
    )
    return [row["id"] for row in rows]


# Members who follow privately


@dataclass(frozen=True, slots=True)
class Following:
    """A topic of a chat that a member has in a private digest, and what the chat is called."""

    topic: Topic
    chat_title: str


async def follow(scope: Scope, topic_id: int, member_id: int) -> None:
    """A member wants a topic of the chat in a private digest."""
    await scope.run(
        "insert into followers (topic_id, chat_id, member_id, created_at)"
        " select id, chat_id, %(member)s, %(now)s from topics where chat_id = %(chat)s and id = %(id)s"
        " on conflict do nothing",
        id=topic_id,
        member=member_id,
    )


async def unfollow(scope: Scope, topic_id: int, member_id: int) -> bool:
    """A member has enough of it."""
    return bool(
        await scope.run(
            "delete from followers where chat_id = %(chat)s and topic_id = %(id)s and member_id = %(member)s",
            id=topic_id,
            member=member_id,
        )
    )


async def unfollow_all(scope: Scope, member_id: int) -> None:
    """A member is no longer in the chat."""
    await scope.run("delete from followers where chat_id = %(chat)s and member_id = %(member)s", member=member_id)


async def forget_member(scope: Scope, member_id: int) -> None:
    """Forget who made topics and who follows them; the topics are the chat's."""
    await unfollow_all(scope, member_id)
    await scope.run(
        "update topics set member_id = null where chat_id = %(chat)s and member_id = %(member)s", member=member_id
    )


async def followed_by(transaction: Transaction, member_id: int) -> list[Following]:
    """What a member follows privately, of whichever chats; whether they are still in these is to be asked."""
    rows = await transaction.all(
        "select t.*, c.title from followers f join topics t on t.id = f.topic_id join chats c on c.id = f.chat_id"
        " where f.member_id = %(member)s order by c.title, t.id",
        member=member_id,
    )
    return [Following(_topic(row), row["title"]) for row in rows]


async def is_followed(scope: Scope, topic_id: int, member_id: int) -> bool:
    """Whether a member has a topic of the chat in a private digest."""
    row = await scope.one(
        "select 1 from followers where chat_id = %(chat)s and topic_id = %(id)s and member_id = %(member)s",
        id=topic_id,
        member=member_id,
    )
    return row is not None


def _topic(row: Row) -> Topic:
    return Topic(
        id=row["id"],
        chat_id=row["chat_id"],
        name=row["name"],
        query=row["query"],
        vector=tuple(json.loads(row["vector"])) if row["vector"] else (),
        model=row["model"],
        paused=row["paused"],
    )

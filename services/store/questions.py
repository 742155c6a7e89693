"""A question of ours goes in with its message; what it asks comes out when somebody replies to that."""

from __future__ import annotations

from dataclasses import dataclass

from services.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Question:
    """What a message of ours (a row of the outbox) asks about an article or a topic; `about` says of whom."""

    outbox_id: int
    asks: str
    article_id: int | None = None
    topic_id: int | None = None
    about: str | None = None


async def ask(scope: Scope, question: Question) -> None:
    """Remember what a message asks; one message asks one thing at a time."""
    await scope.run(
        "insert into questions (outbox_id, chat_id, article_id, topic_id, asks, about, created_at)"
        " select o.id, o.chat_id, a.id, t.id, %(asks)s, %(about)s, %(now)s from outbox o"
        " left join articles a on a.chat_id = %(chat)s and a.id = %(article)s"
        " left join topics t on t.chat_id = %(chat)s and t.id = %(topic)s"
        " where o.chat_id = %(chat)s and o.id = %(outbox)s and (a.id is not null or t.id is not null)"
        " on conflict (outbox_id) do update set asks = excluded.asks, about = excluded.about,"
        " article_id = excluded.article_id, topic_id = excluded.topic_id",
        outbox=question.outbox_id,
        article=question.article_id,
        topic=question.topic_id,
        asks=question.asks,
        about=question.about,
    )


async def of_message(scope: Scope, message_id: int) -> Question | None:
    """What a message of ours in the chat asks, if it asks anything."""
    row = await scope.one(
        "select q.* from questions q join outbox o on o.id = q.outbox_id"
        " where q.chat_id = %(chat)s and o.message_id = %(message)s order by o.id desc limit 1",
        message=message_id,
    )
    if row is None:
        return None
    return Question(row["outbox_id"], row["asks"], row["article_id"], row["topic_id"], row["about"])


async def settle(scope: Scope, outbox_id: int) -> None:
    """It was answered, or is asked no more."""
    await scope.run("delete from questions where chat_id = %(chat)s and outbox_id = %(outbox)s", outbox=outbox_id)

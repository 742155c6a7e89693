"""A question of ours goes in with its message; what it asks comes out when somebody replies to that."""

from __future__ import annotations

from dataclasses import dataclass

from services.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Question:
    """What a message of ours (a row of the outbox) asks about an article; `about` says of whom."""

    outbox_id: int
    article_id: int
    asks: str
    about: str | None


async def ask(scope: Scope, question: Question) -> None:
    """Remember what a message asks; one message asks one thing at a time."""
    await scope.run(
        "insert into questions (outbox_id, chat_id, article_id, asks, about, created_at)"
        " select o.id, o.chat_id, a.id, %(asks)s, %(about)s, %(now)s from outbox o, articles a"
        " where o.chat_id = %(chat)s and o.id = %(outbox)s and a.chat_id = %(chat)s and a.id = %(article)s"
        " on conflict (outbox_id) do update set asks = excluded.asks, about = excluded.about",
        outbox=question.outbox_id,
        article=question.article_id,
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
    return Question(row["outbox_id"], row["article_id"], row["asks"], row["about"]) if row else None


async def settle(scope: Scope, outbox_id: int) -> None:
    """It was answered, or is asked no more."""
    await scope.run("delete from questions where chat_id = %(chat)s and outbox_id = %(outbox)s", outbox=outbox_id)

"""No chat sees or changes another's data: ten thousand commands and buttons with the numbers of other chats guessed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from builders import a_figure, a_place, a_share, an_annotation, an_article

from handlers.context import Rules, Turn
from handlers.incoming import Content, Incoming, Place
from handlers.routes import BUTTONS, COMMANDS
from services.corrections import ToneIs
from services.delivery import Answer
from services.models import Sharer
from services.store import (
    Scope,
    Store,
    Transaction,
    articles,
    chats,
    corrections,
    feeds,
    outbox,
    searches,
    shares,
    topics,
)
from services.store.conditions import Condition
from services.store.exports import Selection, export_rows

CHATS = tuple(-1_001_000_000_000 - number for number in range(4))
OPERATIONS, ROUND = 10_000, 100
EACH = 6
RULES = Rules(1, "warta_bot", True, frozenset(), frozenset(), 10**9, 10**9, "id", "Asia/Jakarta")
QUERIES = (
    *("", "rahasia", "rahasia0", "rahasia1", "rahasia2", "-rahasia3", "tokoh:Tokoh1", 'tempat:"Tempat 2"', "oleh:Ani"),
    *("oleh:saya", "media:kabar", "angka:>1", "sentimen:positif", "tokoh:Tokho1", "kemarin", "topik:rahasia1"),
)
READING = (
    *("cari", "riwayat", "mirip", "tokoh", "tempat", "media", "koreksi", "akurasi", "ekspor", "search", "ulang"),
    *("pantau", "berhenti", "sumber", "ringkasan"),
)
PRESSES = (
    *("open", "page", "ask", "bars", "fix", "undo", "also", "retry", "remove", "offer", "more"),
    *("topic", "track", "source", "daily", "unfollow"),
)
STEPS = ("", ":menu", ":tone", ":settone:neutral", ":figures", ":places", ":history", ":summary", ":addfigure")


class NoTelegram:
    """Nobody is an admin, and nothing is downloaded."""

    async def call(self, *_: object, **__: object) -> Answer:
        return Answer("answered", ok=True, result={"status": "member"})

    async def download(self, *_: object, **__: object) -> bytes:
        return b""


@dataclass(frozen=True)
class Guesses:
    """Numbers of everything that any chat has."""

    articles: list[int]
    corrections: list[int]
    searches: list[int]
    shares: list[int]
    messages: list[int]
    topics: list[int] = field(default_factory=list)
    feeds: list[int] = field(default_factory=list)


def secret_of(number: int) -> str:
    """A word that stands in all of a chat's data, and that nobody asks for."""
    return f"kunci{number}kunci"


async def settle_in(transaction: Transaction, number: int) -> Guesses:
    """A chat whose every word is its own secret."""
    team, _ = await chats.meet(
        transaction, CHATS[number], "supergroup", f"Grup {number}", None, language="id", timezone="Asia/Jakarta",
        sure_from=0.6,
    )  # fmt: skip
    scope = transaction.scope(team.id)
    found = Guesses([], [], [], [], [])
    for item in range(EACH):
        share = await a_share(scope, f"https://a.example/{number}/{item}", sharer=number * 10 + item % 3)
        secret = secret_of(number)
        article = an_article(
            title=f"Judul {secret}", text=f"Isi rahasia{number} bagian {item}: {secret}. Tokoh{number}."
        )
        annotation = an_annotation(
            article=article,
            figures=(replace(a_figure(f"Tokoh{number} {secret}"), aliases=(f"Tokoh{number}",)),),
            places=(replace(a_place(f"Tempat {number}"), surfaces=(secret,)),),
            summary=(f"Isi rahasia{number} bagian {item}: {secret}.",),
            vector=(1.0, number / 10, item / 10),
        )
        kept, _ = await articles.keep(scope, annotation, [share.key or ""])
        await shares.finish(scope, share.id, kept.id)
        message = await outbox.say(scope, {"text": "kartu"}, share.id)
        await transaction.run("update outbox set state = 'sent', message_id = %(id)s where id = %(id)s", id=message)
        made = await corrections.make(scope, kept.id, ToneIs("negative"), Sharer(1, secret))
        found.articles.append(kept.id)
        found.shares.append(share.id)
        found.messages.append(message)
        found.corrections.append(made.id if made else 0)
        found.searches.append((await searches.keep(scope, "search", f"rahasia{number}")).id)
    await settle_feed(scope, number, found)
    return found


async def settle_feed(scope: Scope, number: int, found: Guesses) -> None:
    """A topic, and a feed of the chat's own that brought an article with its secret."""
    secret = secret_of(number)
    found.topics.append((await topics.add(scope, f"Topik {secret}", f'"rahasia{number}"', 1)).id)
    feed = await feeds.attach(scope, f"https://umpan{number}.example/{secret}.xml", f"Umpan {secret}")
    found.feeds.append(feed)
    article = an_article(title=f"Umpan {secret}", text=f"Isi rahasia rahasia{number}: {secret}.", url=None)
    annotation = an_annotation(article=article, figures=(), places=(), summary=(f"Isi rahasia: {secret}.",))
    kept, _ = await articles.keep(scope.transaction.scope(feeds.COMMON), annotation, [f"umpan {number}"])
    await scope.transaction.run(
        "insert into items (feed_id, key, url, state, article_id, found_at)"
        " values (%(feed)s, %(key)s, 'https://a.example', 'done', %(article)s, %(now)s)",
        feed=feed,
        key=f"umpan {number}",
        article=kept.id,
    )
    found.articles.append(kept.id)


def act(rng: random.Random, all_known: list[Guesses]) -> tuple[str, str]:
    """A command or a button, and what follows it."""
    known = rng.choice(all_known)
    if rng.random() < 0.5:
        name = rng.choice(READING)
        if name == "berhenti":
            return f"/{name}", f"topik {rng.randrange(9)}"
        return f"/{name}", rng.choice(("csv ", "")) * (name == "ekspor") + rng.choice(QUERIES)
    name = rng.choice(PRESSES)
    return name, press(rng, name, known, all_known)


def press(rng: random.Random, name: str, known: Guesses, all_known: list[Guesses]) -> str:  # noqa: C901 - a case a button
    """What follows a button's name."""
    match name:
        case "open":
            return str(rng.choice(known.articles))
        case "page":
            return f"{rng.choice(known.searches)}:{rng.randrange(3)}"
        case "ask":
            return str(rng.choice(known.searches))
        case "bars":
            return f"{rng.choice(known.searches)}:place:260101:261231x"
        case "fix":
            return f"{rng.choice(known.articles)}{rng.choice(STEPS)}"
        case "topic":
            step = rng.choice(("show", "news", "pause", "resume", "name", "remove", "follow"))
            return f"{step}:{rng.choice(known.topics)}" if rng.random() < 0.98 else "list"
        case "track":
            return f"{rng.choice(known.articles)}{rng.choice(('', ':0123abcd'))}"
        case "source":
            return f"{rng.choice(('show', 'list', 'add'))}:{rng.choice(known.feeds + known.searches)}"
        case "daily":
            return rng.choice(("menu", "at", "at:0600", "quiet:2200-0500", "mute", "here", "alerts:yes"))
        case "unfollow":
            return str(rng.choice(known.topics))
        case "undo":
            return str(rng.choice(known.corrections))
        case "also":
            return f"{rng.choice(known.corrections)}:{rng.choice(rng.choice(all_known).articles)}"
        case _:
            return str(rng.choice(known.shares))


async def do(scope: Scope, rng: random.Random, what: tuple[str, str], known: list[Guesses]) -> str:
    """Do it in a chat; gives what a button's presser is told."""
    team = await chats.get(scope.transaction, scope.chat_id)
    place = Place(team.id, "supergroup", team.title, None)
    # Replying to messages of other chats too: a client could send any number.
    replied = rng.choice(rng.choice(known).messages)
    turn = Turn(place, team, scope, RULES, NoTelegram(), Sharer(5, "Penebak"), replied)
    name, argument = what
    if name.startswith("/"):
        reply = Content(replied, "", (), None, None, ours=True)
        content = Content(1, argument, (), None, turn.member, ours=False)
        incoming = Incoming(
            place, content, None, scope.now, False, False, False, None, name[1:], content, reply, None, None, False
        )  # fmt: skip
        await COMMANDS[name[1:]](turn, incoming)
        return ""
    try:
        return await BUTTONS[name](turn, argument)
    except (ValueError, LookupError):
        return ""


async def texts_of(transaction: Transaction, scope: Scope, known: Guesses) -> list[Any]:
    """Everything that waits to be sent to a chat, which is then as good as sent."""
    rows = await transaction.all("select chat_id, payload::text as text from outbox where state = 'pending'")
    await transaction.run("delete from outbox where not id = any(%(kept)s)", kept=known.messages)
    assert {row["chat_id"] for row in rows} <= {scope.chat_id}
    return [row["text"] for row in rows]


async def state(transaction: Transaction, number: int) -> dict[str, Any]:
    """All that a chat has, but for its messages."""
    return await transaction.only(
        "select"
        " (select md5(string_agg(annotation::text, '|' order by id)) from articles where chat_id = %(chat)s) as a,"
        " (select count(*) from corrections where chat_id = %(chat)s and undone_at is null) as c,"
        " (select md5(string_agg(words::text, '|' order by article_id)) from entries where chat_id = %(chat)s) as e,"
        " (select count(*) from shares where chat_id = %(chat)s) as s, (select count(*) from searches where"
        " chat_id = %(chat)s) as q, (select count(*) from errands where chat_id = %(chat)s) as x,"
        " (select md5(string_agg(t::text, '|' order by t.id)) from topics t where t.chat_id = %(chat)s) as t,"
        " (select md5(string_agg(d::text, '|' order by d.id)) from digests d where d.chat_id = %(chat)s) as d,"
        " (select string_agg(feed_id::text, '|' order by feed_id) from sources where chat_id = %(chat)s) as f",
        chat=CHATS[number],
    )


async def test_nothing_crosses(store: Store, database: str) -> None:
    rng, done, seen = random.Random(17), Counter[str](), 0
    async with store.transaction() as transaction:
        known = [await settle_in(transaction, number) for number in range(len(CHATS))]
        kept = Guesses([], [], [], [], [one for each in known for one in each.messages])
        await transaction.run("delete from procrastinate_jobs")
        for _ in range(OPERATIONS // ROUND):
            number = rng.randrange(len(CHATS))
            others = [one for one in range(len(CHATS)) if one != number]
            before = [await state(transaction, one) for one in others]
            scope, told = transaction.scope(CHATS[number]), []
            for _ in range(ROUND):
                what = act(rng, known)
                done[what[0]] += 1
                told.append(await do(scope, rng, what, known))
            told += await texts_of(transaction, scope, kept)
            leaks = [text for text in told for one in others if secret_of(one) in text.lower()]
            assert not leaks, leaks[:2]
            seen += any(secret_of(number) in text for text in told)
            assert [await state(transaction, one) for one in others] == before
    assert sum(done.values()) == OPERATIONS
    assert min(done.values()) > 100
    assert seen == OPERATIONS // ROUND
    for number, chat in enumerate(CHATS):
        found = list(export_rows(database, Selection(chat, Condition("true", {}), None, 0)))
        assert {row.annotation["title"] for row in found} <= {f"Judul {secret_of(number)}"}

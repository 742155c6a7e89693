"""A member asks the archive: what was found comes out, page by page, or a hint about what to ask instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.context import Turn
from handlers.deliver import article_buttons, card_of, message_address
from handlers.incoming import Incoming
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard
from handlers.profiles import ProfileFacts, profile_card
from handlers.results import PAGE, Result, asked_pieces, results_card
from handlers.texts import Texts
from services.models import NameKind, Remembered
from services.passages import find_passage
from services.query import Everything, Named, Phrase, Query, QueryError, Word, parse, parts_of, replaced, show, suggest
from services.store import articles, search, searches
from services.store.search import Hits, Question

_MOST_PAGES = 200
_SUGGESTIONS = 3
_ALIKE = 0.50
"""Cosine of the model's vectors: of pairs of one affair three quarters are above, of any two articles one in fifty."""
_PROFILE_NAMES, _PROFILE_LATEST, _PROFILE_MONTHS, _PROFILE_ROLES = 5, 3, 6, 3
_CONTEXT = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that could be read, as it was typed and as the archive understands it."""

    text: str
    query: Query
    question: Question


# Commands


async def on_search(turn: Turn, incoming: Incoming) -> None:
    """`/cari`: the best articles for a query."""
    text = asked_text(incoming)
    if not text:
        await turn.tell(turn.words("recall.usage"))
        return
    await _answer(turn, "search", text)


async def on_recent(turn: Turn, incoming: Incoming) -> None:
    """`/riwayat`: the latest cards, of a query if one is given."""
    await _answer(turn, "recent", asked_text(incoming))


async def on_alike(turn: Turn, incoming: Incoming) -> None:
    """`/mirip`: as a reply to a card or a shared message, the same and similar stories."""
    article = await pointed_at(turn, incoming)
    if article is None:
        await turn.tell(turn.words("recall.alike_usage"))
        return
    found = [
        (one, likeness) for one, likeness in await search.alike(turn.scope, article.id, PAGE) if likeness >= _ALIKE
    ]
    heading = [Piece(turn.words("recall.alike_to") + " "), asked_pieces(article.annotation.article.title[:500])]
    if not found:
        await turn.tell(turn.words("recall.nothing_alike"))
        return
    results = await _results(turn, [one for one, _ in found], None)
    rated = [replace(result, likeness=likeness) for result, (_, likeness) in zip(results, found, strict=False)]
    card = results_card(heading, rated, 1, turn.words, turn.zone)
    await turn.say(card, [_openers([one for one, _ in found], 1)])


async def on_profile(turn: Turn, incoming: Incoming, kind: NameKind) -> None:
    """`/tokoh`, `/tempat`, `/media`: how often somebody or something is in the news, how, and with whom."""
    name = asked_text(incoming)
    if not name:
        await turn.tell(turn.words.one_of("profile_usage", kind))
        return
    named = Named(kind, _plain_name(name))
    asked = Asked(name, named, await search.ask(turn.scope, named, turn.zone))
    if not await _tell_profile(turn, asked, kind):
        await nothing_found(turn, asked, "profile_" + kind)


# Buttons


async def on_page(turn: Turn, argument: str) -> str:
    """The arrows under results: another page in the same message."""
    search_id, _, page = argument.partition(":")
    kept = await searches.get(turn.scope, int(search_id))
    if kept is None or not 0 <= int(page) < _MOST_PAGES:
        return turn.words("share.already")
    asked = await understood(turn, kept.query)
    if asked is not None:
        await turn.change(*await _page(turn, asked, kept, int(page)))
    return ""


async def on_ask(turn: Turn, argument: str) -> str:
    """A suggestion is taken: what it suggests is asked."""
    kept = await searches.get(turn.scope, int(argument))
    if kept is None:
        return turn.words("share.already")
    if kept.kind.startswith("profile_"):
        named = parse(kept.query)
        asked = Asked(kept.query, named, await search.ask(turn.scope, named, turn.zone))
        await _tell_profile(turn, asked, _kind_of(kept.kind))
    else:
        await _answer(turn, kept.kind, kept.query)
    return ""


async def on_open(turn: Turn, argument: str) -> str:
    """A result is opened: its card."""
    article = await articles.get(turn.scope, int(argument))
    if article is None:
        return turn.words("recall.gone")
    await show_article(turn, article)
    return ""


async def show_article(turn: Turn, article: Remembered) -> None:
    """The card of an article of the archive, with its buttons."""
    await turn.say(await card_of(turn.scope, turn.team, article), article_buttons(turn.team, article.id))


# What other commands need as well


def asked_text(incoming: Incoming) -> str:
    """What follows a command, on one line."""
    return " ".join(incoming.argument.text.split()) if incoming.argument else ""


async def understood(turn: Turn, text: str) -> Asked | None:
    """A query that somebody typed; where it can't be read, they are told where and why."""
    try:
        query = parse(text)
    except QueryError as error:
        await turn.say(query_error_card(turn, text, error))
        return None
    member = turn.member.id if turn.member else None
    return Asked(text, query, await search.ask(turn.scope, query, turn.zone, member))


async def pointed_at(turn: Turn, incoming: Incoming) -> Remembered | None:
    """The article of the message that a command replies to: a card of ours, or what somebody shared."""
    if incoming.reply_to is None:
        return None
    article_id = await article_of_message(turn, incoming.reply_to.message_id, ours=incoming.reply_to.ours)
    return await articles.get(turn.scope, article_id) if article_id else None


async def article_of_message(turn: Turn, message_id: int, *, ours: bool) -> int | None:
    """The article that a message is about."""
    return await search.article_of_message(turn.scope, message_id, ours=ours)


def query_error_card(turn: Turn, text: str, error: QueryError) -> Card:
    """Where a query can't be read, why, and what could stand there."""
    words = turn.words
    start = max(0, error.at - _CONTEXT)
    part = "".join(character if character.isprintable() else " " for character in text[start : error.at + _CONTEXT])
    before = "…" if start else ""
    answer = CardText()
    answer.add(Piece(words.one_of("query_errors", error.reason)), Piece("\n"))
    answer.add(Piece(f"{before}{part}\n{' ' * (len(before) + error.at - start)}^", ("code",)))
    if error.choices:
        answer.add(Piece("\n" + words("recall.choices") + " "), Piece(" · ".join(error.choices[:8]), ("code",)))
    return answer.card()


# Answers


async def _answer(turn: Turn, kind: str, text: str) -> None:
    asked = await understood(turn, text)
    if asked is None:
        return
    hits = await _find(turn, asked, kind, 0)
    if not hits.total:
        await nothing_found(turn, asked, kind)
        return
    kept = await searches.keep(turn.scope, kind, text)
    await turn.say(*await _page(turn, asked, kept, 0, hits))


async def _find(turn: Turn, asked: Asked, kind: str, page: int) -> Hits:
    return await search.find(turn.scope, asked.question, limit=PAGE, offset=page * PAGE, newest_first=kind == "recent")


async def _page(
    turn: Turn, asked: Asked, kept: searches.Search, page: int, hits: Hits | None = None
) -> tuple[Card, Keyboard]:
    words = turn.words
    hits = hits or await _find(turn, asked, kept.kind, page)
    results = await _results(turn, hits.article_ids, asked)
    total = words("recall.found", count=words.whole(hits.total))
    name = asked_pieces(asked.text) if asked.text else Piece(words("recall.recent"), ("bold",))
    heading = (Piece("🔎 "), name, Piece(f" – {total}"))
    card = results_card(heading, results, page * PAGE + 1, words, turn.zone)
    pages = min(-(-hits.total // PAGE), _MOST_PAGES)
    rows = [_openers(hits.article_ids, page * PAGE + 1)]
    if pages > 1:
        rows.append(_turners(kept.id, page, pages, words))
    return card, rows


async def _results(turn: Turn, article_ids: Sequence[int], asked: Asked | None) -> list[Result]:
    found = await articles.several(turn.scope, article_ids)
    shared = await search.shared(turn.scope, article_ids)
    moments = await search.moments(turn.scope, article_ids)
    others = _other_words(asked)
    results = []
    for one in found:
        share = shared.get(one.id)
        address = message_address(turn.team, share["message_id"]) if share and share["message_id"] else None
        passage = find_passage(one.annotation, asked.query, others) if asked else None
        results.append(Result(one.annotation, moments[one.id], passage, address))
    return results


def _other_words(asked: Asked | None) -> list[str]:
    aliases = asked.question.known.aliases.values() if asked else ()
    return [word for names in aliases for name in names for word in name.split()]


def _openers(article_ids: Sequence[int], first: int) -> list[Button]:
    return [Button(f"{number}", f"open:{article_id}") for number, article_id in enumerate(article_ids, first)]


def _turners(search_id: int, page: int, pages: int, words: Texts) -> list[Button]:
    back = [Button("‹", f"page:{search_id}:{page - 1}")] if page else []
    forth = [Button("›", f"page:{search_id}:{page + 1}")] if page + 1 < pages else []
    return [*back, Button(f"{words.whole(page + 1)} / {words.whole(pages)}", f"page:{search_id}:{page}"), *forth]


# Nothing found


async def nothing_found(turn: Turn, asked: Asked, kind: str) -> None:
    """Say so, and what was perhaps meant: never guess in silence."""
    words = turn.words
    text = CardText()
    text.add(Piece(words("recall.nothing_for") + " "), asked_pieces(asked.text or words("recall.recent")), Piece(". "))
    offers = await suggestions(turn, asked)
    if offers:
        text.add(Piece(words("recall.perhaps")))
    else:
        text.add(Piece(await _why_nothing(turn, asked)))
    rows = []
    for offer in offers:
        kept = await searches.keep(turn.scope, kind, show(offer))
        label = offer.name if isinstance(offer, Named) and kind.startswith("profile_") else show(offer)
        rows.append([Button(shorten(sanitise(label), 60), f"ask:{kept.id}")])
    await turn.say(text.card(), rows)


async def suggestions(turn: Turn, asked: Asked) -> list[Query]:
    """Queries that differ in a name or a word that the archive doesn't know, and would find something."""
    offers: list[Query] = []
    for part in parts_of(asked.query):
        for better in await _better(turn, part):
            offer = replaced(asked.query, part, better)
            question = await search.ask(turn.scope, offer, turn.zone)
            if offer not in offers and (await search.counts(turn.scope, question)).total:
                offers.append(offer)
            if len(offers) == _SUGGESTIONS:
                return offers
    return offers


async def _better(turn: Turn, part: Query) -> list[Query]:
    """What a part was perhaps meant to be, if nothing is found for it alone."""
    alone = await search.ask(turn.scope, part, turn.zone)
    if not isinstance(part, Word | Phrase | Named) or (await search.counts(turn.scope, alone)).total:
        return []
    if isinstance(part, Named):
        return [Named(part.kind, name) for name in suggest(part.name, await search.known_names(turn.scope, part.kind))]
    if isinstance(part, Phrase):
        return [
            Phrase(tuple(name.split())) for name in suggest(" ".join(part.words), await search.known_names(turn.scope))
        ]
    return [Word(word) for word in suggest(part.text, await search.known_words(turn.scope))]


async def _why_nothing(turn: Turn, asked: Asked) -> str:
    """What each part finds alone, where only all of them together find nothing."""
    words = turn.words
    parts = [part for part in parts_of(asked.query) if not isinstance(part, Everything)]
    if len(parts) < 2:
        return words("recall.nothing_hint")
    told = []
    for part in parts[:6]:
        count = (await search.counts(turn.scope, await search.ask(turn.scope, part, turn.zone))).total
        told.append(f"{sanitise(show(part))}: {words.whole(count)}")
    return words("recall.alone", parts=" · ".join(told))


# Profiles


def _kind_of(kind: str) -> NameKind:
    name = kind.removeprefix("profile_")
    return "figure" if name == "figure" else "outlet" if name == "outlet" else "place"


def _plain_name(name: str) -> str:
    return " ".join(name.replace('"', " ").split())[:200]


async def _tell_profile(turn: Turn, asked: Asked, kind: NameKind) -> bool:
    """Tell what the archive knows of a name; false where it doesn't know it."""
    ids = [number for numbers in asked.question.known.names.values() for number in numbers]
    counts = await search.days(turn.scope, asked.question) if ids else {}
    if not counts:
        return False
    scope, question = turn.scope, asked.question
    hits = await search.find(scope, question, limit=_PROFILE_LATEST, newest_first=True)
    beside: tuple[NameKind, ...] = ("figure", "place", "outlet")
    kinds = [other for other in beside if other != "outlet" or kind != "outlet"]
    facts = ProfileFacts(
        names=await search.names(scope, kind, ids),
        roles=await search.roles(scope, ids, _PROFILE_ROLES) if kind == "figure" else [],
        days=counts,
        today=question.today,
        others=await search.top(scope, question, kinds, _PROFILE_NAMES, without=ids),
        latest=await _results(turn, hits.article_ids, None),
    )
    kept = await searches.keep(scope, "search", show(asked.query))
    rows = [_openers(hits.article_ids, 1), [Button(turn.words("recall.all"), f"ask:{kept.id}")]]
    rows[1].append(Button(turn.words("recall.trend"), f"trend:{kept.id}:30"))
    await turn.say(profile_card(kind, facts, turn.words, turn.zone), rows)
    return True

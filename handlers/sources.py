"""`/sumber`: a member lets the chat draw on feeds: a feed's address, a site whose feeds are looked for, the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.context import Turn, plain_card
from handlers.daily import may_manage
from handlers.incoming import Incoming
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard
from handlers.recall import asked_text
from handlers.texts import Texts
from services.links import clean_url
from services.models import Source
from services.outlets import KnownFeed, known_feeds
from services.store import Scope, errands, feeds, searches

_MOST_SOURCES, _MOST_OFFERS, _MOST_UNDER_WAY = 30, 8, 2
_LABEL, _NAME = 44, 60
_KEPT = "source"


async def on_sources(turn: Turn, incoming: Incoming) -> None:
    """`/sumber`: what the chat draws on; with an address or a site's name, one more."""
    asked = asked_text(incoming)
    if not asked:
        await turn.say(*await _list(turn))
        return
    if not await may_manage(turn):
        await turn.tell(turn.words("topics.admins_only"))
        return
    url = clean_url(asked if "://" in asked else f"https://{asked}") if " " not in asked else None
    if url is None or "." not in (urlsplit(url).hostname or ""):
        await turn.tell(turn.words("sources.usage"))
        return
    bare = urlsplit(url).path in ("", "/")
    known = known_feeds(url) if bare else []
    if known:
        await turn.say(*await offers_card(turn, url, known))
    elif await errands.under_way(turn.scope, "source") >= _MOST_UNDER_WAY:
        await turn.tell(turn.words("errand.under_way"))
    else:
        message = await turn.say(plain_card(turn.words("sources.looking")))
        await errands.add(
            turn.scope, "source", {"url": url}, member_id=turn.member.id if turn.member else None,
            message_id=turn.message_id, thread_id=turn.thread_id, outbox_id=message,
        )  # fmt: skip


async def on_source_button(turn: Turn, argument: str) -> str:
    """The buttons of the list, of one source, and of feeds that were found."""
    step, _, number = argument.partition(":")
    words = turn.words
    if step == "list":
        await turn.change(*await _list(turn))
        return ""
    if step == "show":
        found = next((one for one in await feeds.of_chat(turn.scope) if one.feed_id == int(number)), None)
        if found is None:
            return words("sources.gone")
        await turn.change(*_page(turn, found))
        return ""
    if not await may_manage(turn):
        return words("topics.admins_only")
    if step == "remove":
        gone = await feeds.detach(turn.scope, int(number))
        await turn.change(*await _list(turn))
        return words("sources.removed" if gone else "sources.gone")
    if step == "add":
        kept = await searches.get(turn.scope, int(number))
        if kept is None or kept.kind != _KEPT:
            return words("share.already")
        return await attach(turn, kept.query, "")
    raise ValueError(step)


async def attach(turn: Turn, url: str, title: str) -> str:
    """Draw on a feed; gives what to say about it."""
    known = await feeds.of_chat(turn.scope)
    if any(one.url == url and not one.dead for one in known):
        return turn.words("sources.known")
    if len(known) >= _MOST_SOURCES:
        return turn.words("sources.too_many", most=_MOST_SOURCES)
    await feeds.attach(turn.scope, url, title)
    return turn.words("sources.added")


@dataclass(frozen=True, slots=True)
class Offer:
    """A feed that can be attached: what its button says, and its address."""

    label: str
    url: str


async def offers_card(turn: Turn, url: str, known: Sequence[KnownFeed]) -> tuple[Card, Keyboard]:
    """The feeds of a site that we know of."""
    offers = [Offer(f"{one.name} · {one.section}", one.url) for one in known]
    rows = await offer_buttons(turn.scope, offers)
    host = urlsplit(url).hostname or ""
    return plain_card(turn.words("sources.choose", site=sanitise(host.removeprefix("www.")))), rows


async def offer_buttons(scope: Scope, offers: Sequence[Offer]) -> Keyboard:
    """A button for each feed; its address is remembered, since a button holds only 64 bytes."""
    buttons = []
    for offer in offers[:_MOST_OFFERS]:
        kept = await searches.keep(scope, _KEPT, offer.url)
        buttons.append(Button("+ " + shorten(sanitise(offer.label[:200]), _LABEL), f"source:add:{kept.id}"))
    return [[button] for button in buttons]


async def _list(turn: Turn) -> tuple[Card, Keyboard]:
    words, known = turn.words, await feeds.of_chat(turn.scope)
    if not known:
        return plain_card(words("sources.none")), ()
    text = CardText()
    text.add(Piece(words("sources.title"), ("bold",)), Piece("\n"))
    buttons = []
    for number, one in enumerate(known, 1):
        text.add(Piece(f"\n{number}. "), Piece(source_name(one), ("bold",)), Piece(f"\n{_health(one, words, turn)}"))
        buttons.append(Button(f"{number}", f"source:show:{one.feed_id}"))
    text.add(Piece("\n\n" + words("sources.more")))
    return text.card(), [buttons[at : at + 5] for at in range(0, len(buttons), 5)]


def _page(turn: Turn, source: Source) -> tuple[Card, Keyboard]:
    words = turn.words
    text = CardText()
    text.add(Piece(source_name(source), ("bold",)), Piece("\n"))
    text.add(Piece(shorten(sanitise(source.url[:600]), 300), ("code",)))
    text.add(Piece(f"\n{_health(source, words, turn)}"))
    if source.read_at:
        text.add(Piece("\n" + words("sources.read_at", moment=words.instant(source.read_at, turn.zone))))
    rows = [
        Button(words("sources.remove"), f"source:remove:{source.feed_id}"),
        Button(words("settings.back"), "source:list"),
    ]
    return text.card(), [rows]


def source_name(source: Source) -> str:
    """A feed as people know it: its title, else its host."""
    host = (urlsplit(source.url).hostname or "").removeprefix("www.")
    return shorten(sanitise(source.title[:300]) or sanitise(host), _NAME)


def _health(source: Source, words: Texts, turn: Turn) -> str:
    if source.dead:
        return "✗ " + words("sources.is_dead", why=words.one_of("source_errors", source_fault(source.error)))
    if source.error and source.failing_since:
        since = words.instant(source.failing_since, turn.zone)
        return "⚠️ " + words("sources.fails", since=since, why=words.one_of("source_errors", source_fault(source.error)))
    if source.read_at is None:
        return "⏳ " + words("sources.waiting")
    return "✓ " + words("sources.well", count=words.whole(source.items))


def source_fault(error: str | None) -> str:
    """The sentence for a kind of error, among the few that matter here."""
    groups = {
        "unreachable": ("dns", "connect", "timeout", "tls"),
        "refuses": ("http_status", "blocked", "too_many_redirects"),
        "too_large": ("too_large", "too_complex"),
        "refused_address": ("refused_address",),
    }
    return next((name for name, kinds in groups.items() if error in kinds), "no_feed")

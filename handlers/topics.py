"""A chat's topics go in; how they are listed, and what one of them would have found, comes out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.digests import headline_pieces, tone_line
from handlers.inert import sanitise
from handlers.texts import Texts
from services.digest import Item
from services.models import ToneCounts, Topic

PREVIEW_DAYS = 7
_NAME, _QUERY = 60, 200


@dataclass(frozen=True, slots=True)
class Preview:
    """What a topic finds in the last days: articles by tone, how many of them by meaning alone, the newest."""

    counts: ToneCounts
    by_meaning: int
    newest: Sequence[Item]


def list_card(topics: Sequence[Topic], counts: Sequence[int | None], plan: str, words: Texts) -> Card:
    """All topics with the number of articles that each found in the last days, where it was counted.

    `plan` says when the digest comes.
    """
    text = CardText()
    text.add(Piece(words("topics.title"), ("bold",)), Piece("\n"))
    for number, (topic, count) in enumerate(zip(topics, counts, strict=True), 1):
        state = f" ⏸ {words('topics.is_paused')}" if topic.paused else ""
        found = "" if count is None else f" – {words('topics.lately', count=words.whole(count), days=PREVIEW_DAYS)}"
        text.add(Piece(f"\n{number}. "), Piece(short_name(topic), ("bold",)), Piece(f"{found}{state}"))
    text.add(Piece(f"\n\n{plan}"))
    return text.card()


def topic_card(topic: Topic, preview: Preview, note: str, words: Texts, zone: tzinfo) -> Card:
    """One topic: what it asks for, what it found in the last days and why; `note` is what was just done or is next."""
    text = CardText()
    text.add(Piece("🔔 "), Piece(short_name(topic), ("bold",)))
    if topic.paused:
        text.add(Piece(f" ⏸ {words('topics.is_paused')}"))
    if sanitise(topic.query) != sanitise(topic.name):
        text.add(Piece("\n"), Piece(shorten(sanitise(topic.query), _QUERY), ("code",)))
    if topic.vector:
        text.add(Piece("\n" + words("topics.means_too"), ("italic",)))
    text.add(Piece("\n" + _told(preview, words)))
    for item in preview.newest:
        text.add(Piece("\n\n"), *headline_pieces(item, words, zone))
    if note:
        text.add(Piece(f"\n\n{note}"))
    return text.card()


def page_card(  # noqa: PLR0913, PLR0917 - the facts of a page
    topic: Topic, items: Sequence[Item], first: int, total: int, words: Texts, zone: tzinfo
) -> Card:
    """A page of what a topic found in the last days; `first` is the number of its first article."""
    text = CardText()
    found = words("topics.lately", count=words.whole(total), days=PREVIEW_DAYS)
    text.add(Piece("🔔 "), Piece(short_name(topic), ("bold",)), Piece(f" – {found}"))
    for number, item in enumerate(items, first):
        text.add(Piece(f"\n\n{number}. "), *headline_pieces(item, words, zone))
    return text.card()


def short_name(topic: Topic) -> str:
    """A topic as it is called, in one short line."""
    return shorten(sanitise(topic.name[:300]), _NAME)


def _told(preview: Preview, words: Texts) -> str:
    if not preview.counts.total:
        return words("topics.would_find_nothing", days=PREVIEW_DAYS)
    count, days = words.whole(preview.counts.total), PREVIEW_DAYS
    sentence = f"{words('topics.would_find', count=count, days=days)} ({tone_line(preview.counts, words)})"
    if preview.by_meaning:
        sentence += " " + words("topics.of_these_by_meaning", count=words.whole(preview.by_meaning))
    return sentence

"""A Digest goes in; the messages that tell it come out, each within Telegram's limits and cut between stories.

Pure. It is read in a minute: a few stories a topic, each with its title, one sentence, and who tells it how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from handlers.card_text import Card, CardText, Piece, shorten, utf16_length
from handlers.cards import link_of
from handlers.inert import sanitise
from handlers.texts import Texts
from services.digest import Digest, Item, Rising, Story, TopicNews
from services.models import NameKind, ToneCounts, ToneLabel

_UNITS, _ENTITIES = 4_096, 100
_STORIES, _MOST_A_TOPIC = 8, 5
"""So many stories are told in all, as far as each topic has one: about two hundred words."""
_MOST_LISTED = 20
_TITLE, _SENTENCE, _OUTLETS, _NAME = 130, 200, 5, 40
_FEWEST_TO_COMPARE = 5
_BETWEEN = " · "
_TONES: tuple[ToneLabel, ...] = ("positive", "neutral", "negative")
_ICONS: dict[ToneLabel, str] = {"positive": "🟢", "neutral": "⚪", "negative": "🔴"}
_NAME_ICONS: dict[NameKind, str] = {"figure": "👤", "place": "📍"}

Block = Sequence[Piece]


def digest_messages(digest: Digest, words: Texts, zone: tzinfo) -> list[Card]:
    """The digest as messages, first to last; one short line where nothing came."""
    if digest.empty:
        names = _names(topic.name for topic in digest.topics)
        return _messages(
            [(Piece(f"{_heading(digest, words)}\n", ("bold",)), Piece(words("digest.empty", topics=names)))]
        )
    with_news = sorted((topic for topic in digest.topics if topic.counts.total), key=lambda one: -one.counts.total)
    each = max(1, min(_MOST_A_TOPIC, _STORIES // len(with_news)))
    blocks: list[Block] = [(Piece(_heading(digest, words), ("bold",)),)]
    if digest.late:
        blocks = [
            (*blocks[0], Piece("\n" + words("digest.late", since=words.instant(digest.begins, zone)), ("italic",)))
        ]
    for topic in with_news[:_STORIES]:
        blocks += _topic_blocks(topic, each, digest, words)
    blocks += [_brief_block(topic, words) for topic in with_news[_STORIES:]]
    if without := [topic.name for topic in digest.topics if not topic.counts.total]:
        blocks.append((Piece("\n\n" + words("digest.without", topics=_names(without)), ("italic",)),))
    return _messages(blocks)


def alert_card(topic: str, story: Story, words: Texts) -> Card:
    """A story that several outlets tell within an hour."""
    text = CardText()
    text.add(Piece("⚡ "), Piece(words("digest.breaking", topic=_short(topic)), ("bold",)), Piece("\n"))
    text.add(*_story_pieces("", story, 1, words))
    return text.card()


def headline_pieces(item: Item, words: Texts, zone: tzinfo) -> list[Piece]:
    """An article of a list: its title, linked, with tone, outlet and day."""
    annotation = item.annotation
    facts = [_outlet(item), words.day(item.at.astimezone(zone))]
    why = [words("digest.by_meaning")] if item.by_meaning else []
    return [_title(item, words), Piece(f"\n{_ICONS[annotation.tone.label]} {_BETWEEN.join(filter(None, facts + why))}")]


def tone_line(counts: ToneCounts, words: Texts) -> str:
    """Articles by tone: '🟢 2 · ⚪ 3 · 🔴 7'."""
    return _BETWEEN.join(f"{_ICONS[label]} {words.whole(getattr(counts, label))}" for label in _TONES)


def _heading(digest: Digest, words: Texts) -> str:
    weekday = words.one_of("weekdays", str(digest.day.isoweekday()))
    return "🗞 " + words("digest.title", day=f"{weekday}, {words.day(digest.day)}")


def _topic_blocks(topic: TopicNews, each: int, digest: Digest, words: Texts) -> list[Block]:
    """The topic's heading with its first story, so that the two are never parted; then a block a story."""
    told = topic.stories[:each]
    blocks = [
        _story_pieces(f"{number}. " if len(told) > 1 else "", story, _day_of(story, digest), words)
        for number, story in enumerate(told, 1)
    ]
    end: list[Piece] = []
    if left := len(topic.stories) - len(told):
        end.append(Piece("\n" + words("digest.more", count=words.whole(left))))
    if topic.rising:
        end.append(Piece("\n" + words("digest.rising") + " " + _rising(topic.rising, words)))
    first, *rest = blocks or [[]]
    found: list[Block] = [[*_topic_heading(topic, words), *first], *rest]
    return [*found[:-1], [*found[-1], *end]]


def _brief_block(topic: TopicNews, words: Texts) -> Block:
    """A topic of less news where there are many: its counts and its first story's title."""
    counts = words("digest.counts", articles=words.whole(topic.counts.total), stories=words.whole(len(topic.stories)))
    title = [Piece(": "), _title(topic.stories[0].lead, words)] if topic.stories else []
    return [Piece(f"\n\n🔔 {_short(topic.name)}", ("bold",)), Piece(f" – {counts}"), *title]


def _topic_heading(topic: TopicNews, words: Texts) -> list[Piece]:
    where = f" ({_short(topic.of_chat)})" if topic.of_chat else ""
    counts = words("digest.counts", articles=words.whole(topic.counts.total), stories=words.whole(len(topic.stories)))
    tones = tone_line(topic.counts, words)
    change = _change(topic, words)
    return [
        Piece("\n\n"),
        Piece(f"🔔 {_short(topic.name)}{where}", ("bold",)),
        Piece(f" – {counts}\n{tones}" + (f"{_BETWEEN}{change}" if change else "") + "\n"),
    ]


def _change(topic: TopicNews, words: Texts) -> str:
    """How the share of negative news changed against the week before, in points; '' where little can be compared."""
    if min(topic.counts.total, topic.before.total) < _FEWEST_TO_COMPARE:
        return ""
    points = round(100 * (topic.counts.negative / topic.counts.total - topic.before.negative / topic.before.total))
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return words("digest.change", points=f"{sign}{abs(points)}")


def _story_pieces(before: str, story: Story, day: int, words: Texts) -> list[Piece]:
    pieces = [Piece("\n" + before), _title(story.lead, words)]
    if sentence := shorten(sanitise(story.sentence[:2_000]), _SENTENCE):
        pieces.append(Piece(f"\n“{sentence}”"))
    outlets = story.outlets()
    told = [
        f"{_ICONS[tone]} {_short(outlet.name or outlet.domain or words('digest.no_outlet'))}"
        for outlet, tone in outlets
    ]
    if len(told) > _OUTLETS:
        told = [*told[:_OUTLETS], f"+{words.whole(len(outlets) - _OUTLETS)}"]
    if day > 1:
        told.append(words("digest.day", number=words.whole(day)))
    if all(item.by_meaning for item in story.items):
        told.append(words("digest.by_meaning"))
    return [*pieces, Piece("\n" + _BETWEEN.join(told) + "\n")]


def _day_of(story: Story, digest: Digest) -> int:
    return (digest.day - story.began).days + 1


def _title(item: Item, words: Texts) -> Piece:
    title = shorten(sanitise(item.annotation.article.title[:500]), _TITLE) or words("card.untitled")
    link = link_of(item.annotation.article)
    return Piece(title, ("link", "bold"), link) if link else Piece(title, ("bold",))


def _outlet(item: Item) -> str:
    outlet = item.annotation.article.outlet
    return _short(outlet.name or outlet.domain or "")


def _rising(rising: Sequence[Rising], words: Texts) -> str:
    return _BETWEEN.join(f"{_NAME_ICONS[one.kind]} {_short(one.name)} ({words.whole(one.count)})" for one in rising)


def _names(names: Iterable[str]) -> str:
    found = [_short(name) for name in names]
    more = [f"+{len(found) - _MOST_LISTED}"] if len(found) > _MOST_LISTED else []
    return ", ".join([*found[:_MOST_LISTED], *more])


def _short(text: str) -> str:
    return shorten(sanitise(text[:300]), _NAME)


def _messages(blocks: Sequence[Block]) -> list[Card]:
    """Blocks in as few messages as they fit, none of them cut."""
    messages: list[Card] = []
    held: list[Block] = []
    for block in blocks:
        if held and not _fits(_written([*held, block])):
            messages.append(_written(held))
            held = []
        held.append(block)
    return [*messages, _written(held)]


def _written(blocks: Sequence[Block]) -> Card:
    text = CardText()
    for block in blocks:
        text.add(*block)
    return text.card()


def _fits(card: Card) -> bool:
    return utf16_length(card.text) <= _UNITS and len(card.spans) <= _ENTITIES

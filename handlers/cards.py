"""An Annotation goes in; a Card, short enough for a phone screen, comes out.

From top to bottom: title, source, tone with a sentence that speaks for it, summary (the rest of it and what is
second-rank in a quote that expands), places, people, numbers. What the article doesn't tell has no line. Each line has
a budget in UTF-16 code units; whole items that don't fit are counted as '+N', so that no name is ever cut. All budgets
together, and half as much again for the separators that make a text inert, stay under Telegram's 4,096 units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar, get_args
from urllib.parse import urlsplit

from handlers.card_text import Card, CardText, Piece, SpanKind, shorten, split, utf16_length
from handlers.inert import sanitise
from handlers.texts import Texts, texts
from services.models import Annotation, Article, Figure, Language, Number, Place, Quote, Tone, ToneLabel

_T = TypeVar("_T")
Line = tuple[Piece, ...]

# What is always in sight: 1,300 units if everything is there and long, 800 as a rule.
_SHARER = 60
_TITLE, _OUTLET, _EVIDENCE, _LEAD, _PLACES, _FIGURES, _NUMBERS, _FOLLOWED = 150, 50, 150, 320, 140, 190, 160, 110
# What is in the quote that expands.
_REST, _QUOTE, _ORGANIZATIONS = 700, 220, 150
_ITEM = 90
"""A name with its role, place or meaning; what would be longer is shown by its name alone."""
_QUOTES, _CANDIDATES = 2, 4
# What is looked at at all: more never fits, and a hostile article may name ten thousand people of 100 kB each.
_ITEMS, _SENTENCES = 40, 8
_LONGEST_NAME, _LONGEST_SENTENCE = 300, 4_000
_URL = 2_048

_TONES: tuple[ToneLabel, ...] = get_args(ToneLabel)
_TONE_ICONS = {"positive": "🟢", "neutral": "⚪", "negative": "🔴"}
_UNSURE_ICON, _PLACE_ICON, _FIGURE_ICON, _NUMBER_ICON, _QUOTE_ICON, _TOPIC_ICON = "🟡", "📍", "👤", "🔢", "💬", "🔔"
_FULL, _EMPTY, _CELLS = "▰", "▱", 10
_CORRECTED = " ✎"
_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that stand together; empty ones are left out. `more` is what expands below them."""

    lines: tuple[Line, ...]
    more: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """A topic that an article belongs to; `by_meaning`: although the words of the topic don't stand in it."""

    name: str
    by_meaning: bool


def annotation_card(
    annotation: Annotation, language: Language, timezone: tzinfo, followed: Sequence[Followed] = ()
) -> Card:
    """The card of one article, in the reader's language and time zone; `followed` are the topics that it belongs to."""
    words = texts(language)
    evidence = _evidence(annotation)
    lead, rest = _summary(annotation, evidence)
    draft = CardText()
    for block in (
        _Block((_title(annotation, words), _source(annotation, words, timezone))),
        _Block((_tone(annotation, words), _evidence_line(evidence))),
        _Block(
            (_machine_written(annotation, words), _mark(_plain(lead), annotation, "summary")),
            more=(_plain(rest), *_quotes(annotation, words), _organizations(annotation, words)),
        ),
        _Block((_places(annotation, words), _figures(annotation, words), _numbers(annotation, words))),
        _Block((_topics(followed, words), _legend(annotation, words))),
    ):
        _write(draft, block)
    return draft.card()


def repetition_card(  # noqa: PLR0913 - the facts of a repetition, each by its name
    annotation: Annotation,
    language: Language,
    timezone: tzinfo,
    *,
    sharer: str,
    shared_at: datetime,
    address: str | None,
) -> Card:
    """The facts of an article that a chat has already, in short: tone, who shared it first, when, and where that is."""
    words = texts(language)
    name, when = shorten(sanitise(sharer), _SHARER), words.moment(shared_at, timezone)
    told = words("share.repeated_by", name=name, when=when) if name else words("share.repeated", when=when)
    there = (Piece(" "), Piece(words("share.see_it"), ("link",), address)) if address else ()
    draft = CardText()
    _write(draft, _Block((_title(annotation, words), _tone(annotation, words), (Piece(told), *there))))
    return draft.card()


def _write(draft: CardText, block: _Block) -> None:
    for line in filter(None, block.lines):
        draft.add(*line, Piece("\n"))
    with draft.within("expandable_quote"):
        for line in filter(None, block.more):
            draft.add(*line, Piece("\n"))
    if any((*block.lines, *block.more)):
        draft.add(Piece("\n"))


def _title(annotation: Annotation, words: Texts) -> Line:
    article = annotation.article
    title = shorten(_clean(article.title), _TITLE) or words("card.untitled")
    url = link_of(article)
    piece = Piece(title, ("link", "bold"), url) if url else Piece(title, ("bold",))
    return _mark((piece,), annotation, "title")


def _source(annotation: Annotation, words: Texts, timezone: tzinfo) -> Line:
    article = annotation.article
    name = _clean(article.outlet.name) or _clean(article.outlet.domain)
    facts = [shorten(name, _OUTLET), _media_type(annotation, words)]
    # Close to the ends of the calendar a moment has no counterpart in another zone.
    if article.published and 1 < article.published.year < 9999:
        facts.append(words.moment(article.published, timezone))
    if article.words:
        facts.append(words.reading_time(article.words))
    return _mark(_plain(_BETWEEN.join(filter(None, facts))), annotation, "outlet", "published")


def _media_type(annotation: Annotation, words: Texts) -> str:
    outlet = annotation.article.outlet
    if outlet.type == "unknown":
        return ""
    name = words.one_of("outlet", outlet.type)
    province = _name(outlet.province) if outlet.type == "regional" else ""
    return words("card.regional", type=name, province=province) if 0 < len(province) <= _OUTLET else name


def _tone(annotation: Annotation, words: Texts) -> Line:
    tone = annotation.tone
    if not tone.sure and "tone" not in annotation.corrected:
        return Piece(f"{_UNSURE_ICON} "), Piece(words("card.unsure"), ("bold",)), Piece(f" {_closest(tone, words)}")
    label = words.one_of("tone", tone.label).capitalize()
    line = Piece(f"{_TONE_ICONS[tone.label]} "), Piece(label, ("bold",))
    if "tone" in annotation.corrected:
        return _mark(line, annotation, "tone")
    return *line, Piece(f" {_bar(tone.confidence)} {words.percent(tone.confidence)}")


def _closest(tone: Tone, words: Texts) -> str:
    first, second, _ = sorted(_TONES, key=tone.scores.of, reverse=True)
    return words(
        "card.closest",
        first=words.one_of("tone", first),
        first_share=words.percent(tone.scores.of(first)),
        second=words.one_of("tone", second),
        second_share=words.percent(tone.scores.of(second)),
    )


def _bar(share: float) -> str:
    full = round(min(1.0, max(0.0, share)) * _CELLS)
    return _FULL * full + _EMPTY * (_CELLS - full)


def _evidence(annotation: Annotation) -> str:
    """The strongest sentence for the tone; if there is a choice, one that title and summary don't show anyway."""
    tone = annotation.tone
    evidence = sorted(tone.evidence[:_SENTENCES], key=lambda one: one.label != tone.label)
    sentences = [sentence for one in evidence if (sentence := _clean(one.sentence))]
    lead = [_clean(sentence) for sentence in (annotation.article.title, *annotation.summary[:2])]
    chosen = next((sentence for sentence in sentences if sentence not in lead), "".join(sentences[:1]))
    return shorten(chosen, _EVIDENCE)


def _evidence_line(evidence: str) -> Line:
    return (Piece(_quoted(evidence), ("italic",)),) if evidence else ()


def _machine_written(annotation: Annotation, words: Texts) -> Line:
    if annotation.summary_kind != "abstractive" or not annotation.summary:
        return ()
    return (Piece(words("card.machine_written"), ("italic",)),)


def _summary(annotation: Annotation, evidence: str) -> tuple[str, str]:
    """The one or two sentences in sight, and the rest; without the one that stands right above as evidence."""
    sentences = [sentence for text in annotation.summary[:_SENTENCES] if (sentence := _clean(text))]
    sentences = [sentence for sentence in sentences if sentence != evidence] or sentences
    if not sentences:
        return "", ""
    two = " ".join(sentences[:2])
    if utf16_length(two) <= _LEAD:
        return two, shorten(" ".join(sentences[2:]), _REST)
    lead, tail = split(sentences[0], _LEAD)
    return lead, shorten(" ".join(filter(None, (tail, *sentences[1:]))), _REST)


def _quotes(annotation: Annotation, words: Texts) -> list[Line]:
    """The first quotes that the summary doesn't already hold."""
    summary = " ".join(annotation.summary)
    new = [quote for quote in annotation.quotes[:_SENTENCES] if quote.text not in summary]
    return [line for quote in new if (line := _quote(quote, words))][:_QUOTES]


def _quote(quote: Quote, words: Texts) -> Line:
    text, speaker = shorten(_clean(quote.text).strip('"“” '), _QUOTE), _name(quote.speaker)
    if not text or not speaker or utf16_length(speaker) > _ITEM:
        return ()
    return _plain(f"{_QUOTE_ICON} " + words("card.quote", text=_quoted(text), speaker=speaker))


def _organizations(annotation: Annotation, words: Texts) -> Line:
    organizations = annotation.organizations
    items = _items(organizations, lambda organization: _plain(_name(organization.name)))
    line = _listing(words("card.organizations"), items, len(organizations), _ORGANIZATIONS, words)
    return _mark(line, annotation, "organizations")


def _places(annotation: Annotation, words: Texts) -> Line:
    places = sorted(_told_once(annotation.places), key=lambda place: not place.event)
    line = _listing(_PLACE_ICON, _items(places, _place), len(places), _PLACES, words)
    return _mark(line, annotation, "places")


def _told_once(places: Sequence[Place]) -> list[Place]:
    """Without provinces that stand behind the name of another place anyway."""
    told = {place.within for place in places}
    return [place for place in places if place.kind != "province" or place.event or place.name not in told]


def _place(place: Place) -> Line:
    """'Kota Bandung, Jawa Barat'; a name that may mean several places as 'Banjar? (Kota Banjar, Jawa Barat / …)'."""
    name, within = _name(place.name), _name(place.within)
    if not name:
        return ()
    kinds: tuple[SpanKind, ...] = ("bold",) if place.event else ()
    if place.candidates:
        meant = " / ".join(_located(_name(one.name), _name(one.within)) for one in place.candidates[:_CANDIDATES])
        return _detailed(Piece(f"{name}?", kinds), f" ({meant})" if len(place.candidates) <= _CANDIDATES else "")
    return _detailed(Piece(name, kinds), _located("", within) if within != name else "")


def _located(name: str, within: str) -> str:
    return f"{name}, {within}" if within else name


def _figures(annotation: Annotation, words: Texts) -> Line:
    figures = annotation.figures
    line = _listing(_FIGURE_ICON, _items(figures, _figure), len(figures), _FIGURES, words)
    return _mark(line, annotation, "figures")


def _figure(figure: Figure) -> Line:
    name, role = _name(figure.name), _name(figure.role)
    return _detailed(Piece(name, ("bold",) if figure.main else ()), f" ({role})" if role else "") if name else ()


def _numbers(annotation: Annotation, words: Texts) -> Line:
    numbers = annotation.numbers
    line = _listing(_NUMBER_ICON, _items(numbers, _number), len(numbers), _NUMBERS, words)
    return _mark(line, annotation, "numbers")


def _number(number: Number) -> Line:
    text, what = _name(number.text), _name(number.what)
    known = not what or what.casefold() in text.casefold()
    return _detailed(Piece(text, ("bold",)), "" if known else _counted(text, what)) if text else ()


def _counted(text: str, what: str) -> str:
    """What a number counts, as it follows the number: '23 orang' 'orang tewas' reads on, anything else is explained."""
    written, counted = text.split(), what.split()
    for shared in range(min(len(written), len(counted)), 0, -1):
        if [word.casefold() for word in written[-shared:]] == [word.casefold() for word in counted[:shared]]:
            return f" {' '.join(counted[shared:])}"
    return f" ({what})"


def _topics(followed: Sequence[Followed], words: Texts) -> Line:
    items: list[Line] = [
        (Piece(f"{name}{' ≈' if one.by_meaning else ''}"),)
        for one in followed[:_ITEMS]
        if (name := shorten(_clean(one.name), _ITEM))
    ]
    return _listing(_TOPIC_ICON, items, len(followed), _FOLLOWED, words)


def _legend(annotation: Annotation, words: Texts) -> Line:
    return (Piece(words("card.corrected"), ("italic",)),) if annotation.corrected else ()


def _items(values: Sequence[_T], item: Callable[[_T], Line]) -> list[Line]:
    return [line for value in values[:_ITEMS] if (line := item(value))]


def _listing(heading: str, items: list[Line], total: int, budget: int, words: Texts) -> Line:
    """The items that fit the budget, in order, and how many of `total` are not shown."""
    shown: list[Line] = []
    for item in items:
        size = _size(item) + len(_BETWEEN)
        if size <= budget:
            shown.append(item)
            budget -= size
    if not shown:
        return ()
    if total > len(shown):
        shown.append(_plain(f"+{words.whole(total - len(shown))}"))
    first, *others = shown
    return (Piece(f"{heading} "), *first, *(piece for item in others for piece in (Piece(_BETWEEN), *item)))


def _detailed(name: Piece, detail: str) -> Line:
    whole = (name, Piece(detail))
    return whole if detail and _size(whole) <= _ITEM else (name,)


def _mark(line: Line, annotation: Annotation, *fields: str) -> Line:
    """`line`, marked if a member corrected one of its fields."""
    return (*line, Piece(_CORRECTED)) if line and set(fields) & set(annotation.corrected) else line


def _size(line: Line) -> int:
    return utf16_length("".join(piece.text for piece in line))


def _plain(text: str) -> Line:
    return (Piece(text),) if text else ()


def _quoted(text: str) -> str:
    """`text` in quotation marks, the single ones if it has double ones inside."""
    return f"‘{text}’" if set(text) & set('"“”') else f"“{text}”"


def _clean(text: str | None) -> str:
    return sanitise((text or "")[:_LONGEST_SENTENCE])


def _name(text: str | None) -> str:
    """A short text, sanitised; nothing if it is too long to be one, because names are never cut."""
    return sanitise(text) if text and len(text) <= _LONGEST_NAME else ""


def link_of(article: Article) -> str | None:
    """Where a title leads, if the article has an address that can be linked."""
    return _safe_url(article.url) or _safe_url(article.canonical_url)


def _safe_url(url: str | None) -> str | None:
    """`url` if a tap on it leads where it seems to: a web address without user data or hidden characters."""
    if not url or len(url) > _URL or sanitise(url) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc else None

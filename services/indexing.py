"""An annotation goes in; all by which it can be found comes out: its words, names, amounts and moment."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services import tokens
from services.models import Annotation, NameKind, Place

# The database's index takes words up to a megabyte a text; what follows is no news article.
_MOST_WORDS, _MOST_HEAD, _MOST_NAMES, _MOST_ALIASES = 20_000, 400, 60, 8
_LONGEST_NAME = 200
_MOST_TEXT, _MOST_INITIALS = 100_000, 14
_BRACKETED = re.compile(r" \(([A-Z][A-Za-z]{1,11})\)")
_TOMORROW = timedelta(days=1)
_VERB = re.compile(r"(?:me(?:m|n|ng|ny|l|r|w)?|di|ber|ter)[a-z]{3,}|\d+")
_Weight = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something named: `name` as people read it, `key` as it is compared, `aliases` keys that mean it."""

    kind: NameKind
    name: str
    key: str
    aliases: tuple[str, ...]
    mentions: int
    main: bool
    role: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What an article is found by.

    `words`: every word, every two neighbours ('kereta cepat'), stems of ordinary words ('~bangun') and what the article
    is about ('^banjir'). `head`: what it is ranked by, words at places with weights, in PostgreSQL's way of writing.
    `amounts`: values with their units. `at`: when it was published, else when it came.
    """

    at: datetime
    tone: str
    media: str
    words: tuple[str, ...]
    head: str
    names: tuple[Named, ...]
    amounts: tuple[tuple[float, str | None], ...]


def index_entry(annotation: Annotation, came_at: datetime) -> Entry:
    """What an article is found by; `came_at` is when the chat got it."""
    article = annotation.article
    names = tuple(_names(annotation))
    head = _head(annotation, names)
    return Entry(
        at=_moment(article.published, came_at),
        tone=annotation.tone.label,
        media=article.outlet.type,
        words=_words(annotation, [word for word, _ in head]),
        head=" ".join(f"'{word}':{at}{weight}" for at, (word, weight) in enumerate(head, 1)),
        names=names,
        amounts=tuple({(one.value, one.unit) for one in annotation.numbers[:_MOST_NAMES] if one.value is not None}),
    )


def name_key(name: str) -> str:
    """A name as names are compared: 'Kota Bandung' -> 'kota bandung'."""
    return tokens.fold(name[:_LONGEST_NAME])


def subjects(annotation: Annotation, limit: int) -> tuple[str, ...]:
    """What an article is about in single words: those of its title that are no names; its text repeats the first."""
    article = annotation.article
    text = article.text[:_MOST_TEXT]
    found, ordinary = tokens.words(text), tokens.ordinary(text)
    title = dict.fromkeys(tokens.words(article.title))
    told = [
        word
        for word in title
        if (word in ordinary or tokens.asked_stem(word)) and len(word) > 3 and not _VERB.fullmatch(word)
    ]
    return tuple(sorted(told, key=lambda word: -found.count(word))[:limit])


def _moment(published: datetime | None, came_at: datetime) -> datetime:
    """Pages err about their date: what seems to come from tomorrow came today."""
    return published if published and published.year > 1970 and published <= came_at + _TOMORROW else came_at


def _words(annotation: Annotation, about: Sequence[str]) -> tuple[str, ...]:
    article = annotation.article
    text = f"{article.title}\n{article.text}"
    found = tokens.words(text)[:_MOST_WORDS]
    stems = (f"~{one}" for one in tokens.stems(tokens.ordinary(text).intersection(found)))
    subject = (f"^{one}" for one in about if not one.startswith("~"))
    return tuple({*found, *tokens.pairs(found), *stems, *subject})


def _head(annotation: Annotation, names: Iterable[Named]) -> list[tuple[str, _Weight]]:
    """Title, names and summary, word by word and weighted; stems of ordinary words follow them."""
    title, summary = annotation.article.title, " ".join(annotation.summary)
    parts: list[tuple[list[str], _Weight]] = [
        (tokens.words(title), "A"),
        (_stemmed(title), "B"),
        ([word for one in names if one.kind not in ("country", "outlet") for word in one.key.split()], "B"),
        (tokens.words(summary), "C"),
        (_stemmed(summary), "C"),
    ]
    return [(word, weight) for found, weight in parts for word in found][:_MOST_HEAD]


def _stemmed(text: str) -> list[str]:
    # A title may write every word with a capital; here a wrong stem costs little.
    return [f"~{one}" for one in sorted(tokens.stems(tokens.words(text.lower())))]


def _names(annotation: Annotation) -> Iterator[Named]:
    for figure in annotation.figures[:_MOST_NAMES]:
        yield from _named("figure", figure.name, figure.aliases, figure.mentions, figure.main, figure.role)
    for place in annotation.places[:_MOST_NAMES]:
        yield from _place_names(place)
    yield from _containing(annotation.places)
    shortened = _abbreviations(annotation.article.text)
    for organization in annotation.organizations[:_MOST_NAMES]:
        aliases = shortened.get(name_key(organization.name), ())
        yield from _named("organization", organization.name, aliases, organization.mentions)
    outlet = annotation.article.outlet
    if outlet.name or outlet.domain:
        domain = outlet.domain or ""
        yield from _named("outlet", outlet.name or domain, (domain, domain.partition(".")[0]))


def _abbreviations(text: str) -> dict[str, list[str]]:
    """Names that a text abbreviates in brackets, both ways: 'Badan Riset dan Inovasi Nasional (BRIN)'."""
    found: dict[str, list[str]] = {}
    for match in itertools.islice(_BRACKETED.finditer(text[:_MOST_TEXT]), _MOST_NAMES):
        short, written = match[1], text[max(0, match.start() - _LONGEST_NAME) : match.start()].split()
        name = _abbreviated(written, short)
        if name:
            found.setdefault(name_key(name), []).append(short)
            found.setdefault(name_key(short), []).append(name)
    return found


def _abbreviated(written: Sequence[str], short: str) -> str | None:
    """The last words, as far back as their initials spell the abbreviation."""
    left = short.casefold()
    for back, word in enumerate(reversed(written), 1):
        if word[:1].isupper() and left.endswith(word[0].casefold()):
            left = left[:-1]
            if not left:
                return " ".join(written[-back:])
        elif word[:1].isupper() or back > _MOST_INITIALS:
            return None
    return None


def _place_names(place: Place) -> Iterator[Named]:
    if place.kind not in ("province", "country"):
        yield from _named("place", place.name, place.surfaces, place.mentions, place.event)


def _containing(places: Sequence[Place]) -> Iterator[Named]:
    """Each province and country of the places once: named itself, or because one of its places is."""
    provinces, countries = dict[str, tuple[Place, bool]](), dict[str, tuple[Place, bool]]()
    for place in places[:_MOST_NAMES]:
        if place.kind == "province":
            provinces[place.name] = place, True
        elif place.country == "ID" and place.within and not place.candidates:
            provinces.setdefault(place.within, (place, False))
        if place.kind == "country":
            countries[place.name] = place, True
        elif place.country and place.country != "ID" and place.within:
            countries.setdefault(place.within, (place, False))
    for kind, found in (("province", provinces), ("country", countries)):
        for name, (place, own) in found.items():
            yield from _named(_kind(kind), name, place.surfaces if own else (), place.mentions, place.event)


def _kind(kind: str) -> NameKind:
    return "province" if kind == "province" else "country"


def _named(  # noqa: PLR0913, PLR0917 - the facts of a name, in their order
    kind: NameKind, name: str, aliases: Iterable[str], mentions: int = 1, main: bool = False, role: str | None = None
) -> Iterator[Named]:
    key = name_key(name)
    if key:
        others = dict.fromkeys(alias for one in aliases if (alias := name_key(one)) and alias != key)
        yield Named(kind, name[:_LONGEST_NAME], key, tuple(others)[:_MOST_ALIASES], min(mentions, 9999), main, role)

"""A correction goes in; how people read it comes out, and the other way round: what somebody typed after `/koreksi`.

Pure. The typed form says in one line what the buttons say in several taps:

    nada negatif · tokoh + Ani Lestari, bupati · tokoh - Budi · tokoh Jokowi = Joko Widodo · peran Ani Lestari = bupati
    tempat + Kabupaten Garut · tempat - Banjar · tempat Banjar = Kota Banjar · media = Kabar Pagi
    jenis daerah, Jawa Barat · ringkasan - 2
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TypeVar

from handlers.card_text import shorten
from handlers.inert import sanitise
from handlers.texts import Texts
from services.corrections import (
    Correction,
    FigureGone,
    FigureMissed,
    MediaIs,
    OutletIs,
    PlaceGone,
    PlaceIs,
    PlaceMissed,
    RoleIs,
    SamePerson,
    SentenceGone,
    SentenceIs,
    ToneIs,
)
from services.models import Annotation, Figure, OutletType, Place, PlaceKind, ToneLabel
from services.nlp.gazetteer import Entry, gazetteer

_Label = TypeVar("_Label")
LONGEST = 120
_SENTENCE = 90
_COMMAND = re.compile(r"(?P<field>[a-z]+)\s*:?\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_TONES: dict[str, ToneLabel] = {
    "positif": "positive",
    "positive": "positive",
    "netral": "neutral",
    "neutral": "neutral",
    "negatif": "negative",
    "negative": "negative",
}
_TYPES: dict[str, OutletType] = {
    "nasional": "national",
    "national": "national",
    "daerah": "regional",
    "regional": "regional",
    "internasional": "international",
    "international": "international",
    "lain": "unknown",
    "unknown": "unknown",
}
_FIELDS = {
    **dict.fromkeys(("nada", "sentimen", "tone"), "tone"),
    **dict.fromkeys(("tokoh", "figure", "person"), "figure"),
    **dict.fromkeys(("peran", "role"), "role"),
    **dict.fromkeys(("tempat", "place"), "place"),
    **dict.fromkeys(("media", "outlet"), "outlet"),
    **dict.fromkeys(("jenis", "type"), "type"),
    **dict.fromkeys(("ringkasan", "summary"), "summary"),
}


class NotUnderstood(ValueError):
    """What was typed is no correction; `reason` names a sentence of `correct.*`, `choices` what may have been meant."""

    def __init__(self, reason: str, choices: Sequence[str] = ()) -> None:
        self.reason, self.choices = reason, tuple(choices)
        super().__init__(reason)


def short_hash(name: str) -> str:
    """A name in the data of a button, where only 64 bytes fit."""
    return hashlib.sha1(name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:8]


def read_correction(typed: str, annotation: Annotation) -> Correction:
    """The correction that somebody typed of a card. Raises `NotUnderstood`."""
    match = _COMMAND.fullmatch(typed.strip())
    field = _FIELDS.get(match["field"].lower()) if match else None
    rest = clean_name(match["rest"]) if match else ""
    if not rest:
        raise NotUnderstood("usage")
    match field:
        case "tone":
            return ToneIs(_one_of(_TONES, rest))
        case "figure":
            return _read_figure(rest, annotation)
        case "role":
            name, role = _sides(rest)
            return RoleIs(_figure(name, annotation).name, role)
        case "place":
            return _read_place(rest, annotation)
        case "outlet":
            return OutletIs(rest.removeprefix("=").strip())
        case "type":
            return _read_type(rest)
        case "summary":
            return SentenceGone(_sentence(rest, annotation))
        case _:
            raise NotUnderstood("usage")


def clean_name(text: str) -> str:
    """What somebody typed as a name or a role: on one line, without what is hidden, not too long."""
    name = sanitise(text[: 10 * LONGEST])
    if len(name) > LONGEST:
        raise NotUnderstood("too_long")
    return name


def new_figure(text: str) -> FigureMissed:
    """'Nama' or 'Nama, peran'."""
    name, _, role = clean_name(text).partition(",")
    if not name.strip():
        raise NotUnderstood("usage")
    return FigureMissed(name.strip(), role.strip() or None)


def new_place(text: str) -> PlaceMissed:
    """A place of that name. Raises `NotUnderstood` with the choices where several have it."""
    return PlaceMissed(*_facts(_only_place(clean_name(text))))


def places_called(name: str) -> list[Entry]:
    """Every place that may be meant by a name, the likeliest first; with or without 'Kota' and 'Kabupaten'."""
    bare = re.sub(r"^(?:kota|kabupaten|kab\.?|provinsi)\s+", "", name, flags=re.IGNORECASE)
    found = dict.fromkeys((*gazetteer().find(name), *gazetteer().find(bare)))
    return sorted(found, key=lambda entry: -entry.weight)


def other_place(place: Place, entry: Entry) -> PlaceIs:
    """Another place is meant by the name of one."""
    return PlaceIs(place.name, place.within, *_facts(entry))


def told(correction: Correction, former: str | None, words: Texts) -> str:
    """A correction as one line: 'Nada: netral → negatif'."""
    change = _told_of_figure(correction, former) or _told_of_rest(correction, former, words)
    return f"{words.one_of('corrected', type(correction).__name__)}: {change}"


def _told_of_figure(correction: Correction, former: str | None) -> str:
    match correction:
        case FigureGone(name=name):
            return f"− {_short(name)}"
        case FigureMissed(name=name, role=role):
            return f"+ {_short(name)}" + (f" ({_short(role)})" if role else "")
        case RoleIs(name=name, role=role):
            return f"{_short(name)}: {_change(_short(former or '–'), _short(role or '–'))}"
        case SamePerson(name=name, other=other):
            return f"{_short(name)} = {_short(other)}"
        case _:
            return ""


def _told_of_rest(correction: Correction, former: str | None, words: Texts) -> str:
    match correction:
        case ToneIs(label=label):
            return _change(words.one_of("tone", former) if former else None, words.one_of("tone", label))
        case PlaceGone(name=name):
            return f"− {_short(name)}"
        case PlaceIs(name=name, meant=meant, meant_within=within):
            return _change(_short(name), _located(meant, within))
        case PlaceMissed(meant=meant, meant_within=within):
            return f"+ {_located(meant, within)}"
        case OutletIs(name=name):
            return _change(_short(former or "–"), _short(name))
        case MediaIs(type=kind, province=province):
            return _change(_type(former, words), _type(kind, words) + (f" ({_short(province)})" if province else ""))
        case SentenceIs(sentence=sentence, better=better):
            return _change(f"“{_sentence_words(sentence)}”", f"“{_sentence_words(better)}”")
        case SentenceGone(sentence=sentence):
            return f"− “{_sentence_words(sentence)}”"
        case _:
            return ""


def _read_figure(rest: str, annotation: Annotation) -> Correction:
    if rest.startswith("+"):
        return new_figure(rest[1:])
    if rest[0] in "-−":
        return FigureGone(_figure(rest[1:], annotation).name)
    name, other = _sides(rest)
    return SamePerson(_figure(name, annotation).name, other)


def _read_place(rest: str, annotation: Annotation) -> Correction:
    if rest.startswith("+"):
        return new_place(rest[1:])
    if rest[0] in "-−":
        place = _place(rest[1:], annotation)
        return PlaceGone(place.name, place.within)
    name, other = _sides(rest)
    return other_place(_place(name, annotation), _only_place(other))


def _read_type(rest: str) -> MediaIs:
    kind, _, province = rest.removeprefix("=").partition(",")
    return MediaIs(_one_of(_TYPES, kind), clean_name(province) or None)


def _sides(rest: str) -> tuple[str, str]:
    one, _, other = rest.partition("=")
    if not one.strip() or not other.strip():
        raise NotUnderstood("usage")
    return one.strip(), other.strip()


def _one_of(table: dict[str, _Label], written: str) -> _Label:
    label = table.get(written.removeprefix("=").strip().lower())
    if label is None:
        raise NotUnderstood("choices", list(table)[::2])
    return label


def _figure(name: str, annotation: Annotation) -> Figure:
    wanted = name.strip().casefold()
    for figure in annotation.figures:
        if wanted in (form.casefold() for form in (figure.name, *figure.aliases)):
            return figure
    raise NotUnderstood("no_such_figure", [_short(figure.name) for figure in annotation.figures[:6]])


def _place(name: str, annotation: Annotation) -> Place:
    wanted = name.strip().casefold()
    for place in annotation.places:
        if wanted in (form.casefold() for form in (place.name, *place.surfaces)):
            return place
    raise NotUnderstood("no_such_place", [_short(place.name) for place in annotation.places[:6]])


def _only_place(name: str) -> Entry:
    """The place that 'Banjar, Jawa Barat', 'Kota Banjar' or 'Banjar' means, where it means one alone."""
    bare, _, within = (part.strip() for part in name.partition(","))
    found = [
        entry for entry in places_called(bare) if not within or (entry.within or "").casefold() == within.casefold()
    ]
    if not found:
        raise NotUnderstood("unknown_place")
    exact = [entry for entry in found if entry.name.casefold() == bare.casefold()]
    if len(exact or found) > 1:
        raise NotUnderstood("several_places", [_located(entry.name, entry.within) for entry in (exact or found)[:5]])
    return (exact or found)[0]


def _sentence(number: str, annotation: Annotation) -> str:
    digits = number.lstrip("-− ")
    if not digits.isdigit() or not 1 <= int(digits) <= len(annotation.summary):
        raise NotUnderstood("no_such_sentence")
    return annotation.summary[int(digits) - 1]


def _facts(entry: Entry) -> tuple[str, PlaceKind, str | None, str | None, str | None]:
    return entry.name, entry.kind, entry.within, entry.country, entry.code


def _change(before: str | None, after: str) -> str:
    return f"{before} → {after}" if before else after


def _type(kind: str | None, words: Texts) -> str:
    return words.one_of("outlet", kind) if kind in ("national", "regional", "international") else "–"


def _located(name: str, within: str | None) -> str:
    return _short(f"{name}, {within}" if within else name)


def _short(text: str) -> str:
    return shorten(sanitise(text[:300]), LONGEST)


def _sentence_words(sentence: str) -> str:
    return shorten(sanitise(sentence[:500]), _SENTENCE)

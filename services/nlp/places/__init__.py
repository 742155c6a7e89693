"""Places of an article: a `Reading` and the dateline go in, resolved places come out, most prominent first.

find names in the text -> choose what each means -> merge into one `Place` each
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from services.models import Candidate, Place
from services.nlp.gazetteer import Entry
from services.nlp.places.choice import Choice, choose_places
from services.nlp.places.names import Name, find_names
from services.nlp.reading import Reading

# The title and what news calls the lead.
_OPENING_SENTENCES = 4
# 'Jakarta, Selasa (26/5/2026)'; 'Singkawang, Cilacap, dan Brebes', 'Lembang (Bandung Barat'.
_DATED = re.compile(
    r"(?:, [A-Z]\w*(?: [A-Z]\w*){0,2}){0,2},? (?:Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu)?[ \w]{0,12}\(\d{1,2}[/ ]"
)
_NEXT = re.compile(r" ?[,(] ?(?:dan |serta )?(?:Kabupaten |Kota |Kecamatan |Provinsi )?| (?:dan|serta) ")
_NEAR = 60
_SPORT = re.compile(
    r"\b(?:liga|laga|gol|klub|klasemen|striker|gelandang|bek|kiper|pelatih|skuad|stadion|transfer|bursa|manajer|league|"
    r"serie a|bundesliga|goal|midfielder|defender|squad|club)\b",
    re.IGNORECASE,
)
# So many different ones make an article one about football.
_SPORT_WORDS = 2
_THERE = re.compile(r"\b(?:di|asal|kota|menuju|ibu kota|in|at|city of)\s+$", re.IGNORECASE)
# 'Jembatan serupa dibangun antara lain di Kabupaten Garut' tells of no event there.
_EXAMPLE = re.compile(r"\b(?:antara lain|misalnya|seperti|termasuk)(?: juga)? (?:di|ke) (?:[A-Z]\w+ ){0,2}$")

__all__ = ["resolve_places"]


def resolve_places(reading: Reading, dateline: str | None) -> tuple[Place, ...]:
    """Every place of an article once, most prominent first: in the title, where something happens, often named.

    `dateline` is where it was written, as the outlet says; it is a place of the article, not of the event.
    """
    chosen = choose_places(find_names(reading, dateline))
    events = _events(chosen, reading)
    teams = _teams(chosen, reading) | _clubs(chosen, reading)
    groups: dict[tuple[str, str, str | None], list[int]] = {}
    for number, (name, choice) in enumerate(chosen):
        if not name.part and not (choice.entry.kind == "foreign_city" and name.key in teams):
            groups.setdefault((choice.entry.name, choice.entry.kind, choice.entry.within), []).append(number)
    ranked = sorted(groups.values(), key=lambda numbers: _rank([chosen[number] for number in numbers], numbers, events))
    return tuple(_place(chosen, numbers, events) for numbers in ranked)


def _teams(chosen: Sequence[tuple[Name, Choice]], reading: Reading) -> set[str]:
    """Names that are mostly parts of other names and where nobody is: cities that stand for their teams.

    'dari' and 'ke' are no witnesses: they tell of defeats and transfers.
    """
    parts = Counter(name.key for name, _ in chosen if name.part)
    places = Counter(name.key for name, _ in chosen if not name.part)
    there = {name.key for name, _ in chosen if _is_there(name, reading)}
    return {key for key in parts if parts[key] >= places[key]} - there


def _clubs(chosen: Sequence[tuple[Name, Choice]], reading: Reading) -> set[str]:
    """Names of cities abroad that an article about football uses for their clubs: nobody is there."""
    sport = {match.group().casefold() for one in reading.sentences for match in _SPORT.finditer(one.text)}
    if len(sport) < _SPORT_WORDS:
        return set()
    cities = {name.key for name, choice in chosen if choice.entry.kind == "foreign_city"}
    return cities - {name.key for name, _ in chosen if _is_there(name, reading)}


def _is_there(name: Name, reading: Reading) -> bool:
    """Whether something is said to be there: in the dateline, behind 'di', before a date in brackets."""
    if name.sentence < 0 or _is_dated(name, reading):
        return True
    text = reading.sentences[name.sentence].text
    return _THERE.search(text, max(0, name.start - _NEAR), name.start) is not None


def _is_dated(name: Name, reading: Reading) -> bool:
    return _DATED.match(reading.sentences[name.sentence].text, name.end, name.end + _NEAR) is not None


def _rank(
    chosen: Sequence[tuple[Name, Choice]], numbers: Sequence[int], events: set[int]
) -> tuple[bool, bool, bool, int, int, int]:
    """Mere venues last; then the title's places first, then where something happens, then the often named."""
    first = chosen[0][0]
    in_title = any(name.sentence == 0 for name, _ in chosen)
    happens = not events.isdisjoint(numbers)
    return (chosen[0][1].entry.kind == "other", not in_title, not happens, -len(chosen), first.sentence, first.start)


def _events(chosen: Sequence[tuple[Name, Choice]], reading: Reading) -> set[int]:
    """The names where something happens: behind 'di', before a date in brackets, and what these are listed with."""
    found: set[int] = set()
    for number, (name, choice) in enumerate(chosen):
        if name.sentence < 0:
            continue
        continues = number - 1 in found and name.between is not None and _NEXT.fullmatch(name.between)
        text = reading.sentences[name.sentence].text
        # 'Di Indonesia …' deep in a text is how things are, not what happened.
        located = name.located and (choice.entry.kind != "country" or name.sentence < _OPENING_SENTENCES)
        located = located and not _EXAMPLE.search(text, max(0, name.start - _NEAR), name.start)
        if _is_dated(name, reading) or located or continues:
            found.add(number)
    return found


def _place(chosen: Sequence[tuple[Name, Choice]], numbers: Sequence[int], events: set[int]) -> Place:
    choice = chosen[numbers[0]][1]
    entry: Entry = choice.entry
    return Place(
        name=entry.name,
        kind=entry.kind,
        within=entry.within,
        country=entry.country,
        code=entry.code,
        mentions=len(numbers),
        event=any(number in events for number in numbers),
        surfaces=tuple(dict.fromkeys(chosen[number][0].text for number in numbers)),
        candidates=tuple(Candidate(one.name, one.within, one.code) for one in choice.candidates),
    )

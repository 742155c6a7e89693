"""Finds names of places in sentences: a `Reading` goes in, every `Name` that is used as a place comes out.

Two witnesses speak for a name: the encoder's mentions and the gazetteer. The words around it may speak against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.models import PlaceKind
from services.nlp.gazetteer import Entry, gazetteer, name_key, place_words
from services.nlp.places.line import Line, Stretch, kind_of
from services.nlp.places.parts import is_acting, is_part
from services.nlp.reading import Mention, Reading
from services.nlp.words import common_words

_LONGEST_DATELINE = 200
_SURE_LOC, _VERY_SURE_LOC = 0.6, 0.8
_LARGE_WORD_BEFORE = re.compile(r"\b([A-Z]\w*) $")
_LIST = re.compile(r"\s?,?\s?(?:dan|serta|hingga|and)?\s?")
# None of these words is a name by itself.
_NO_NAMES = ("sites", "directions", "organization", "state", "tails", "days")
# So often the encoder must call a name something else than a place, net, before that is believed everywhere.
_OUTVOTED = -2
# The weight of a city with a million inhabitants.
_LARGE_CITY = 60.0
# The weight of a city with half a million inhabitants.
_KNOWN_CITY = 57.0
# Kinds with so many names that some are of everything.
_LESSER_KINDS: frozenset[PlaceKind] = frozenset({"district", "foreign_city"})


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a place in a sentence: `start` and `end` are offsets, `meanings` what the gazetteer knows of it.

    `stated` is the kind that the text gives it ('Kabupaten Garut', 'Bupati Garut'). `part` tells that it belongs to
    another name ('Polres Garut'): no place, but it tells where we are. `located`: behind 'di'. `between`: what parts it
    from the name before it in the sentence, None for the first.
    """

    text: str
    sentence: int
    start: int
    end: int
    meanings: tuple[Entry, ...]
    stated: PlaceKind | None
    part: bool = False
    located: bool = False
    between: str | None = None

    @property
    def key(self) -> str:
        """The form under which the gazetteer knows it."""
        return name_key(self.text)


def find_names(reading: Reading, dateline: str | None) -> list[Name]:
    """Every name of a place, in reading order; those of the dateline come first and have sentence -1."""
    by_sentence: dict[int, list[Mention]] = {}
    for mention in reading.mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    names = list(_written_at(dateline))
    for number, sentence in enumerate(reading.sentences):
        names += _in_line(Line(number, sentence.text, by_sentence.get(number, ())))
    votes = _votes(reading.mentions)
    names = [name for name in names if votes[name.key] > _OUTVOTED or name.located or not _is_lesser(name)]
    return _agreed(names, reading)


def _votes(mentions: Sequence[Mention]) -> Counter[str]:
    """By name, how much oftener the encoder calls it a place than anything else."""
    votes = Counter[str]()
    for mention in mentions:
        votes[name_key(mention.text)] += 1 if mention.kind == "LOC" else -1
    return votes


def _is_lesser(name: Name) -> bool:
    """Whether a name means no region or country that everybody knows, as far as the text and the tables tell."""
    return name.stated is None and {one.kind for one in name.meanings} <= _LESSER_KINDS


def _agreed(names: Sequence[Name], reading: Reading) -> list[Name]:
    """The names, where what is a part of a longer name once ('The Voice Jerman') is so everywhere."""
    before = [_word_before(name, reading) for name in names]
    parts = {(word, name.key) for word, name in zip(before, names, strict=True) if word and name.part}
    return [
        replace(name, part=name.part or (word, name.key) in parts) for word, name in zip(before, names, strict=True)
    ]


def _word_before(name: Name, reading: Reading) -> str:
    """The large word before a name that may be of a longer name with it; empty without."""
    if name.sentence < 0:
        return ""
    match = _LARGE_WORD_BEFORE.search(reading.sentences[name.sentence].text[max(0, name.start - 40) : name.start])
    return match.group(1) if match and kind_of(match.group(1).casefold()) is None else ""


def _written_at(dateline: str | None) -> Iterator[Name]:
    for part in re.finditer(r"[^,/()]+", (dateline or "")[:_LONGEST_DATELINE]):
        text = part.group().strip()
        meanings = gazetteer().find(text)
        if meanings:
            yield Name(text, -1, part.start(), part.end(), tuple(meanings), None)


def _in_line(line: Line) -> Iterator[Name]:
    last: Name | None = None
    position = 0
    while position < len(line.words):
        name, length = _at(line, position, last) if line.capital(position) else (None, 1)
        if name:
            last = replace(name, between=line.text[last.end : name.start] if last else None)
            yield last
        position += length


def _at(line: Line, position: int, last: Name | None) -> tuple[Name | None, int]:
    """The name that starts at a word, if any, and how many words are dealt with."""
    if village := _village(line, position):
        seen = village.mention("LOC") is not None and line.number > 0
        if _is_ordinary(village) and not seen:
            return None, village.length
        return _name(village, "district", part=is_part(village)), village.length
    known = _longest(line, position)
    if known.length < 2 and (site := _site(line, position)):
        return _name(site, "other") if site.mention("LOC") else None, site.length
    if known.meanings and _is_whole(known):
        return _judge(known, last), known.length
    return _unknown(line, position, last)


def _village(line: Line, position: int) -> Stretch | None:
    """The name of a village ('Desa Batang Duku'), of which there is no table."""
    titled = line.word(position - 1) in place_words("villages") and line.capital(position - 1)
    if not titled or line.gap(position) not in (" ", ". ") or line.words[position].group().isupper():
        # 'Dusun XIV Desa Firdaus'
        return None
    return Stretch(line, position, _read_words(line, position, line.large_words(position)))


def _read_words(line: Line, position: int, most: int) -> int:
    """How many of the large words from a word on are one name: those that the encoder read as one, if it did."""
    mention = line.mention("LOC", line.words[position].start(), line.words[position].end())
    if mention is None:
        return most
    return max(1, sum(one.start() < mention.end for one in line.words[position : position + most]))


def _site(line: Line, position: int) -> Stretch | None:
    """The name of a building, a road, a water ('Jembatan Ampera')."""
    length = line.large_words(position) if line.word(position) in place_words("sites") else 1
    if length < 2 or (line.word(position) == "pasar" and _longest(line, position + 1).may_be("country")):
        # 'Pasar Jepang' is an economy.
        return None
    # Headlines write large what follows.
    length = max(2, _read_words(line, position, length)) if line.number == 0 else length
    return Stretch(line, position, length - _city_behind(line, position, length))


def _city_behind(line: Line, position: int, length: int) -> int:
    """How many of the last words of a site's name tell its city ('Hotel Melati Surabaya'); roads are called by cities.

    At least two words are left.
    """
    if line.word(position) in place_words("roads"):
        return 0
    for last in range(length - 2, 0, -1):
        known = _longest(line, position + length - last)
        if known.length == last and known.may_be("regency", "city") and not _is_ordinary(known):
            return last
    return 0


def _longest(line: Line, position: int) -> Stretch:
    """The longest name of the gazetteer that starts at a word; without meanings where there is none."""
    for length in range(line.longest_name(position), 0, -1):
        stretch = Stretch(line, position, length)
        last = stretch.after - 1
        # 'Kan ada' is not 'Kanada'.
        ends = line.capital(last) or line.word(last) in place_words("directions")
        if ends and (meanings := gazetteer().find(stretch.text)):
            return replace(stretch, meanings=tuple(meanings))
    return Stretch(line, position, 1)


def _name(stretch: Stretch, stated: PlaceKind | None, *, part: bool = False) -> Name:
    return Name(
        text=stretch.text,
        sentence=stretch.line.number,
        start=stretch.start,
        end=stretch.end,
        meanings=stretch.meanings,
        stated=stated,
        part=part,
        located=stretch.located,
    )


def _judge(known: Stretch, last: Name | None) -> Name | None:
    """A name of the gazetteer, unless it is a person's or nothing speaks for it."""
    if _is_person(known):
        return None
    between = known.line.text[last.end : known.start] if last else None
    # 'dolar Amerika Serikat (AS)': the abbreviation is what the name was.
    repeats = last is not None and last.part and between == " (" and not set(last.meanings).isdisjoint(known.meanings)
    if repeats or is_part(known):
        return _name(known, known.stated, part=True)
    listed = between is not None and _LIST.fullmatch(between) is not None
    goes_on = between == " " and last is not None and _contain(known.meanings, last.meanings)
    return _name(known, known.stated) if goes_on or _is_witnessed(known, listed=listed) else None


def _contain(containers: Sequence[Entry], meanings: Sequence[Entry]) -> bool:
    return any(one.contains(other) for one in containers for other in meanings)


def _is_person(known: Stretch) -> bool:
    """Whether the encoder saw a person and nothing around the name speaks against it."""
    mention = known.mention("PER")
    if mention is None or known.mention("LOC") or known.stated in {one.kind for one in known.meanings}:
        return False
    land = known.may_be("country", "province") and known.word not in place_words("given_names")
    if mention.start >= known.start and mention.end <= known.end:
        return not (land or (known.behind_place_word() and known.may_be("regency", "city")))
    # 'miliarder kelahiran China Chun Wang'
    return not (land and mention.start >= known.start and known.behind_place_word())


def _is_whole(known: Stretch) -> bool:
    """Whether a name that could be many things is all of what the encoder read ('Barat' of 'Nusat Tenggara Barat')."""
    mention = known.mention("LOC")
    if known.may_be("country", "province"):
        return True
    if any(one.kind not in _LESSER_KINDS for one in known.meanings):
        return mention is None or mention.end <= known.end or known.line.number == 0 or not _runs_on(known)
    if known.length == 1 and _says_kind(known.word):
        return False
    if _runs_on(known) and max(one.weight for one in known.meanings) < _LARGE_CITY:
        return False
    line = known.line
    last = known.after - 1 + (line.word(known.after) in place_words("directions"))
    return mention is None or (
        mention.start >= line.words[known.first].start() and mention.end <= line.words[last].end()
    )


def _runs_on(known: Stretch) -> bool:
    """Whether a further large word follows that is no direction, no day and begins no larger place ('Aston Villa')."""
    line, after = known.line, known.after
    follows = line.gap(after) in (" ", "-") and line.capital(after)
    if not follows or kind_of(line.word(after)) or line.word(after) in place_words("directions") | place_words("days"):
        return False
    return not _longest(line, after).may_be("province", "country")


def _says_kind(word: str) -> bool:
    return kind_of(word) is not None or any(word in place_words(table) for table in _NO_NAMES)


def _is_witnessed(known: Stretch, *, listed: bool) -> bool:
    """Whether enough speaks for a place: the encoder, or a form that is hardly anything else."""
    kinds = {one.kind for one in known.meanings}
    ordinary = known.length == 1 and _is_ordinary(known)
    if known.mention("LOC"):
        return not (ordinary and kinds <= _LESSER_KINDS)
    if known.mention("ORG") and "country" in kinds:
        return True
    if known.stated in kinds or (ordinary and not known.text.isupper()):
        return known.stated in kinds and not (ordinary and known.stated == "district")
    if kinds & {"country", "province"}:
        return known.length > 1 or known.line.number == 0 or not known.behind_name() or is_acting(known)
    if _precedes_container(known) or (kinds == {"foreign_city"} and _speaks_for_itself(known)):
        return True
    return bool(kinds & {"regency", "city"}) and (listed or _is_plain(known) or _stands_alone(known))


def _speaks_for_itself(known: Stretch) -> bool:
    """Whether a city abroad is known enough to need no other witness ('Washington dan Teheran berunding')."""
    headline = known.line.number == 0
    if (
        headline
        or known.line.capital(known.position - 1)
        or _runs_on(known)
        or known.mention("ORG")
        or known.text.isupper()
    ):
        return False
    return max(one.weight for one in known.meanings) >= _KNOWN_CITY


def _is_plain(known: Stretch) -> bool:
    """Whether the form of a name is hardly that of anything else ('Jaksel', 'Jakarta Selatan')."""
    if known.length == 1:
        return name_key(known.text) in gazetteer().short
    return not _says_kind(known.word) and not _is_ordinary(known)


def _is_ordinary(stretch: Stretch) -> bool:
    """Whether all of its words are words of the language."""
    return all(word in common_words() for word in stretch.text.casefold().split())


def _precedes_container(known: Stretch) -> bool:
    """Whether what contains it stands behind it ('Lembang, Bandung Barat')."""
    line, after = known.line, known.after
    if line.gap(after) not in (", ", " (") or not line.capital(after):
        return False
    return _contain(_longest(line, after).meanings, known.meanings)


def _stands_alone(known: Stretch) -> bool:
    """Whether a name stands behind a word of place and no further large word of the text is next to it."""
    line = known.line
    follows = line.gap(known.after) == " " and line.capital(known.after) and line.number > 0
    return line.word(known.position - 1) in place_words("locative") and not follows


def _unknown(line: Line, position: int, last: Name | None) -> tuple[Name | None, int]:
    """A name that only the encoder tells to be a place."""
    word = line.words[position]
    mention = line.mention("LOC", word.start(), word.end())
    if mention is None or mention.start != word.start() or _says_kind(line.word(position)):
        return None, 1
    length = sum(1 for one in line.words[position : position + len(mention.text)] if one.start() < mention.end)
    stretch = Stretch(line, position, length)
    if meanings := gazetteer().find_misspelt(mention.text):
        return _judge(replace(stretch, meanings=tuple(meanings)), last), length
    if _is_doubtful(stretch, mention.score) or _names_more(stretch) or is_part(stretch):
        return None, 1
    return _name(stretch, stretch.stated), length


def _is_doubtful(stretch: Stretch, score: float) -> bool:
    if stretch.length == 1:
        least = _SURE_LOC if stretch.located else _VERY_SURE_LOC
        cut = stretch.located and _runs_on(stretch)
        return score < least or stretch.text.isupper() or stretch.word in common_words() or cut
    return score < _SURE_LOC or stretch.length > stretch.line.reach + 1


def _names_more(stretch: Stretch) -> bool:
    """Whether a later word of a mention is a well-known name by itself ('Gateway Banjarbaru')."""
    later = (at for at in range(stretch.position + 1, stretch.after) if stretch.line.capital(at))
    return any(one.kind not in _LESSER_KINDS for at in later for one in _longest(stretch.line, at).meanings)

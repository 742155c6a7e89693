"""Finds names of places in sentences: a `Reading` goes in, every `Name` that is used as a place comes out.

Two witnesses speak for a name: the encoder's mentions and the gazetteer. The words around it speak against it: a name
inside that of an organization, a competition or a person is no place.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.models import PlaceKind
from services.nlp.gazetteer import Entry, gazetteer, name_key, place_words
from services.nlp.reading import Mention, MentionKind, Reading
from services.nlp.words import common_words, word_table

_WORD = re.compile(r"\w+")
# Within a name words stand apart by one of these; a comma or a full stop of a sentence parts names.
_JOINTS = frozenset({" ", "-", "'", "’", ". ", ".", " & ", "/", ""})
_LONGEST_NAME = 5
_LONGEST_DATELINE = 200
# Sentences of machine-made noise can be long; names behind this many words aren't looked for.
_MOST_WORDS = 2_000
_SURE_LOC, _VERY_SURE_LOC = 0.6, 0.8
_LIST = re.compile(r"\s*,?\s*(?:dan|serta|hingga|and)?\s*")
# None of these words is a name by itself.
_NO_NAMES = ("sites", "directions", "organization", "tails", "days")
# The weight of a city with a million inhabitants.
_LARGE_CITY = 60.0
# Kinds with so many names that some are of everything.
_LESSER_KINDS: frozenset[PlaceKind] = frozenset({"district", "foreign_city"})
_KINDS_BY_WORD: tuple[tuple[str, PlaceKind], ...] = (
    ("villages", "district"),
    ("districts", "district"),
    ("regencies", "regency"),
    ("cities", "city"),
    ("provinces", "province"),
    ("countries", "country"),
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a place in a sentence: `start` and `end` are offsets, `meanings` what the gazetteer knows of it.

    `stated` is the kind that the text gives it ('Kabupaten Garut', 'Bupati Garut'). `inside` tells that it is a part of
    another name ('Polres Garut'): no place, but it tells where we are. `located`: behind 'di'. `between`: what parts it
    from the name before it in the sentence, None for the first.
    """

    text: str
    sentence: int
    start: int
    end: int
    meanings: tuple[Entry, ...]
    stated: PlaceKind | None
    inside: bool
    located: bool
    between: str | None = None

    @property
    def key(self) -> str:
        """The form under which the gazetteer knows it."""
        return name_key(self.text)


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence in words, with the kinds that the encoder gives to characters."""

    number: int
    text: str
    words: tuple[re.Match[str], ...]
    mentions: tuple[Mention, ...]

    def word(self, position: int) -> str:
        """A word in small letters; empty outside the sentence."""
        return self.words[position].group().casefold() if 0 <= position < len(self.words) else ""

    def capital(self, position: int) -> bool:
        return 0 <= position < len(self.words) and self.words[position].group()[0].isupper()

    def gap(self, position: int) -> str:
        """What stands between a word and the one before it."""
        if not 0 < position < len(self.words):
            return "\n"
        return self.text[self.words[position - 1].end() : self.words[position].start()]

    def over(self, start: int, end: int, kind: MentionKind) -> Mention | None:
        """The mention of a kind that overlaps a stretch of characters."""
        return next((one for one in self.mentions if one.kind == kind and one.start < end and start < one.end), None)


def find_names(reading: Reading, dateline: str | None) -> list[Name]:
    """Every name of a place, in reading order; those of the dateline come first and have sentence -1."""
    by_sentence: dict[int, list[Mention]] = {}
    for mention in reading.mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    names = list(_written_at(dateline))
    for number, sentence in enumerate(reading.sentences):
        words = tuple(_WORD.finditer(sentence.text))[:_MOST_WORDS]
        names += _names(_Line(number, sentence.text, words, tuple(by_sentence.get(number, ()))))
    return names


def _written_at(dateline: str | None) -> Iterator[Name]:
    for part in re.finditer(r"[^,/()]+", (dateline or "")[:_LONGEST_DATELINE]):
        text = part.group().strip()
        meanings = gazetteer().find(text)
        if any(one.kind not in _LESSER_KINDS or one.weight > _LARGE_CITY for one in meanings):
            yield Name(text, -1, part.start(), part.end(), tuple(meanings), None, inside=False, located=False)


def _names(line: _Line) -> Iterator[Name]:
    last: Name | None = None
    position = 0
    while position < len(line.words):
        name, length = _at(line, position, last) if line.capital(position) else (None, 1)
        if name:
            last = replace(name, between=line.text[last.end : name.start] if last else None)
            yield last
        position += length


def _at(line: _Line, position: int, last: Name | None) -> tuple[Name | None, int]:
    """The name that starts at a word, if any, and how many words are dealt with."""
    length, meanings = _longest(line, position)
    if village := _village_length(line, position):
        ordinary = village == 1 and line.word(position) in common_words()
        return None if ordinary else _unlisted(line, position, village, "district"), village
    if length < 2 and (site := _site_length(line, position)):
        return _unlisted(line, position, site, "other") if _in_mention(line, position, site) else None, site
    if meanings and _whole(line, position, length, meanings):
        return _judged(line, position, length, meanings, last), length
    return _unknown(line, position)


def _village_length(line: _Line, position: int) -> int:
    """How many words the name of a village has ('Desa Batang Duku'), of which there is no table; 0 for other names."""
    village = line.word(position - 1) in place_words("villages") and line.capital(position - 1)
    return _large_words(line, position) if village and line.gap(position) in (" ", ". ") else 0


def _longest(line: _Line, position: int) -> tuple[int, tuple[Entry, ...]]:
    """The longest name of the gazetteer that starts at a word: its length in words and what it may mean."""
    start = line.words[position].start()
    for length in range(_length_limit(line, position), 0, -1):
        text = line.text[start : line.words[position + length - 1].end()]
        if meanings := gazetteer().find(text):
            return length, tuple(meanings)
    return 0, ()


def _length_limit(line: _Line, position: int) -> int:
    length = 1
    while length < _LONGEST_NAME and position + length < len(line.words) and line.gap(position + length) in _JOINTS:
        length += 1
    return length


def _judged(line: _Line, position: int, length: int, meanings: tuple[Entry, ...], last: Name | None) -> Name | None:
    first = _before_titles(line, position)
    start, end = line.words[position].start(), line.words[position + length - 1].end()
    between = line.text[last.end : start] if last else ""
    # 'dolar Amerika Serikat (AS)': the abbreviation is what the name was.
    inside = last is not None and last.inside and between == " (" and not set(last.meanings).isdisjoint(meanings)
    inside = inside or _in_other_name(line, first, position + length, meanings)
    stated = _stated(line, position)
    listed = last is not None and _LIST.fullmatch(between) is not None
    if _in_person(line, start, end) or (
        not inside and not _witnessed(line, position, length, meanings, stated, listed=listed)
    ):
        return None
    return Name(
        line.text[start:end], line.number, start, end, meanings, stated, inside, _located(line, first, position)
    )


def _whole(line: _Line, position: int, length: int, meanings: Sequence[Entry]) -> bool:
    """Whether a name that could be many things is all of what the encoder read ('Barat' of 'Nusat Tenggara Barat')."""
    start, end = line.words[position].start(), line.words[position + length - 1].end()
    mention = line.over(start, end, "LOC")
    runs_on = _runs_on(line, position + length)
    if any(one.kind not in _LESSER_KINDS for one in meanings):
        longer = mention is not None and mention.end > end and line.number > 0 and runs_on
        return not longer or any(one.kind in ("country", "province") for one in meanings)
    if length == 1 and _means_kind(line.word(position)):
        return False
    if runs_on and max(one.weight for one in meanings) < _LARGE_CITY:
        return False
    first = line.words[_before_titles(line, position)].start()
    directed = position + length + (line.word(position + length) in place_words("directions"))
    return mention is None or (mention.start >= first and mention.end <= line.words[directed - 1].end())


def _runs_on(line: _Line, after: int) -> bool:
    follows = line.gap(after) in (" ", "-") and line.capital(after)
    return follows and line.word(after) not in place_words("directions") | place_words("days")


def _means_kind(word: str) -> bool:
    return _kind_of(word) is not None or any(word in place_words(table) for table in _NO_NAMES)


def _before_titles(line: _Line, position: int) -> int:
    """The first of the words that only say what kind of place a name is ('Kabupaten', 'Kab.')."""
    while (
        line.gap(position) in (" ", ". ") and _kind_of(line.word(position - 1)) and not _is_capital_city(line, position)
    ):
        position -= 1
    return position


def _is_capital_city(line: _Line, position: int) -> bool:
    return line.word(position - 1) == "kota" and line.word(position - 2) in ("ibu", "ibukota")


def _kind_of(word: str) -> PlaceKind | None:
    return _kinds().get(word)


@functools.cache
def _kinds() -> dict[str, PlaceKind]:
    return {word: kind for table, kind in _KINDS_BY_WORD for word in place_words(table)}


def _stated(line: _Line, position: int) -> PlaceKind | None:
    if line.gap(position) not in (" ", ". ") or _is_capital_city(line, position):
        return None
    return _kind_of(line.word(position - 1))


def _located(line: _Line, first: int, position: int) -> bool:
    """Whether something is said to be there: 'di Garut', 'di Kabupaten Garut', 'di kawasan Garut'."""
    happening = place_words("happening")
    if line.word(first - 1) in place_words("around"):
        first -= 1
    return line.word(first - 1) in happening or line.word(position - 1) in happening


def _in_person(line: _Line, start: int, end: int) -> bool:
    return line.over(start, end, "PER") is not None and line.over(start, end, "LOC") is None


def _in_other_name(line: _Line, first: int, after: int, meanings: Sequence[Entry]) -> bool:
    start, end = line.words[first].start(), line.words[after - 1].end()
    if _before_tail(line, after) or _behind_acronym(line, first, meanings) or _names_club(line, first, meanings):
        return True
    if _in_letters(line, first, line.text[start:end]):
        return True
    country = any(one.kind == "country" for one in meanings)
    organization = line.over(start, end, "ORG")
    if organization and (organization.start < start or organization.end > end):
        return not (country and line.word(first - 1) in place_words("government"))
    return _behind_organization(line, first, country=country)


def _before_tail(line: _Line, after: int) -> bool:
    """Whether it begins the name of a competition or a company ('Jogja Financial Festival')."""
    tails = place_words("tails")
    for position in range(after, after + _reach(line)):
        if line.gap(position) not in (" ", "-") or not line.capital(position):
            return False
        if line.word(position) in tails:
            return True
    return False


def _behind_acronym(line: _Line, first: int, meanings: Sequence[Entry]) -> bool:
    """Whether it is the branch of something known by its letters ('BPBD Garut', 'LRT Jakarta')."""
    if line.gap(first) != " " or line.word(first).upper() == line.words[first].group():
        return False
    word = line.words[first - 1].group()
    return len(word) > 2 and word.isupper() and not any(one.kind == "country" for one in meanings)


def _names_club(line: _Line, first: int, meanings: Sequence[Entry]) -> bool:
    """Whether a city stands for its team ('melawan Dortmund', 'Real Madrid')."""
    if not meanings or any(one.kind in ("country", "province") for one in meanings):
        return False
    if line.word(first - 1) in place_words("teams"):
        return True
    return line.number > 0 and meanings[0].kind == "foreign_city" and _behind_name(line, first)


def _in_letters(line: _Line, first: int, text: str) -> bool:
    """Whether letters mean something else: an Indonesian office ('Menteri Kesehatan RI'), dollars, initials."""
    official = text in ("RI", "NKRI", "Republik Indonesia") and line.number > 0
    office = official and line.gap(first) == " " and line.capital(first - 1) and line.word(first - 1) != "pemerintah"
    after = line.text[line.words[first].start() + len(text) :][:1]
    return office or after == "$" or (text.isupper() and line.word(first - 1) in place_words("initials"))


def _reach(line: _Line) -> int:
    """How far a name may go on: headlines write every word large, there only the next ones are surely of it."""
    return 2 if line.number == 0 else 4


def _behind_organization(line: _Line, first: int, *, country: bool) -> bool:
    heads = place_words("organization")
    for back in range(1, _reach(line) + 1):
        position = first - back
        if line.gap(position + 1) != " " or position < 0:
            return False
        word = line.word(position)
        if country and back == 1 and word in place_words("government"):
            return False
        if word in heads and _heads_name(line, position, back):
            return True
        if not line.capital(position):
            return False
    return False


def _heads_name(line: _Line, position: int, back: int) -> bool:
    word = line.words[position].group()
    if line.number == 0 and back > 1 and word.isupper():
        return False
    return word[0].isupper() or word in place_words("things")


def _witnessed(
    line: _Line, position: int, length: int, meanings: Sequence[Entry], stated: PlaceKind | None, *, listed: bool
) -> bool:
    """Whether enough speaks for a place: the encoder, or a form that is hardly anything else."""
    text = line.text[line.words[position].start() : line.words[position + length - 1].end()]
    kinds = {one.kind for one in meanings}
    ordinary = length == 1 and line.word(position) in common_words()
    if _in_mention(line, position, length):
        return not (ordinary and kinds <= _LESSER_KINDS)
    if stated in kinds:
        return not (ordinary and stated == "district")
    if ordinary and not text.isupper():
        return False
    if kinds & {"country", "province"}:
        return length > 1 or line.number == 0 or not _behind_name(line, position)
    return bool(kinds & {"regency", "city"}) and (listed or _alone(line, position, length))


def _in_mention(line: _Line, position: int, length: int) -> bool:
    return line.over(line.words[position].start(), line.words[position + length - 1].end(), "LOC") is not None


def _alone(line: _Line, position: int, length: int) -> bool:
    """Whether a name stands behind a word of place and no further large word is next to it."""
    follows = line.gap(position + length) == " " and line.capital(position + length)
    return line.word(position - 1) in place_words("locative") and not follows


def _behind_name(line: _Line, position: int) -> bool:
    """Whether a large word stands before it that is no office ('Presiden Rusia') and may be of the same name."""
    word = line.word(position - 1)
    known = _kind_of(word) or word in place_words("government") or word in word_table("roles")
    return position > 1 and line.gap(position) == " " and line.capital(position - 1) and not known


def _site_length(line: _Line, position: int) -> int:
    """How many words the name of a building, a road or a water has that starts at a word; 0 where none does."""
    if line.word(position) not in place_words("sites") or line.gap(position + 1) != " ":
        return 0
    length = _large_words(line, position)
    return length if length > 1 else 0


def _unknown(line: _Line, position: int) -> tuple[Name | None, int]:
    """A name that only the encoder tells to be a place."""
    word = line.words[position]
    mention = line.over(word.start(), word.end(), "LOC")
    if mention is None or mention.start != word.start() or _means_kind(line.word(position)):
        return None, 1
    length = sum(1 for one in line.words[position:] if one.start() < mention.end)
    if meanings := gazetteer().find_misspelt(mention.text):
        return replace(_unlisted(line, position, length, None), meanings=tuple(meanings)), length
    if mention.score < _SURE_LOC:
        return None, 1
    lone = word.group().isupper() or line.word(position) in common_words() or mention.score < _VERY_SURE_LOC
    doubtful = (length == 1 and lone) or length > _reach(line) + 1
    if doubtful or _names_more(line, position, length) or _in_other_name(line, position, position + length, ()):
        return None, 1
    return _unlisted(line, position, length, _stated(line, position)), length


def _names_more(line: _Line, position: int, length: int) -> bool:
    """Whether a later word of a mention is a well-known name by itself ('Gateway Banjarbaru')."""
    later = range(position + 1, position + length)
    return any(one.kind not in _LESSER_KINDS for at in later if line.capital(at) for one in _longest(line, at)[1])


def _unlisted(line: _Line, position: int, length: int, stated: PlaceKind | None) -> Name:
    start, end = line.words[position].start(), line.words[position + length - 1].end()
    located = _located(line, _before_titles(line, position), position)
    return Name(line.text[start:end], line.number, start, end, (), stated, inside=False, located=located)


def _large_words(line: _Line, position: int) -> int:
    length = 1
    while length < _LONGEST_NAME and _goes_on(line, position + length):
        length += 1
    return length


def _goes_on(line: _Line, position: int) -> bool:
    """Whether a large word continues the name before it, as 'Kecamatan' in 'Desa Sukamaju Kecamatan Cibiru' doesn't."""
    word = line.word(position)
    if line.gap(position) not in (" ", "-") or not line.capital(position):
        return False
    return word not in place_words("days") and (_kind_of(word) is None or word in place_words("directions"))

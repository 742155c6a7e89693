"""A sentence seen as words: a text and its mentions go in, answers about words and their neighbours come out."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.models import PlaceKind
from services.nlp.gazetteer import Entry, place_words
from services.nlp.reading import Mention, MentionKind
from services.nlp.words import word_table

_WORD = re.compile(r"\w+")
# Sentences of machine-made noise can be long; names behind this many words aren't looked for.
_MOST_WORDS = 2_000
_LONGEST_NAME = 5
# Within a name words stand apart by one of these; a comma parts names.
_JOINTS = frozenset({" ", "-", "'", "’", ". ", ".", " & ", "/"})
_TITLE_GAPS = (" ", ". ")
_KINDS_BY_WORD: tuple[tuple[str, PlaceKind], ...] = (
    ("villages", "district"),
    ("districts", "district"),
    ("regencies", "regency"),
    ("cities", "city"),
    ("provinces", "province"),
    ("countries", "country"),
)


class Line:
    """A sentence in words, with the mentions in it. `number` is the sentence's index; 0 is the title."""

    def __init__(self, number: int, text: str, mentions: Iterable[Mention]) -> None:
        self.number = number
        self.text = text
        self.words = tuple(_WORD.finditer(text))[:_MOST_WORDS]
        self._mentions: dict[MentionKind, list[Mention]] = {}
        for mention in sorted(mentions, key=lambda one: one.end):
            self._mentions.setdefault(mention.kind, []).append(mention)

    @property
    def reach(self) -> int:
        """How many words a name may go on: headlines write every word large, there only the next are surely of it."""
        return 2 if self.number == 0 else 4

    def word(self, position: int) -> str:
        """A word in small letters; empty outside the sentence."""
        return self.words[position].group().casefold() if 0 <= position < len(self.words) else ""

    def capital(self, position: int) -> bool:
        """Whether a word begins with a capital."""
        return 0 <= position < len(self.words) and self.words[position].group()[0].isupper()

    def gap(self, position: int) -> str:
        """What stands between a word and the one before it; a line break at both ends of the sentence."""
        if not 0 < position < len(self.words):
            return "\n"
        return self.text[self.words[position - 1].end() : self.words[position].start()]

    def mention(self, kind: MentionKind, start: int, end: int) -> Mention | None:
        """The first mention of a kind that overlaps a stretch of characters."""
        mentions = self._mentions.get(kind, [])
        at = bisect.bisect_right(mentions, start, key=lambda one: one.end)
        return mentions[at] if at < len(mentions) and mentions[at].start < end else None

    def longest_name(self, position: int) -> int:
        """How many words from a word on may be of one name."""
        length = 1
        while length < _LONGEST_NAME and self.gap(position + length) in _JOINTS:
            length += 1
        return length

    def large_words(self, position: int) -> int:
        """How many words from a word on are large and of one name; 'Circuit de Barcelona-Catalunya' are four."""
        length = 1
        while length < _LONGEST_NAME:
            particle = self.gap(position + length) == " " and self.word(position + length) in place_words("particles")
            if not self._goes_on(position + length + particle):
                break
            length += 1 + particle
        return length

    def _goes_on(self, position: int) -> bool:
        # 'Desa Sukamaju Kecamatan Cibiru' are two names, 'Sukamaju Tengah' is one.
        if self.gap(position) not in (" ", "-") or not self.capital(position):
            return False
        word = self.word(position)
        if kind_of(word) is None:
            return word not in place_words("days")
        # 'Cirebon Kota' is one name, too; 'Burengan Kota Kediri' are two.
        return word in place_words("directions") and not self._goes_on(position + 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """`length` words of a line from `position` on, and what the gazetteer says that they may mean."""

    line: Line
    position: int
    length: int
    meanings: tuple[Entry, ...] = ()

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.line.words[self.position].start()

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.line.words[self.after - 1].end()

    @property
    def after(self) -> int:
        """Position of the word behind it."""
        return self.position + self.length

    @property
    def text(self) -> str:
        """It as written."""
        return self.line.text[self.start : self.end]

    @property
    def word(self) -> str:
        """Its first word in small letters."""
        return self.line.word(self.position)

    @property
    def first(self) -> int:
        """Position of the first of the words before it that only say its kind ('Kabupaten', 'Kab.')."""
        position = self.position
        while _titled(self.line, position):
            position -= 1
        return position

    @property
    def stated(self) -> PlaceKind | None:
        """The kind that the word before it gives it ('Kabupaten Garut', 'Bupati Garut')."""
        return kind_of(self.line.word(self.position - 1)) if _titled(self.line, self.position) else None

    @property
    def located(self) -> bool:
        """Whether something is said to be there: 'di Garut', 'di Kabupaten Garut', 'di kawasan Garut'."""
        first = self.first - (self.line.word(self.first - 1) in place_words("around"))
        happening = place_words("happening")
        return self.line.word(first - 1) in happening or self.line.word(self.position - 1) in happening

    def mention(self, kind: MentionKind) -> Mention | None:
        """The mention of a kind that overlaps it."""
        return self.line.mention(kind, self.start, self.end)

    def may_be(self, *kinds: PlaceKind) -> bool:
        """Whether it may mean a place of one of these kinds."""
        return any(one.kind in kinds for one in self.meanings)

    def behind_place_word(self) -> bool:
        """Whether a word of place stands before it or before its kind ('asal Riau', 'asal Kabupaten Tambrauw')."""
        return self.line.word(self.first - 1) in place_words("locative")

    def behind_name(self) -> bool:
        """Whether a large word stands before it that is no office ('Presiden Rusia') and may be of the same name."""
        word = self.line.word(self.first - 1)
        office = kind_of(word) is not None or word in place_words("government") or word in word_table("roles")
        return self.first > 1 and self.line.gap(self.first) == " " and self.line.capital(self.first - 1) and not office


def kind_of(word: str) -> PlaceKind | None:
    """The kind of place that a word before a name says."""
    return _kinds().get(word)


def _titled(line: Line, position: int) -> bool:
    word = line.word(position - 1)
    capital_city = word == "kota" and line.word(position - 2) == "ibu"
    return line.gap(position) in _TITLE_GAPS and kind_of(word) is not None and not capital_city


@functools.cache
def _kinds() -> dict[str, PlaceKind]:
    return {word: kind for table, kind in _KINDS_BY_WORD for word in place_words(table)}

"""The labelled data of WARTA_DATA goes in; a made archive of a chat, up to 100,000 annotated articles, comes out.

Sentences are those of real articles (`detik-2026`, `news-tone`, `cards`). Their persons, places, organizations, amounts
and dates become slots that each made article fills anew: names by Zipf's law, and names that nobody had before at the
rate at which news brings them (Heaps' law). Articles come in stories of one cast and a few days, so words do in bursts.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from services import models
from services.models import Annotation
from services.nlp.gazetteer import Entry

_OUTLETS = Path(__file__).resolve().parent.parent / "services" / "data" / "outlets.csv"
_MODEL = models.ModelInfo("corpus", "1")
_WIDTH, _SPREAD = 384, 0.6
_JAKARTA = timezone(timedelta(hours=7))
_LAST_DAY, _DAYS = datetime(2026, 11, 20, tzinfo=_JAKARTA), 730
_WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_RHYTHM = (1.0, 1.05, 1.05, 1.0, 0.95, 0.6, 0.5)
_LONGEST_STORY = 150
_PERSONS, _OUTLET_COUNT = 20_000, 300
_TONES: dict[models.ToneLabel, float] = {"negative": 0.38, "neutral": 0.38, "positive": 0.24}
_SLOT = re.compile(
    rf"(?P<date>(?:(?:{'|'.join(_WEEKDAYS)}),? )?\(\d{{1,2}}/\d{{1,2}}(?:/\d{{4}})?\))"
    r"|(?P<money>\bRp\.? ?\d(?:[\d.,]{0,20}\d)?(?: (?:ribu|juta|miliar|triliun)\b)?)"
    r"|(?P<share>\b\d{1,3}(?:[.,]\d{1,3})? ?(?:%|persen\b))"
    r"|(?P<people>\b\d[\d.]{0,12} orang\b)"
    r"|(?P<names>\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*)"
)
_NAME_WORD = re.compile(r"[A-Z][a-z]{2,}")
_ORGANIZATION = re.compile(r"[A-Z][\w-]+(?: (?:dan|[A-Z][\w-]*)){0,5}")
_OFFICES = ("Polres", "Pemkab", "Dinas Perhubungan", "Kejaksaan Negeri", "BPBD", "Universitas", "RSUD", "DPRD", "KPU")
_CONSONANTS, _VOWELS, _ENDS = "bcdfghjklmnprstwy", "aeiou", ("", "n", "s", "ng", "r", "k", "h")

T = TypeVar("T")


class _Sentence(NamedTuple):
    """A real sentence: `form` has a `%s` for each of `slots`, a kind and which of its kind in its article."""

    form: str
    slots: tuple[tuple[str, int], ...]
    words: int


class _Source(NamedTuple):
    """A real article."""

    title: _Sentence
    sentences: list[_Sentence]


class _Person(NamedTuple):
    name: str
    role: str | None

    @property
    def last(self) -> str:
        """The name by which news goes on to speak of somebody."""
        return self.name.rpartition(" ")[2]


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who and what an article speaks of; each list holds as many as an article may name."""

    persons: list[_Person]
    places: list[Entry]
    organizations: list[str]


@dataclass(frozen=True, slots=True)
class _Story:
    """What several outlets write about: a real article's number, and a cast."""

    source: int
    cast: _Cast


class _Ranked(Generic[T]):
    """Things, the most usual first, drawn by Zipf's law; `shift` flattens its head."""

    def __init__(self, things: Iterable[T], shift: float) -> None:
        self._things = list(things)
        self._weights = list(itertools.accumulate(1 / (rank + shift) for rank in range(len(self._things))))

    def draw(self, rng: random.Random, count: int) -> list[T]:
        """Different things, in the order of drawing."""
        drawn = dict.fromkeys(rng.choices(self._things, cum_weights=self._weights, k=count))
        while len(drawn) < count:
            drawn |= dict.fromkeys(rng.choices(self._things, cum_weights=self._weights))
        return list(drawn)


class _Coiner:
    """Makes names up; a Pitman-Yor process says when one is new: there are ever more, ever more slowly."""

    _DISCOUNT, _STRENGTH = 0.9, 100

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._said, self._distinct = rng, list[str](), 0

    def name(self) -> str:
        """A new name or one of before, likelier the oftener it was said."""
        new = (self._STRENGTH + self._DISCOUNT * self._distinct) / (self._STRENGTH + len(self._said))
        if self._rng.random() < new:
            name, self._distinct = _spelt(self._distinct), self._distinct + 1
        else:
            name = self._rng.choice(self._said)
        self._said.append(name)
        return name


def _spelt(number: int) -> str:
    """A name for a number; each of the first 600,000 has its own."""
    syllables = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
    # Neighbours don't look alike: the factor shares no divisor with the count of names.
    rest, second = divmod(number * 379_721 % len(syllables) ** 3, len(syllables))
    name = syllables[second] + syllables[rest % len(syllables)] + syllables[rest // len(syllables)]
    return name.capitalize() + _ENDS[number % len(_ENDS)]


def annotations(folder: Path, count: int, seed: int) -> Iterator[Annotation]:
    """The made archive, oldest first; `folder` is that of `WARTA_DATA`. The same for the same `seed` and `count`.

    Texts have 200 to 350 words, vectors are of length 1. The first comes after some seconds of reading.
    """
    rng = random.Random(seed)
    newsroom = _Newsroom(folder, rng)
    vectors = _vectors(len(newsroom.sources), seed)
    next(vectors)
    for number, (moment, story) in enumerate(sorted(newsroom.plan(count), key=lambda one: one[0])):
        yield newsroom.write(number, moment, story, vectors.send(story.source))

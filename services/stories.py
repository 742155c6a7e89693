"""Articles of several outlets go in; which of them tell of the same event, and which of the same affair, comes out.

Two articles are compared by their vectors, by how much of each headline the other article has, by the words of the
beginning and of the rest, by numbers, by the dates they name, and by the time between. Words weigh by how rare they are
in news. Two small logistic regressions make probabilities of that (`data/story_weights.json`, fitted by
`training.stories`): the same event, or the same affair that goes on. Names of persons, places and organizations count
as the rare words they are; a likeness of their own made it worse. Stories are clusters by average link, so one weak
link doesn't chain two events.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from services.models import Annotation

Relation = Literal["same", "affair"]
Story = tuple["Telling", ...]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

FEATURES = ("cosine", "headline", "beginning", "rest", "numbers", "other_dates", "near", "days")

_DATA = Path(__file__).parent / "data"
_OPENING_WORDS = 160
_BEGINNING_WORDS = 45
_TITLE_COUNTS = 2
# Nearness is that of the vectors and of the words; nobody has more neighbours that are looked at closely than these.
_MOST_NEAR = 100
_SKETCH = 512
_ROWS = 512
_HOURS: Mapping[Relation, float] = {"same": 96.0, "affair": 14 * 24.0}
# An event is told for half a day; then it fades.
_FRESH_HOURS, _FADING_HOURS = 12.0, 6.0
# A chance too small to lift an average that matters.
_LEAST = 0.02

_WORD = re.compile(r"[^\W_]+")
_MONTH_NAMES = (
    "januari january jan|februari february feb|maret march mar|april apr|mei may|juni june jun|juli july jul|"
    "agustus august agu ags aug|september sept sep|oktober october okt oct|november nov|desember december des dec"
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for name in names.split()}
_SLASHED = re.compile(r"(?<![\d/.,])(\d{1,2})/(\d{1,2})(?:/(?:20)?\d\d)?(?![\d/])")
_SPELT = re.compile(rf"(?<![\d.,/])(\d{{1,2}}) ({'|'.join(_MONTHS)})\b(?: (?:19|20)\d\d\b)?", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,/])\d{1,15}(?:[.,]\d{1,15}){0,6}(?![\w/]|[.,]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Telling:
    """An article as far as stories are told apart by it.

    `opening` is the first 160 words of the body; `at` has a zone. `numbers` is what the text counts, as written,
    `dates` are the days it names ('18/9'). An empty `vector` is one that isn't known.
    """

    id: int
    title: str
    opening: str
    outlet: str | None
    at: datetime
    vector: tuple[float, ...]
    numbers: frozenset[str]
    dates: frozenset[str]


def telling(id: int, annotation: Annotation, at: datetime) -> Telling:  # noqa: A002 - the archive's own word
    """An annotated article as a telling; `at` is when it appeared, or when it was shared if it doesn't say."""
    article = annotation.article
    opening = " ".join(article.text.split()[:_OPENING_WORDS])
    dates, numbers = _dates_and_numbers(f"{article.title}\n{opening}")
    return Telling(
        id=id,
        title=article.title,
        opening=opening,
        outlet=article.outlet.domain or article.outlet.name,
        at=at,
        vector=annotation.vector,
        numbers=numbers,
        dates=dates,
    )


def same_story(one: Telling, other: Telling) -> float:
    """How probable it is that both report the same event (a digest would list them once)."""
    return _chance("same", one, other)


def same_affair(one: Telling, other: Telling) -> float:
    """How probable it is that both belong to one ongoing affair, on whatever day of it."""
    return _chance("affair", one, other)


def group_stories(tellings: Iterable[Telling], least: float | None = None) -> tuple[Story, ...]:
    """Every telling in one story, alone if need be: the largest stories first, then the newest; within one the first
    telling first. `least` is the mean chance from which two stories are one, as fitted where it isn't given.
    """
    ordered = _in_order(tellings)
    clusters = _clusters("same", ordered, [[index] for index in range(len(ordered))], least)
    return _sorted(tuple(ordered[index] for index in sorted(cluster)) for cluster in clusters)


def group_affairs(stories: Iterable[Story], least: float | None = None) -> tuple[tuple[Story, ...], ...]:
    """Every story in one affair, alone if need be: affairs of most stories first, then the newest; within one the
    oldest story first.
    """
    days = sorted((tuple(_in_order(story)) for story in stories if story), key=lambda story: _order(story[0]))
    members = [(one, day) for day, story in enumerate(days) for one in story]
    members.sort(key=lambda member: _order(member[0]))
    starts: list[list[int]] = [[] for _ in days]
    for index, (_, day) in enumerate(members):
        starts[day].append(index)
    clusters = _clusters("affair", [one for one, _ in members], starts, least)
    found = [tuple(days[day] for day in sorted({members[index][1] for index in cluster})) for cluster in clusters]
    return tuple(sorted(found, key=lambda affair: (-len(affair), *_newest(affair[-1]))))


def likenesses(one: Telling, other: Telling) -> tuple[float, ...]:
    """The values of `FEATURES` for two tellings; what `training.stories` fits."""
    return tuple(map(float, _likenesses(_in_order((one, other)), np.array([0]), np.array([1]))[0]))


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One logistic regression: `weights` in the order of `FEATURES`, and the chance from which its word is taken."""

    weights: tuple[float, ...]
    intercept: float
    least: float


@dataclass(frozen=True, slots=True)
class _Bags:
    """Weighed words of many texts as two tables, a row a text, filled up with a word of no weight."""

    ids: Whole
    weights: Floats
    words: int


def threshold(relation: Relation) -> float:
    """The chance from which two tellings are taken for one story, or one affair."""
    return _fitted(relation).least


@functools.cache
def _weights() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DATA / "story_weights.json").read_text("utf-8"))
    return found


@functools.cache
def _fitted(relation: Relation) -> _Fitted:
    found = _weights()[relation]
    return _Fitted(tuple(found["weights"].get(name, 0.0) for name in FEATURES), found["intercept"], found["least"])


@functools.cache
def _background() -> tuple[Floats, float, float]:
    """The mean vector of news, and the line that guesses the cosine of unknown vectors from the words."""
    found = _weights()
    return np.array(found["mean"]), found["unknown"]["slope"], found["unknown"]["intercept"]


@functools.cache
def _rarity() -> tuple[Mapping[str, float], float]:
    """How much words weigh, and what those that the table doesn't know weigh."""
    lines = [line.split() for line in (_DATA / "story_words.txt").read_text("utf-8").splitlines()]
    table = {word: float(weight) for weight, *words in lines for word in words}
    return table, max(float(weight) for weight, *_ in lines)


def _chance(relation: Relation, one: Telling, other: Telling) -> float:
    return float(_chances(relation, _in_order((one, other)), np.array([0]), np.array([1]))[0])


def _chances(relation: Relation, tellings: Sequence[Telling], left: Whole, right: Whole) -> Floats:
    fitted = _fitted(relation)
    scores = _likenesses(tellings, left, right) @ np.array(fitted.weights) + fitted.intercept
    return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float64)


def _likenesses(tellings: Sequence[Telling], left: Whole, right: Whole) -> Floats:
    """A row of `FEATURES` for each pair; `left` never falls."""
    titles, openings = [_words(one.title) for one in tellings], [_words(one.opening) for one in tellings]
    firsts = [[*title * _TITLE_COUNTS, *opening[:_BEGINNING_WORDS]] for title, opening in _both(titles, openings)]
    beginning = _alike(_bags([_weighed(words) for words in firsts]), left, right)
    rest = _alike(_bags([_weighed(opening[_BEGINNING_WORDS:]) for opening in openings]), left, right)
    hours = np.abs(_hours(tellings)[left] - _hours(tellings)[right])
    dates = _even([one.dates for one in tellings])
    dated = np.array([bool(one.dates) for one in tellings], dtype=bool)
    both = dated[left] & dated[right]
    columns = (
        _cosines(tellings, left, right, beginning),
        _headlines(titles, openings, left, right),
        beginning,
        rest,
        _overlap(_even([one.numbers for one in tellings]), left, right),
        (both & (_alike(dates, left, right) == 0)).astype(float),
        np.exp(-np.maximum(hours - _FRESH_HOURS, 0) / _FADING_HOURS),
        np.log1p(hours / 24),
    )
    return np.stack(columns, axis=1)


def _cosines(tellings: Sequence[Telling], left: Whole, right: Whole, beginning: Floats) -> Floats:
    """Cosines of the vectors around the mean of news; where one isn't known, what words alike let expect."""
    vectors, known = _vectors(tellings)
    _, slope, intercept = _background()
    found = np.zeros(len(left))
    for start, end in _runs(left):
        found[start:end] = vectors[right[start:end]] @ vectors[left[start]]
    return np.where(known[left] & known[right], found, slope * beginning + intercept)


def _vectors(tellings: Sequence[Telling]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Vectors of length 1 around the mean of news, and which are known; those of another model's width aren't."""
    mean = _background()[0]
    known = np.array([len(one.vector) == len(mean) for one in tellings], dtype=bool)
    vectors = np.zeros((len(tellings), len(mean)))
    for index in np.flatnonzero(known).tolist():
        vector = np.asarray(tellings[index].vector)
        vectors[index] = vector / max(float(np.linalg.norm(vector)), 1e-9) - mean
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), known


def _headlines(titles: Sequence[list[str]], openings: Sequence[list[str]], left: Whole, right: Whole) -> Floats:
    """How much of the weight of each title stands in the other article, the mean of both ways."""
    ids: dict[str, int] = {}
    wholes = _bags([dict.fromkeys([*title, *opening], 1.0) for title, opening in _both(titles, openings)], ids)
    shares = _bags([_shares(title) for title in titles], ids)
    return (_shared(shares, wholes, left, right) + _shared(wholes, shares, left, right)) / 2


def _both(titles: Sequence[list[str]], openings: Sequence[list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    return zip(titles, openings, strict=True)


def _shares(words: Iterable[str]) -> dict[str, float]:
    """Words with their share of the weight of all."""
    table, unknown = _rarity()
    weights = {word: table.get(word, unknown) for word in dict.fromkeys(words)}
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _weighed(words: Iterable[str]) -> dict[str, float]:
    """Words with their weights, as a vector of length 1."""
    table, unknown = _rarity()
    weights = {word: (1 + math.log(times)) * table.get(word, unknown) for word, times in Counter(words).items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / length for word, weight in weights.items()}


def _even(sets: Sequence[frozenset[str]]) -> _Bags:
    return _bags([dict.fromkeys(sorted(words), 1.0) for words in sets])


def _bags(bags: Sequence[Mapping[str, float]], ids: dict[str, int] | None = None) -> _Bags:
    """Bags as tables; those that are made with the same `ids` can be compared."""
    ids = {} if ids is None else ids
    longest = max((len(bag) for bag in bags), default=0)
    table = np.full((len(bags), longest), -1, dtype=np.int64)
    weights = np.zeros((len(bags), longest))
    for row, bag in enumerate(bags):
        table[row, : len(bag)] = [ids.setdefault(word, len(ids)) for word in bag]
        weights[row, : len(bag)] = list(bag.values())
    return _Bags(table, weights, len(ids) + 1)


def _shared(one: _Bags, other: _Bags, left: Whole, right: Whole) -> Floats:
    """The inner product of each pair, of a row of `one` and a row of `other`."""
    found = np.zeros(len(left))
    spread = np.zeros(max(one.words, other.words))
    for start, end in _runs(left):
        row = left[start]
        spread[one.ids[row]] = one.weights[row]
        partners = right[start:end]
        found[start:end] = (spread[other.ids[partners]] * other.weights[partners]).sum(axis=1)
        spread[one.ids[row]] = 0
    return found


def _alike(bags: _Bags, left: Whole, right: Whole) -> Floats:
    return _shared(bags, bags, left, right)


def _overlap(bags: _Bags, left: Whole, right: Whole) -> Floats:
    """What the two rows of each pair share of what both have; nothing where neither has any."""
    shared = _alike(bags, left, right)
    sums = (bags.weights**2).sum(axis=1)
    return np.asarray(shared / np.maximum(sums[left] + sums[right] - shared, 1e-9), dtype=np.float64)


def _runs(left: Whole) -> Iterator[tuple[int, int]]:
    """Where each value of a rising array begins and ends."""
    bounds = [0, *(np.flatnonzero(np.diff(left)) + 1).tolist(), len(left)]
    return itertools.pairwise(bounds) if len(left) else iter(())


def _clusters(
    relation: Relation, ordered: Sequence[Telling], starts: list[list[int]], least: float | None
) -> list[list[int]]:
    """Clusters by average link, beginning with those given; a pair that isn't near counts as no chance."""
    left, right = _near_pairs(ordered, _HOURS[relation])
    chances = _chances(relation, ordered, left, right)
    home = {index: number for number, start in enumerate(starts) for index in start}
    sums: list[dict[int, float]] = [{} for _ in starts]
    for one, other, chance in zip(left.tolist(), right.tolist(), chances.tolist(), strict=True):
        a, b = home[one], home[other]
        if a != b and chance >= _LEAST:
            sums[a][b] = sums[b][a] = sums[a].get(b, 0.0) + chance
    return _merged(sums, starts, threshold(relation) if least is None else least)


def _merged(sums: list[dict[int, float]], starts: list[list[int]], least: float) -> list[list[int]]:
    """Joins the two clusters of the highest mean chance until none is at least `least`; `sums` is used up."""
    clusters: list[list[int] | None] = [list(start) for start in starts]
    sizes = [len(start) for start in starts]

    def mean(a: int, b: int) -> float:
        return sums[a][b] / (sizes[a] * sizes[b])

    heap = [(-mean(a, b), a, b, sizes[a], sizes[b]) for a, row in enumerate(sums) for b in row if a < b]
    heapq.heapify(heap)
    while heap and -heap[0][0] >= least:
        _, a, b, size_a, size_b = heapq.heappop(heap)
        gone, kept = clusters[b], clusters[a]
        if gone is None or kept is None or (sizes[a], sizes[b]) != (size_a, size_b):
            continue  # one of them has grown since
        kept.extend(gone)
        sizes[a] += sizes[b]
        clusters[b] = None
        del sums[a][b]
        for other, chance in sums[b].items():
            if other != a:
                sums[a][other] = sums[other][a] = sums[a].get(other, 0.0) + chance
                del sums[other][b]
        sums[b] = {}
        for other in sums[a]:
            one, two = min(a, other), max(a, other)
            heapq.heappush(heap, (-mean(one, two), one, two, sizes[one], sizes[two]))
    return [cluster for cluster in clusters if cluster is not None]


def _near_pairs(ordered: Sequence[Telling], window: float) -> tuple[Whole, Whole]:
    """Pairs worth a look: of the time around, the most alike by vectors and words, so many for each at most."""
    hours, count = _hours(ordered), len(ordered)
    sketches = np.concatenate([_vectors(ordered)[0], _sketches(ordered)], axis=1).astype(np.float32)
    pairs = [np.zeros(0, dtype=np.int64)]
    for start in range(0, count, _ROWS):
        rows = np.arange(start, min(start + _ROWS, count))
        first = int(np.searchsorted(hours, hours[rows[0]] - window, "left"))
        last = int(np.searchsorted(hours, hours[rows[-1]] + window, "right"))
        likeness = sketches[rows] @ sketches[first:last].T
        likeness[np.abs(hours[rows, None] - hours[None, first:last]) > window] = -np.inf
        likeness[rows - start, rows - first] = -np.inf
        most = min(_MOST_NEAR, last - first)
        near = np.argpartition(-likeness, most - 1, axis=1)[:, :most]
        allowed = np.isfinite(np.take_along_axis(likeness, near, axis=1))
        one, other = np.broadcast_to(rows[:, None], near.shape)[allowed], (near + first)[allowed]
        pairs.append(np.minimum(one, other) * count + np.maximum(one, other))
    codes = np.unique(np.concatenate(pairs))
    return codes // max(count, 1), codes % max(count, 1)


def _sketches(ordered: Sequence[Telling]) -> Floats:
    """The weighed words of each, thrown together into few columns: enough to find what is near."""
    table = np.zeros((len(ordered), _SKETCH))
    for row, one in enumerate(ordered):
        for word, weight in _weighed([*_words(one.title), *_words(one.opening)]).items():
            table[row, zlib.crc32(word.encode()) % _SKETCH] += weight
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9), dtype=np.float64)


def _hours(tellings: Sequence[Telling]) -> Floats:
    return np.array([one.at.timestamp() / 3600 for one in tellings])


def _in_order(tellings: Iterable[Telling]) -> list[Telling]:
    return sorted(tellings, key=_order)


def _order(one: Telling) -> tuple[datetime, int, str]:
    return one.at, one.id, one.title


def _sorted(clusters: Iterable[Story]) -> tuple[Story, ...]:
    """Largest first, then the one with the newest telling."""
    return tuple(sorted(clusters, key=lambda story: (-len(story), *_newest(story))))


def _newest(story: Story) -> tuple[float, int]:
    return -story[-1].at.timestamp(), -story[-1].id


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _dates_and_numbers(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The days that a text names, and its other numbers; years are neither."""
    days = [(int(day), int(month)) for day, month in _SLASHED.findall(text)]
    days += [(int(day), _MONTHS[month.casefold()]) for day, month in _SPELT.findall(text)]
    dates = frozenset(f"{day}/{month}" for day, month in days if 1 <= day <= 31 and 1 <= month <= 12)
    rest = _SPELT.sub(" ", _SLASHED.sub(" ", text))
    return dates, frozenset(number for number in _NUMBER.findall(rest) if not _YEAR.fullmatch(number))

"""The labelled data of WARTA_DATA goes in; a made archive of a chat, up to 100,000 annotated articles, comes out.

Sentences are those of real articles (`detik-2026`, `news-tone`, `cards`). Their persons, places, organizations, amounts
and dates become slots that each made article fills anew: names by Zipf's law, and names that nobody had before at the
rate at which news brings them (Heaps' law). Articles come in stories of one cast and a few days, so words do in bursts.
"""

import csv
import functools
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from services import models
from services.models import Annotation, Article, Evidence, Figure, FigureTone, Number, Tone, ToneScores
from services.nlp.gazetteer import Entry, gazetteer
from services.nlp.sentences import split_sentences
from services.nlp.tone import SURE_FROM
from services.nlp.words import common_words
from services.outlets import find_outlet

_OUTLETS = Path(__file__).resolve().parent.parent / "services" / "data" / "outlets.csv"
_MODEL = models.ModelInfo("corpus", "1")
_WIDTH, _SPREAD = 384, 0.6
_JAKARTA = timezone(timedelta(hours=7))
_LAST_DAY, _DAYS = datetime(2026, 11, 20, tzinfo=_JAKARTA), 730
_WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_RHYTHM = (1.0, 1.05, 1.05, 1.0, 0.95, 0.6, 0.5)
_LONGEST_STORY = 150
_PERSONS, _OUTLET_COUNT = 20_000, 300
# How many of each an article names, at least and at most; a province or country of the text comes on top.
_CAST = {"person": (3, 8), "place": (2, 4), "organization": (2, 6)}
# Of the words that a body gets from real sentences; what is made adds some 30.
_FEWEST_WORDS, _MOST_WORDS, _LONGEST_SENTENCE = 185, 285, 40
_TONES: dict[models.ToneLabel, float] = {"negative": 0.38, "neutral": 0.38, "positive": 0.24}
_SLOT = re.compile(
    rf"(?P<date>(?:(?:{'|'.join(_WEEKDAYS)}),? )?\(\d{{1,2}}/\d{{1,2}}(?:/\d{{4}})?\))"
    r"|(?P<money>\bRp\.? ?\d(?:[\d.,]{0,20}\d)?(?: (?:ribu|juta|miliar|triliun)\b)?)"
    r"|(?P<share>\b\d{1,3}(?:[.,]\d{1,3})? ?(?:%|persen\b))"
    r"|(?P<people>\b\d[\d.]{0,12} orang\b)"
    r"|(?P<names>\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*)"
)
# The slots into which amounts of a unit go.
_AMOUNTS = {"IDR": "money", "%": "share", None: "people"}
_THOUSANDS = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12}
_WORD = re.compile(r"\S+")
_NAME_WORD = re.compile(r"[A-Z][a-z]{2,}")
_ORGANIZATION = re.compile(r"[A-Z][\w-]+(?: (?:dan|[A-Z][\w-]*)){0,5}")
_LONGEST_NAME = 4
_OFFICES = ("Polres", "Pemkab", "Dinas Perhubungan", "Kejaksaan Negeri", "BPBD", "Universitas", "RSUD", "DPRD", "KPU")
_COMPANIES = ("Energi", "Sejahtera", "Tbk", "Logistik", "Nusantara", "Mineral", "Teknologi", "Karya")
_SITES = (
    "Lokasinya di Jalan {street}, Desa {village}, {place}.",
    "Warga Desa {village} di {place} mengenal tempat itu sebagai Kampung {street}.",
    "Hal yang sama pernah terjadi di Kelurahan {village} dan di Jalan {street}, {place}.",
)
_CONSONANTS, _VOWELS, _ENDS = "bcdfghjklmnprstwy", "aeiou", ("", "n", "s", "ng", "r", "k", "h")

Floats = npt.NDArray[np.float32]
Gold = dict[str, Any]
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
    """Who and what a story or an article speaks of."""

    persons: list[_Person]
    places: list[Entry]
    country: Entry
    organizations: list[str]


@dataclass(frozen=True, slots=True)
class _Story:
    """What several outlets write about: a real article by its number, and a cast."""

    source: int
    cast: _Cast


def annotations(folder: Path, count: int, seed: int) -> Iterator[Annotation]:
    """The made archive, oldest first; `folder` is that of `WARTA_DATA`. The same for the same `count` and `seed`.

    Texts have about 200 to 350 words, vectors are of length 1. The first comes after some seconds of reading.
    """
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    newsroom = _Newsroom(folder, rng)
    centres = [_unit(one) for one in noise.standard_normal((len(newsroom.sources), _WIDTH), np.float32)]
    for number, (moment, story) in enumerate(newsroom.plan(count)):
        spread = np.float32(_SPREAD) * _unit(noise.standard_normal(_WIDTH, np.float32))
        vector = tuple(_unit(centres[story.source] + spread).tolist())
        yield newsroom.write(number, moment, story, vector)


def _unit(vector: Floats) -> Floats:
    length: np.float32 = np.sqrt(vector @ vector)
    return vector / length


# Reading: real articles become sentences with slots.


class _Names:
    """Words of persons' names and names of organizations, as the labelled data has them, with how often."""

    def __init__(self, folder: Path, gold: Iterable[Gold]) -> None:
        self.firsts, self.lasts, self.organizations = Counter[str](), Counter[str](), Counter[str]()
        for kind, name in itertools.chain(_tagged(folder), _of_cards(gold)):
            words = name.split()
            if kind == "PER" and 2 <= len(words) <= 3 and all(map(_is_name_word, words)):
                self.firsts[words[0]] += 1
                self.lasts[words[-1]] += 1
            if kind == "ORG" and _ORGANIZATION.fullmatch(name) and not _is_common(name):
                self.organizations[name] += 1

    def is_person(self, words: Sequence[str]) -> bool:
        """Whether words are the full name of somebody, most likely."""
        known = words[0] in self.firsts or words[-1] in self.lasts
        return 2 <= len(words) <= 3 and known and all(map(_is_name_word, words))


@functools.cache
def _is_name_word(word: str) -> bool:
    return bool(_NAME_WORD.fullmatch(word)) and not _is_common(word) and _region(word) is None


def _is_common(word: str) -> bool:
    return word.lower() in common_words()


@functools.cache
def _region(name: str) -> Entry | None:
    """The region or country that a name means most likely; None for other names."""
    if len(name) < 4 or _is_common(name):
        return None
    found = (one for one in gazetteer().find(name) if one.kind in ("country", "province", "regency", "city"))
    return max(found, key=lambda one: one.weight, default=None)


def _tagged(folder: Path) -> Iterator[tuple[str, str]]:
    """Kind and text of each name tagged in `idner`: 'Anis PROPN B-PER' a line."""
    for part in ("train", "dev", "test"):
        name, kind = list[str](), ""
        for line in (folder / "idner" / f"{part}.txt").read_text("utf-8").splitlines():
            word, *_, tag = line.split() or ("", "O")
            if not tag.startswith("I-"):
                yield kind, " ".join(name)
                name, kind = [], tag.removeprefix("B-")
            name.append(word)


def _of_cards(gold: Iterable[Gold]) -> Iterator[tuple[str, str]]:
    for one in gold:
        yield from (("PER", figure["name"]) for figure in one["gold"]["figures"])
        yield from (("ORG", name) for name in one["gold"]["organizations"])


def _real_articles(folder: Path, gold: Iterable[Gold]) -> list[tuple[str, list[str]]]:
    """Title and sentences of each, neighbours being of the same section of an outlet ('bola.tempo.co': 'bola')."""
    found = [(one["url"], one["title"], list[str](one["sentences"])) for one in gold]
    for data, title, body in (("detik-2026", "judul", "isi"), ("news-tone", "title", "opening")):
        with (folder / data / "train.csv").open(encoding="utf-8", newline="") as file:
            found += [(row["url"], row[title], _sentences(row[body])) for row in csv.DictReader(file)]
    found.sort(key=lambda one: (urlsplit(one[0]).netloc.removeprefix("www."), one[0]))
    return [(title, sentences) for _, title, sentences in found if sentences]


def _sentences(text: str) -> list[str]:
    return [one.text for one in split_sentences("", text)[1:] if 4 <= len(one.text.split()) <= _LONGEST_SENTENCE]


class _Reader:
    """Finds the slots of one article, numbering persons and the like in their order; counts regions in `regions`."""

    def __init__(self, names: _Names, regions: Counter[Entry]) -> None:
        self._names, self._regions = names, regions
        self._seen = defaultdict[str, dict[str, int]](dict)
        self._amounts = Counter[str]()

    def sentence(self, text: str) -> _Sentence:
        """A sentence with its slots."""
        literals, slots, at = list[str](), list[tuple[str, int]](), 0
        for start, end, slot in self._slots(text):
            literals.append(text[at:start])
            slots.append(slot)
            at = end
        form = "%s".join(literal.replace("%", "%%") for literal in [*literals, text[at:]])
        return _Sentence(form, tuple(slots), len(text.split()))

    def _slots(self, text: str) -> Iterator[tuple[int, int, tuple[str, int]]]:
        for match in _SLOT.finditer(text):
            kind = match.lastgroup or ""
            if kind == "names":
                yield from self._names_in(match)
            else:
                yield *match.span(), (kind, self._amounts[kind])
                self._amounts[kind] += 1

    def _names_in(self, run: re.Match[str]) -> Iterator[tuple[int, int, tuple[str, int]]]:
        """The names in a run of words with capitals, the longest first: 'Presiden Joko Widodo'."""
        words, at = list(_WORD.finditer(run.string, *run.span())), 0
        while at < len(words):
            for size in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + size - 1].end()
                if slot := self._slot(run.string[start:end]):
                    yield start, end, slot
                    break
            at += size

    def _slot(self, name: str) -> tuple[str, int] | None:
        if name in self._names.organizations:
            return self._numbered("organization", name)
        if self._names.is_person(name.split()):
            slot = self._numbered("person", name)
            self._seen["last"].setdefault(name.rpartition(" ")[2], slot[1])
            return slot
        if name in self._seen["last"]:
            return "last", self._seen["last"][name]
        if region := _region(name):
            self._regions[region] += 1
            return self._numbered(region.kind if region.kind in ("country", "province") else "place", region.name)
        return None

    def _numbered(self, kind: str, name: str) -> tuple[str, int]:
        return kind, self._seen[kind].setdefault(name, len(self._seen[kind]))


def _read(title: str, sentences: Iterable[str], names: _Names, regions: Counter[Entry]) -> _Source:
    reader = _Reader(names, regions)
    body = [reader.sentence(one) for one in sentences]
    # A title calls people by the names that the body introduces.
    return _Source(reader.sentence(title), body)


# Ranks: what there is to fill slots with.


class _Ranked(Generic[T]):
    """Things, the most usual first, drawn by Zipf's law; `shift` flattens its head."""

    def __init__(self, things: Iterable[T], shift: float) -> None:
        self._things = list(things)
        self._weights = list(itertools.accumulate(1 / (rank + shift) for rank in range(len(self._things))))

    def draw(self, rng: random.Random, count: int) -> list[T]:
        """So many different things, in the order of drawing."""
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
    rest, last = divmod(number * 379_721 % len(syllables) ** 3, len(syllables))
    first, middle = divmod(rest, len(syllables))
    return (syllables[first] + syllables[middle] + syllables[last]).capitalize() + _ENDS[number % len(_ENDS)]


def _persons(names: _Names, gold: Iterable[Gold], coiner: _Coiner, rng: random.Random) -> list[_Person]:
    roles = sorted({figure["role"] for one in gold for figure in one["gold"]["figures"] if figure["role"]})
    firsts, lasts = list(names.firsts.elements()), list(names.lasts.elements())
    drawn = dict[str, None]()
    while len(drawn) < _PERSONS:
        first, last = rng.choice(firsts), rng.choice(lasts) if rng.random() < 0.6 else coiner.name()
        if first != last:
            drawn[f"{first} {last}"] = None
    return [_Person(name, rng.choice(roles) if rng.random() < 0.55 else None) for name in drawn]


def _outlets() -> list[models.Outlet]:
    """Outlets of the table that have a domain of their own, national ones first."""
    with _OUTLETS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "/" not in row["domain"]]
    rows.sort(key=lambda row: row["type"] != "national")
    return [find_outlet(f"https://{row['domain']}", None) for row in rows[:_OUTLET_COUNT]]


# Writing: slots are filled.


class _Newsroom:
    """Real articles and ranked names, of which `plan` makes stories and `write` articles."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        gold = [json.loads(line) for line in (folder / "cards" / "gold.jsonl").read_text("utf-8").splitlines()]
        names, regions = _Names(folder, gold), Counter[Entry]()
        self.sources = [_read(title, body, names, regions) for title, body in _real_articles(folder, gold)]
        self._rng, self._coiner = rng, _Coiner(rng)
        self._persons = _Ranked(_persons(names, gold, self._coiner, rng), 5)
        self._known = _Ranked([name for name, _ in names.organizations.most_common()], 5)
        entries = dict.fromkeys(itertools.chain.from_iterable(gazetteer().regions.values()))
        ranked = sorted(entries, key=lambda entry: (-regions[entry], -entry.weight))
        self._places = _Ranked([one for one in ranked if one.code], 3)
        self._countries = _Ranked([one for one in ranked if one.kind == "country" and one.country != "ID"], 1)
        self._outlets = _Ranked(_outlets(), 2)

    def plan(self, count: int) -> list[tuple[datetime, _Story]]:
        """The moments at which articles come out, in order, each with its story."""
        rng, planned = self._rng, list[tuple[datetime, _Story]]()
        days = [_LAST_DAY - timedelta(back) for back in range(_DAYS)]
        # Now and then a day brings several times the usual.
        weights = list(itertools.accumulate(_RHYTHM[day.weekday()] * rng.choice((1,) * 24 + (4,)) for day in days))
        while len(planned) < count:
            story = _Story(rng.randrange(len(self.sources)), self._cast())
            (day,) = rng.choices(days, cum_weights=weights)
            size = min(int(rng.paretovariate(1.1)), _LONGEST_STORY, count - len(planned))
            planned += [(_moment(rng, day), story) for _ in range(size)]
        return sorted(planned, key=lambda one: one[0])

    def write(self, number: int, moment: datetime, story: _Story, vector: tuple[float, ...]) -> Annotation:
        """One article of a story; `number` makes its address the only one."""
        rng, picked = self._rng, list(self._picked(story.source))
        cast, numbers = self._recast(story.cast, picked), _numbers(rng)
        values = _values(cast, numbers, moment)
        sentences = [_filled(one, values) for one in picked]
        quotes = _put_in_quotes(rng, sentences, cast)
        sentences += self._closing(" ".join(sentences), cast, numbers)
        text = "\n\n".join(" ".join(sentences[at : at + 2]) for at in range(0, len(sentences), 2))
        tone = _tone(rng, sentences)
        return Annotation(
            article=self._article(number, moment, _title(self.sources[story.source].title, values), text),
            tone=tone,
            summary=tuple(sentences[:2]),
            summary_kind="extractive",
            figures=tuple(_figures(rng, cast, text, tone)),
            places=tuple(_places(rng, cast, text)),
            organizations=tuple(models.Organization(one, text.count(one)) for one in cast.organizations),
            numbers=tuple(one for one in numbers if one.text in text),
            quotes=quotes,
            model=_MODEL,
            vector=vector,
        )

    def _cast(self) -> _Cast:
        rng, most = self._rng, {kind: most for kind, (_, most) in _CAST.items()}
        persons, places = self._persons.draw(rng, most["person"]), self._places.draw(rng, most["place"])
        return _Cast(persons, places, self._countries.draw(rng, 1)[0], self._organizations(most["organization"]))

    def _organizations(self, count: int) -> list[str]:
        """By turns known from the news and made."""
        known = self._known.draw(self._rng, count)
        return [name if at % 2 == 0 else self._made_organization() for at, name in enumerate(known)]

    def _made_organization(self) -> str:
        """An office of some place, or a company of a made-up name."""
        rng = self._rng
        if rng.random() < 0.6:
            return f"{rng.choice(_OFFICES)} {_short(*self._places.draw(rng, 1))}"
        return f"PT {self._coiner.name()} {rng.choice(_COMPANIES)}"

    def _recast(self, cast: _Cast, picked: Iterable[_Sentence]) -> _Cast:
        """As many of a story's cast as the sentences have slots for; the last of them are others in some articles."""
        rng, size = self._rng, _sizes(picked)
        persons, places = cast.persons[: size["person"]], cast.places[: size["place"]]
        organizations = cast.organizations[: size["organization"]]
        if rng.random() < 0.5:
            persons = list(dict.fromkeys([*persons[:-1], *self._persons.draw(rng, size["person"])]))[: size["person"]]
        if rng.random() < 0.5:
            organizations[-1] = self._made_organization()
        return _Cast(persons, places, cast.country, list(dict.fromkeys(organizations)))

    def _picked(self, source: int) -> Iterator[_Sentence]:
        """Most sentences of a real article, and from its neighbours what it lacks to the length wanted."""
        rng = self._rng
        wanted = rng.randint(_FEWEST_WORDS, _MOST_WORDS)
        own = (one for one in self.sources[source].sentences if rng.random() < 0.85)
        near = (self.sources[(source + rng.randint(1, 6)) % len(self.sources)].sentences for _ in itertools.count())
        for sentence in itertools.chain(own, itertools.chain.from_iterable(near)):
            yield sentence
            wanted -= sentence.words
            if wanted <= 0:
                return

    def _closing(self, text: str, cast: _Cast, numbers: Sequence[Number]) -> Iterator[str]:
        """A site of made-up names; then whatever of the cast, and of two numbers, the text hasn't named."""
        street, village = self._coiner.name(), self._coiner.name()
        yield self._rng.choice(_SITES).format(street=street, village=village, place=_short(cast.places[0]))
        named = [*(one.name for one in cast.persons), *map(_short, cast.places[1:]), *cast.organizations]
        missing = [one for one in (*named, *(one.text for one in numbers[:2])) if one not in text]
        if missing:
            yield f"Laporan itu juga menyebut {', '.join(missing)}."

    def _article(self, number: int, moment: datetime, title: str, text: str) -> Article:
        (outlet,), (author,) = self._outlets.draw(self._rng, 1), self._persons.draw(self._rng, 1)
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower())[:60].strip("-")
        url = f"https://{outlet.domain}/{moment:%Y/%m/%d}/{slug}-{number}"
        return Article(title, text, url, url, outlet, "id", (author.name,), moment, None, None)


def _moment(rng: random.Random, day: datetime) -> datetime:
    """Some time of a day, or of the next ones when a story goes on."""
    hours = rng.triangular(0, 24, 10) + rng.expovariate(1 / 8)
    return min(day + timedelta(hours=hours), _LAST_DAY + timedelta(hours=23)).replace(microsecond=0)


def _sizes(picked: Iterable[_Sentence]) -> dict[str, int]:
    highest = {"person": 0, "place": 0, "organization": 0}
    for sentence in picked:
        for kind, which in sentence.slots:
            if kind in highest:
                highest[kind] = max(highest[kind], which + 1)
    return {kind: min(max(highest[kind], least), most) for kind, (least, most) in _CAST.items()}


def _values(cast: _Cast, numbers: Iterable[Number], moment: datetime) -> dict[str, list[str]]:
    """What goes into the slots of each kind, in their order."""
    values = {
        "person": [one.name for one in cast.persons],
        "last": [one.last for one in cast.persons],
        "place": [_short(one) for one in cast.places],
        "province": [_province(cast)],
        "country": [cast.country.name],
        "organization": cast.organizations,
        "date": [f"{_WEEKDAYS[moment.weekday()]} ({moment.day}/{moment.month}/{moment.year})"],
    }
    for number in numbers:
        values.setdefault(_AMOUNTS[number.unit], []).append(number.text)
    return values


def _filled(sentence: _Sentence, values: Mapping[str, Sequence[str]]) -> str:
    return sentence.form % tuple([values[kind][which % len(values[kind])] for kind, which in sentence.slots])


def _short(place: Entry) -> str:
    """A place as a text names it: 'Bandung' for 'Kota Bandung'."""
    return place.name.partition(" ")[2] if place.kind in ("regency", "city") else place.name.removeprefix("DKI ")


def _province(cast: _Cast) -> str:
    return cast.places[0].within or cast.places[0].name


def _title(title: _Sentence, values: Mapping[str, Sequence[str]]) -> str:
    """A title, of a place where it would be the same for all articles of its source."""
    return _filled(title, values) if title.slots else f"{_filled(title, values)} di {values['place'][0]}"


def _numbers(rng: random.Random) -> list[Number]:
    """One of each kind of amounts, and up to two more."""
    kinds = [_money, _share, _people]
    return [make(rng) for make in (*kinds, *rng.choices(kinds, k=rng.randint(0, 2)))]


def _money(rng: random.Random) -> Number:
    times, written = rng.choice(list(_THOUSANDS)), f"{10 ** rng.uniform(0, 3):.1f}"
    text = f"Rp {written.removesuffix('.0').replace('.', ',')} {times}"
    return Number(text, "anggaran", float(written) * _THOUSANDS[times], "IDR")


def _share(rng: random.Random) -> Number:
    value = round(rng.uniform(0.1, 99), 1)
    return Number(f"{value} persen".replace(".", ","), "kenaikan", value, "%")


def _people(rng: random.Random) -> Number:
    value = int(10 ** rng.uniform(0.4, 6))
    return Number(f"{value:,} orang".replace(",", "."), "warga", float(value), None)


def _put_in_quotes(rng: random.Random, sentences: list[str], cast: _Cast) -> tuple[models.Quote, ...]:
    """Make one or two of the sentences, after the first two, what persons of the cast say."""
    free = [at for at, sentence in enumerate(sentences) if at > 1 and not re.search(r'["“”]', sentence)]
    quotes = list[models.Quote]()
    for at, person in zip(sorted(rng.sample(free, min(len(free), rng.randint(1, 2)))), cast.persons, strict=False):
        quote = models.Quote(person.name, sentences[at].rstrip("."))
        sentences[at] = f'"{quote.text}," kata {person.name}{f", {person.role}" if person.role else ""}.'
        quotes.append(quote)
    return tuple(quotes)


def _tone(rng: random.Random, sentences: Sequence[str]) -> Tone:
    (label,) = rng.choices(list(_TONES), list(_TONES.values()))
    confidence = rng.uniform(0.45, 0.98)
    rest = (1 - confidence) * rng.uniform(0.3, 0.7)
    others = itertools.cycle((rest, 1 - confidence - rest))
    scores = ToneScores(**{one: confidence if one == label else next(others) for one in _TONES})
    first, second = (sentences[at] for at in sorted(rng.sample(range(len(sentences)), 2)))
    evidence = (Evidence(first, label, confidence), Evidence(second, label, confidence * 0.9))
    return Tone(label, confidence, confidence >= SURE_FROM, scores, evidence)


def _figures(rng: random.Random, cast: _Cast, text: str, tone: Tone) -> Iterator[Figure]:
    for at, person in enumerate(cast.persons):
        own = FigureTone(tone.label, tone.confidence) if rng.random() < 0.6 else None
        yield Figure(person.name, (person.last,), person.role, text.count(person.last), at == 0, own)


def _places(rng: random.Random, cast: _Cast, text: str) -> Iterator[models.Place]:
    """The cast's places, and its country if the text has come to it."""
    for at, one in enumerate((*cast.places, cast.country)):
        name = _short(one)
        if mentions := text.count(name):
            event = at == 0 or rng.random() < 0.3
            yield models.Place(one.name, one.kind, one.within, one.country, one.code, mentions, event, (name,), ())

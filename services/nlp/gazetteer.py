"""Tables of places: a written name goes in, every place it may mean comes out.

The tables are in `data/` and made by `training.tables`; `data/places.toml` is by hand. `data/NOTICE.md` names sources.
"""

from __future__ import annotations

import functools
import math
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.models import PlaceKind

_DATA = Path(__file__).parent / "data"
_INDONESIA = "ID"
# Shorter names have neighbours that are other names ('Irak', 'Iran'); longer ones don't exist.
_LEAST_MISSPELT, _MOST_MISSPELT = 8, 30
_NOT_IN_KEYS = str.maketrans("", "", " -'’‘ʻ`.,&()/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the tables. `code`: Kemendagri; `country`: ISO 3166 alpha-2; `weight`: how likely it is meant."""

    name: str
    kind: PlaceKind
    within: str | None
    country: str | None
    code: str | None
    weight: float

    def contains(self, other: Entry) -> bool:
        """Whether the other is a part of this one by government."""
        if self.code and other.code:
            return other.code.startswith(f"{self.code}.")
        return self.kind == "country" and other.kind != "country" and self.country == other.country


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names in their `name_key`, and what they may mean. `short`: forms of regencies and cities that only news makes
    up ('Jaksel', 'Kukar').
    """

    regions: dict[str, list[Entry]]
    cities: dict[str, list[str]]
    countries: dict[str, str]
    capitals: frozenset[str]
    short: frozenset[str]
    long_keys: dict[int, list[str]]

    def find(self, name: str) -> list[Entry]:
        """Every place of a name; an abbreviation only in capitals and without points ('AS', not 'as', 'A.S.')."""
        key = name_key(name)
        if key in self.capitals and not (name.isupper() and name.isalpha()):
            return []
        abroad = (_city(row, self.countries) for row in self.cities.get(key, ()))
        return [*self.regions.get(key, ()), *abroad]

    def find_misspelt(self, name: str) -> list[Entry]:
        """Countries and regions from whose long name one letter differs ('Smerika Serikat')."""
        key = name_key(name)
        if not _LEAST_MISSPELT <= len(key) <= _MOST_MISSPELT:
            return []
        near = (other for size in (-1, 0, 1) for other in self.long_keys.get(len(key) + size, ()))
        # One letter can't change both ends; 'Indonesian' is no misspelling.
        similar = (other for other in near if other.startswith(key[:3]) or other.endswith(key[-3:]))
        similar = (other for other in similar if key != f"{other}n")
        return next((self.regions[other] for other in similar if _one_letter_apart(key, other)), [])


def _one_letter_apart(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    same = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[same + (len(shorter) == len(longer)) :] == longer[same + 1 :]


def name_key(name: str) -> str:
    """The form under which a name is found: small letters, without accents, spaces and punctuation."""
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return name.translate(_NOT_IN_KEYS).casefold()


@functools.cache
def place_words(name: str) -> frozenset[str]:
    """One list of words of `data/places.toml`, such as `organization` or `sites`."""
    return frozenset(_by_hand()["words"][name].split())


@functools.cache
def gazetteer() -> Gazetteer:
    """The tables, read once."""
    known = defaultdict[str, list[Entry]](list)
    capitals = set[str]()
    countries: dict[str, str] = {}
    for form, entry in _named(countries):
        key = name_key(form)
        if entry not in known[key]:
            known[key].append(entry)
        if form.isupper():
            capitals.add(key)
    long_keys = defaultdict[int, list[str]](list)
    for key, entries in known.items():
        if len(key) >= _LEAST_MISSPELT - 1 and any(one.kind != "district" for one in entries):
            long_keys[len(key)].append(key)
    return Gazetteer(dict(known), _cities(), countries, frozenset(capitals), _short_forms(), dict(long_keys))


def _short_forms() -> frozenset[str]:
    forms = (form for code, aliases in _by_hand()["aliases"].items() if len(code) == 5 for form in aliases.split(", "))
    return frozenset(map(name_key, forms)) - place_words("ambiguous")


def _named(countries: dict[str, str]) -> Iterator[tuple[str, Entry]]:
    for code, name, others in _rows("countries.tsv"):
        countries.setdefault(code, name)
        entry = Entry(name, "country", None, code, None, 100)
        yield from ((form, entry) for form in (name, *others.split("|")) if form)
    for country, names in _by_hand()["areas"].items():
        for name in names.split(", "):
            within = countries.get(country) if country != _INDONESIA else None
            yield name, Entry(name, "other", within, country or None, None, 88)
    yield from _regions()


def _regions() -> Iterator[tuple[str, Entry]]:
    aliases = _by_hand()["aliases"]
    provinces: dict[str, str] = {}
    for code, name in _rows("regions.tsv"):
        entry = _region(code, name, provinces)
        short = name.partition(" ")[2] if entry.kind in ("regency", "city") else name
        yield short, entry
        if code in aliases:
            yield from ((alias, entry) for alias in aliases[code].split(", "))


def _region(code: str, name: str, provinces: dict[str, str]) -> Entry:
    within = provinces.get(code[:2])
    if len(code) == 2:
        provinces[code] = name
        # 'Yogyakarta' alone is the city.
        return Entry(name, "province", None, _INDONESIA, code, 85 if code == "34" else 95)
    if len(code) > 5:
        return Entry(name, "district", within, _INDONESIA, code, 40)
    if name.startswith("Kota "):
        return Entry(name, "city", within, _INDONESIA, code, 90)
    return Entry(name, "regency", within, _INDONESIA, code, 80)


def _cities() -> dict[str, list[str]]:
    # 32,000 rows: kept as lines until somebody asks for one.
    known: dict[str, list[str]] = {}
    for line in (_DATA / "cities.tsv").read_text("utf-8").splitlines():
        name, _, _, others = line.split("\t")
        for form in (name, *others.split("|")) if others else (name,):
            known.setdefault(name_key(form), []).append(line)
    return known


def _city(row: str, countries: dict[str, str]) -> Entry:
    name, country, thousands, _ = row.split("\t")
    weight = 30 + 10 * math.log10(max(int(thousands), 1))
    return Entry(name, "foreign_city", countries.get(country), country, None, weight)


def _rows(name: str) -> Iterator[list[str]]:
    for line in (_DATA / name).read_text("utf-8").splitlines():
        yield line.split("\t")


@functools.cache
def _by_hand() -> dict[str, dict[str, str]]:
    with (_DATA / "places.toml").open("rb") as file:
        tables: dict[str, dict[str, str]] = tomllib.load(file)
    return tables

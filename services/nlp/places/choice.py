"""Decides which place a name means: all names of an article go in, each comes out with its `Choice`.

A meaning weighs by its rank and its inhabitants; what stands beside the name, elsewhere in the article or in the
dateline adds to it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.models import PlaceKind
from services.nlp.gazetteer import Entry, place_words
from services.nlp.places.names import Name
from services.nlp.words import common_words

_BESIDE, _CLOSER, _IN_ARTICLE, _SAME_PROVINCE, _IN_DATELINE = 60.0, 60.0, 25.0, 15.0, 10.0
# Of namesakes abroad the largest is meant more often than the one whose country happens to be named.
_COUNTRY_IN_ARTICLE = 8.0
# Meanings that weigh nearly the same aren't decided.
_DOUBT = 6.0
_JOINED = re.compile(r" ?[,(/] ?(?:(?:kabupaten|kab\.?|kota|provinsi|kecamatan|kec\.?) )?", re.IGNORECASE)
# 'Desa Sukamaju, Kecamatan Cibiru, Kota Bandung, Jawa Barat': how many steps up the line still counts.
_REACH = 3
_SURE_KINDS: tuple[PlaceKind, ...] = ("province", "city", "regency", "country")
_LIST_GOES_ON = re.compile(r",? (?:dan|serta|hingga|atau|maupun|and|&) (?:(?:kabupaten|kota) )?", re.IGNORECASE)
_JAKARTA = "31"
# The weight of a city with a hundred thousand inhabitants.
_SMALL_CITY = 50.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What a name means; `candidates` are all meanings that fit about as well, empty where that is one."""

    entry: Entry
    candidates: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Beside:
    """What names may mean that stand in line with a name, parted by commas or brackets. `holder`: the region in which
    an address puts it ('Kuningan, Jakarta Selatan').
    """

    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    holder: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Context:
    """Where an article is: codes of regions and countries with the names that say them (in the article, in the
    dateline; `provinces`: where those regions are), and the first province named.
    """

    codes: dict[str, set[str]]
    provinces: dict[str, set[str]]
    dateline: dict[str, set[str]]
    province: str | None

    @property
    def abroad(self) -> bool:
        """Whether a foreign country is named."""
        return any(code.isalpha() and code != "ID" for code in self.codes)


def choose_places(names: Sequence[Name]) -> list[tuple[Name, Choice]]:
    """Every name with its place. Names of one form and one stated kind mean one place in an article."""
    context = _context(names)
    beside = _beside(names)
    kinds = _stated_kinds(names)
    groups: defaultdict[tuple[str, PlaceKind | None], list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        groups[name.key, name.stated or kinds.get(name.key)].append(number)
    chosen: dict[int, Choice] = {}
    for (_, kind), numbers in groups.items():
        choice = _choose(names[numbers[0]], kind, [beside[number] for number in numbers], context)
        chosen |= dict.fromkeys(numbers, choice)
    return [(name, chosen[number]) for number, name in enumerate(names)]


def _stated_kinds(names: Iterable[Name]) -> dict[str, PlaceKind]:
    """The kind of each form of name, where the article always states the same."""
    stated: defaultdict[str, set[PlaceKind]] = defaultdict(set)
    for name in names:
        if name.stated:
            stated[name.key].add(name.stated)
    return {key: next(iter(kinds)) for key, kinds in stated.items() if len(kinds) == 1}


def _context(names: Sequence[Name]) -> _Context:
    anchors = [(name, one) for name in names for one in _of_kind(name.meanings, name.stated)]
    codes = _codes((name.key, one) for name, one in anchors if name.sentence >= 0)
    provinces: defaultdict[str, set[str]] = defaultdict(set)
    for code, keys in codes.items():
        provinces[code[:2]] |= keys
    return _Context(
        codes=codes,
        provinces=dict(provinces),
        dateline=_codes((name.key, one) for name, one in anchors if name.sentence < 0),
        province=next((province for _, one in anchors if (province := _province(one))), None),
    )


def _codes(named: Iterable[tuple[str, Entry]]) -> dict[str, set[str]]:
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for key, one in named:
        code = one.code or one.country
        if code and one.kind in _SURE_KINDS:
            codes[code].add(key)
    return dict(codes)


def _beside(names: Sequence[Name]) -> list[_Beside]:
    runs: list[list[Name]] = []
    places: list[tuple[list[Name], int]] = []
    for name in names:
        if name.between is None or not runs or not _JOINED.fullmatch(name.between):
            runs.append([])
        runs[-1].append(name)
        places.append((runs[-1], len(runs[-1]) - 1))
    lists = {id(run) for run, following in pairwise(runs) if _LIST_GOES_ON.fullmatch(following[0].between or "")}
    return [
        _Beside(
            before=_meanings(run[max(0, at - _REACH) : at]),
            after=_meanings(run[at + 1 : at + 1 + _REACH]),
            holder=() if id(run) in lists else _holder(run[:at], run[at + 1 :][:_REACH]),
        )
        for run, at in places
    ]


def _holder(before: Sequence[Name], after: Sequence[Name]) -> tuple[Entry, ...]:
    """The region behind a name in an address; nothing in a list of regions ('Bandung, Jakarta, Surabaya')."""
    regions = [tuple(one for one in name.meanings if one.kind in _SURE_KINDS) for name in after]
    at = next((number for number, found in enumerate(regions) if found), None)
    if at is None or (before and any(one.kind in ("regency", "city") for one in before[-1].meanings)):
        return ()
    last = at + 1 == len(regions)
    return regions[at] if last or any(big.contains(one) for big in regions[at + 1] for one in regions[at]) else ()


def _meanings(names: Iterable[Name]) -> tuple[Entry, ...]:
    return tuple(one for name in names for one in name.meanings)


def _choose(name: Name, kind: PlaceKind | None, beside: Sequence[_Beside], context: _Context) -> Choice:
    meanings = _of_kind(name.meanings, kind)
    if not meanings:
        return Choice(_unlisted(name, kind, beside, context))
    scores = {one: _score(one, name.key, beside, context) for one in meanings}
    best = max(meanings, key=lambda one: scores[one])
    if any(near.holder and _is_elsewhere(best, near.holder) for near in beside):
        return Choice(_unlisted(name, kind, beside, context))
    if not kind and scores[best] == best.weight and _needs_support(best, name, context):
        return Choice(Entry(name.text, "other", None, None, None, 0))
    near = scores[best] - _DOUBT
    rivals = [one for one in meanings if one != best and scores[one] >= near and not _same_seat(best, one)]
    return Choice(best, (best, *rivals) if rivals else ())


def _is_elsewhere(best: Entry, holder: Sequence[Entry]) -> bool:
    """Whether the tables know a place only outside of where the text puts it: the text means a smaller namesake. Of
    regencies that is believed only in Jakarta, whose quarters are often named like them.
    """
    if any(one == best or one.contains(best) or best.contains(one) for one in holder):
        return False
    if best.kind == "regency":
        return all(one.code is not None and one.code.startswith(_JAKARTA) for one in holder)
    return best.kind == "district"


def _needs_support(best: Entry, name: Name, context: _Context) -> bool:
    """Whether a meaning is believed only with something beside it that speaks for it."""
    if best.kind == "foreign_city":
        return best.weight < _SMALL_CITY and not name.located
    if best.kind == "district":
        return any(code[0].isdigit() for code in context.codes)
    return best.kind == "regency" and all(word in common_words() for word in name.text.casefold().split())


def _of_kind(meanings: Sequence[Entry], kind: PlaceKind | None) -> Sequence[Entry]:
    wanted = ("city", "foreign_city") if kind == "city" else (kind,)
    return [one for one in meanings if one.kind in wanted] or meanings


def _same_seat(best: Entry, other: Entry) -> bool:
    """A city and the regency around it: by custom the bare name is the city."""
    return best.kind == "city" and other.kind == "regency" and best.within == other.within


def _score(meaning: Entry, key: str, beside: Sequence[_Beside], context: _Context) -> float:
    score = meaning.weight
    if any(one.contains(meaning) or meaning.contains(one) for near in beside for one in (*near.before, *near.after)):
        score += _BESIDE
    if any(one.contains(meaning) for near in beside for one in near.after if one.kind in ("regency", "city")):
        score += _CLOSER
    return score + _in_article(meaning, key, context)


def _in_article(meaning: Entry, key: str, context: _Context) -> float:
    """What the places named elsewhere add."""
    score = _IN_DATELINE if any(_is_inside(meaning, code) for code in context.dateline) else 0.0
    # A name doesn't speak for itself: 'Gorontalo' isn't the city because 'Gorontalo' is its province.
    if meaning.kind == "district" and meaning.code and context.provinces.get(meaning.code[:2], set()) - {key}:
        score += _SAME_PROVINCE
    container = _container(meaning)
    if container and context.codes.get(container, set()) - {key}:
        score += _COUNTRY_IN_ARTICLE if meaning.kind == "foreign_city" else _IN_ARTICLE
    return score


def _is_inside(entry: Entry, code: str) -> bool:
    return entry.code.startswith(f"{code}.") if entry.code else code == _container(entry)


def _container(entry: Entry) -> str | None:
    """Code of what next contains a place; that Indonesia does tells little here."""
    if entry.code:
        return entry.code.rpartition(".")[0] or None
    return entry.country if entry.kind != "country" else None


def _unlisted(name: Name, kind: PlaceKind | None, beside: Sequence[_Beside], context: _Context) -> Entry:
    """A place that no table knows, put where its neighbours are; in an article about a region it is a village there."""
    settled = kind not in ("other", "province") and (kind or _names_settlement(name.text))
    for near in beside:
        # 'Setapak, Malaysia', 'Niceville, Florida'
        abroad = next((one for one in near.after[:1] if one.kind in ("country", "other") and _is_abroad(one)), None)
        if abroad and not any(one.kind == abroad.kind for one in near.before):
            country = abroad.within or abroad.name
            return Entry(name.text, "foreign_city" if settled else "other", country, abroad.country, None, 0)
        if province := next((found for one in near.after if (found := _province(one))), None):
            return Entry(name.text, "district" if settled else "other", province, "ID", None, 0)
    village = context.province and name.located and " " not in name.text and not context.abroad
    if settled and (kind == "district" or village):
        return Entry(name.text, "district", context.province, "ID", None, 0)
    return Entry(name.text, "other", None, None, None, 0)


def _is_abroad(entry: Entry) -> bool:
    return entry.country not in (None, "ID")


def _names_settlement(text: str) -> bool:
    """Whether a name looks like that of a town: two words at most, none in capitals, none that says a building."""
    words = text.split()
    built = place_words("sites") | place_words("tails")
    return len(words) <= 2 and not any(word.isupper() or word.casefold() in built for word in words)


def _province(entry: Entry) -> str | None:
    if entry.country != "ID" or entry.kind not in _SURE_KINDS:
        return None
    return entry.name if entry.kind == "province" else entry.within

"""The values that a query is made of; frozen, complete, standard library only.

What `parse` makes and `show` prints: words are in NFC, without quotation marks, control characters and white space;
names and phrases are such words with one space between. `AllOf` and `AnyOf` have two parts or more, none of their own
kind. A `Counted` with both ends includes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.models import NameKind, OutletType, ToneLabel

Unit = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Day:
    """One day."""

    date: date


@dataclass(frozen=True, slots=True)
class Month:
    """One month."""

    year: int
    month: int


@dataclass(frozen=True, slots=True)
class Year:
    """One year."""

    year: int


@dataclass(frozen=True, slots=True)
class Relative:
    """The day, week (from Monday), month or year that lies `back` of them before today's; 0 is today's own."""

    unit: Unit
    back: int


@dataclass(frozen=True, slots=True)
class Last:
    """The last `count` days, weeks, months or years until today, today included."""

    unit: Unit
    count: int


When = Day | Month | Year | Relative | Last


@dataclass(frozen=True, slots=True)
class Everything:
    """All articles: what an empty query asks for."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more words, one after the other."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that the article names."""

    kind: NameKind
    name: str


@dataclass(frozen=True, slots=True)
class Toned:
    """The tone of the article."""

    label: ToneLabel


@dataclass(frozen=True, slots=True)
class Media:
    """The type of the outlet."""

    type: OutletType


@dataclass(frozen=True, slots=True)
class SharedBy:
    """Who shared it: a name or a user name, without its '@'."""

    name: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What the article is about: its title, its summary, the names in it."""

    name: str


@dataclass(frozen=True, slots=True)
class Since:
    """From the first day of something on."""

    when: When


@dataclass(frozen=True, slots=True)
class Until:
    """Up to the last day of something."""

    when: When


@dataclass(frozen=True, slots=True)
class During:
    """From the first to the last day of something."""

    when: When


@dataclass(frozen=True, slots=True)
class Counted:
    """A number in the article between two ends, of which one may be open; `unit` is `IDR`, `USD`, `%` or any."""

    low: float | None
    high: float | None
    low_included: bool
    high_included: bool
    unit: str | None


@dataclass(frozen=True, slots=True)
class Not:
    """Articles that don't answer a query."""

    query: Query


@dataclass(frozen=True, slots=True)
class AllOf:
    """Articles that answer each query."""

    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Articles that answer at least one query."""

    queries: tuple[Query, ...]


Query = (
    Everything | Word | Phrase | Named | Toned | Media | SharedBy | Topic | Since | Until | During | Counted
    | Not | AllOf | AnyOf
)  # fmt: skip

Reason = Literal[
    "unclosed_quote",
    "unclosed_parenthesis",
    "unexpected",
    "empty_field",
    "unknown_field",
    "bad_date",
    "bad_amount",
    "bad_tone",
    "bad_type",
    "bar",
    "too_long",
    "too_deep",
    "too_many",
    "nothing_to_negate",
]


class QueryError(ValueError):
    """A query can't be read: why, at which character, what stands there, and what could stand there instead."""

    def __init__(self, reason: Reason, at: int, found: str = "", choices: tuple[str, ...] = ()) -> None:
        self.reason, self.at, self.found, self.choices = reason, at, found[:40], choices
        super().__init__(reason, at)


def all_of(queries: tuple[Query, ...]) -> Query:
    """All of some queries as one, in its simplest form."""
    parts = _flat(queries, AllOf)
    return parts[0] if len(parts) == 1 else AllOf(parts) if parts else Everything()


def any_of(queries: tuple[Query, ...]) -> Query:
    """Any of some queries as one, in its simplest form."""
    parts = _flat(queries, AnyOf)
    return parts[0] if len(parts) == 1 else AnyOf(parts) if parts else Everything()


def _flat(queries: tuple[Query, ...], kind: type[AllOf | AnyOf]) -> tuple[Query, ...]:
    parts = (query.queries if isinstance(query, kind) else (query,) for query in queries)
    return tuple(part for group in parts for part in group if part != Everything())


def parts_of(query: Query) -> tuple[Query, ...]:
    """The parts that say what, where, who or when, in their order; also those that are not wanted."""
    match query:
        case AllOf(queries=parts) | AnyOf(queries=parts):
            return tuple(one for part in parts for one in parts_of(part))
        case Not(query=inner):
            return parts_of(inner)
        case _:
            return (query,)


def terms(query: Query) -> tuple[Word | Phrase | Named | Topic, ...]:
    """The words, phrases and names that are wanted."""
    match query:
        case AllOf(queries=parts) | AnyOf(queries=parts):
            return tuple(one for part in parts for one in terms(part))
        case Word() | Phrase() | Named() | Topic():
            return (query,)
        case _:
            return ()


def plain_words(query: Query) -> str | None:
    """The words of a query that is made of nothing else; None for one that asks for more, or for an exact phrase."""
    match query:
        case Word(text=text):
            return text
        case AllOf(queries=parts) | AnyOf(queries=parts):
            found = [plain_words(part) for part in parts]
            return None if None in found else " ".join(one for one in found if one)
        case _:
            return None


def replaced(query: Query, part: Query, better: Query) -> Query:
    """The query with another part in the place of one."""
    if query == part:
        return better
    match query:
        case AllOf(queries=parts):
            return all_of(tuple(replaced(one, part, better) for one in parts))
        case AnyOf(queries=parts):
            return any_of(tuple(replaced(one, part, better) for one in parts))
        case Not(query=inner):
            return Not(replaced(inner, part, better))
        case _:
            return query

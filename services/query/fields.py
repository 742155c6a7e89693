"""A field and its value go in, as typed; the part of the query that they are comes out, or a `QueryError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from services.models import NameKind, OutletType, ToneLabel
from services.query.dates import read_when
from services.query.values import (
    Counted,
    During,
    Media,
    Named,
    Query,
    QueryError,
    Reason,
    SharedBy,
    Since,
    Toned,
    Topic,
    Until,
)

NAMES: dict[NameKind, tuple[str, ...]] = {
    "figure": ("tokoh", "figure", "person"),
    "place": ("tempat", "place"),
    "province": ("provinsi", "province"),
    "country": ("negara", "country"),
    "organization": ("org", "organisasi", "lembaga", "organization"),
    "outlet": ("media", "outlet"),
}
TONES: dict[str, ToneLabel] = {
    "positif": "positive",
    "netral": "neutral",
    "negatif": "negative",
    "positive": "positive",
    "neutral": "neutral",
    "negative": "negative",
}
TYPES: dict[str, OutletType] = {
    "nasional": "national",
    "daerah": "regional",
    "internasional": "international",
    "lain": "unknown",
    "national": "national",
    "regional": "regional",
    "lokal": "regional",
    "local": "regional",
    "international": "international",
    "unknown": "unknown",
}
_DATES = "2026-01-31", "2026-01", "kemarin", "pekan-lalu", "3-hari"
_AMOUNTS = ">1triliun", "<10%", ">=Rp500juta", "1juta..5juta"
_MOST = Decimal(10) ** 18
_TIMES = {
    **dict.fromkeys(("ribu", "rb", "k", "thousand"), 3),
    **dict.fromkeys(("juta", "jt", "million"), 6),
    **dict.fromkeys(("miliar", "milyar", "m", "billion", "bn"), 9),
    **dict.fromkeys(("triliun", "t", "trillion", "tn"), 12),
}
_NUMBER = re.compile(
    r"(?P<unit>Rp\.?|IDR|US\$|USD|\$)?\s*(?P<number>\d{1,3}(?:\.\d{3}){1,6}(?:,\d{1,15})?|\d{1,19}(?:[.,]\d{1,30})?)\s*"
    rf"(?P<times>{'|'.join(sorted(_TIMES, key=len, reverse=True))})?\s*(?P<percent>%|persen|percent)?",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"(?P<operator>>=|<=|=|>|<)?(?P<number>.+)", re.DOTALL)


def _named(kind: NameKind) -> Callable[[str], Query | None]:
    return lambda value: Named(kind, value)


def _toned(value: str) -> Query | None:
    return Toned(TONES[value.lower()]) if value.lower() in TONES else None


def _media(value: str) -> Query | None:
    return Media(TYPES[value.lower()]) if value.lower() in TYPES else None


def _shared_by(value: str) -> Query | None:
    name = value.lstrip("@ ")
    return SharedBy(name) if name else None


def _dated(kind: type[Since | Until | During]) -> Callable[[str], Query | None]:
    def read(value: str) -> Query | None:
        when = read_when(value)
        return kind(when) if when else None

    return read


def read_amount(value: str) -> Counted | None:
    """'>1triliun', '<10%', '=50', '1juta..5juta'; None for what is no amount."""
    if ".." in value:
        low, high = (_number(part) for part in value.split("..", 1))
        if low is None or high is None or low[0] > high[0] or (low[1] and high[1] and low[1] != high[1]):
            return None
        return Counted(low[0], high[0], True, True, low[1] or high[1])
    match = _LIMIT.fullmatch(value)
    found = _number(match["number"]) if match else None
    if match is None or found is None:
        return None
    amount, unit = found
    match match["operator"]:
        case ">" | ">=":
            return Counted(amount, None, match["operator"] == ">=", False, unit)
        case "<" | "<=":
            return Counted(None, amount, False, match["operator"] == "<=", unit)
        case _:
            return Counted(amount, amount, True, True, unit)


def _number(written: str) -> tuple[float, str | None] | None:
    match = _NUMBER.fullmatch(written.strip())
    if match is None:
        return None
    number = match["number"]
    grouped = re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", number)
    amount = Decimal(number.replace(".", "").replace(",", ".") if grouped else number.replace(",", "."))
    amount = amount.scaleb(_TIMES.get((match["times"] or "").lower(), 0))
    if amount > _MOST:
        return None
    money = (match["unit"] or "").upper().rstrip(".")
    unit = "%" if match["percent"] else "IDR" if money in ("RP", "IDR") else "USD" if money else None
    return float(amount), unit


FIELDS: dict[str, tuple[Callable[[str], Query | None], Reason, tuple[str, ...]]] = {
    **{name: (_named(kind), "empty_field", ()) for kind, names in NAMES.items() for name in names},
    **dict.fromkeys(("jenis", "type"), (_media, "bad_type", tuple(TYPES)[:4])),
    **dict.fromkeys(("sentimen", "nada", "sentiment", "tone"), (_toned, "bad_tone", tuple(TONES)[:3])),
    **dict.fromkeys(("oleh", "by"), (_shared_by, "empty_field", ())),
    **dict.fromkeys(("topik", "topic"), (Topic, "empty_field", ())),
    **dict.fromkeys(("sejak", "dari", "since"), (_dated(Since), "bad_date", _DATES)),
    **dict.fromkeys(("sampai", "hingga", "until"), (_dated(Until), "bad_date", _DATES)),
    **dict.fromkeys(("tanggal", "date", "on"), (_dated(During), "bad_date", _DATES)),
    **dict.fromkeys(("angka", "number"), (read_amount, "bad_amount", _AMOUNTS)),
}
"""How the value of each field is read; why it can't be, and what could stand there."""


def read_field(name: str, value: str, at: int) -> Query:
    """The part of a query that a field asks for; `at` is where its value stands."""
    read, reason, choices = FIELDS[name.lower()]
    if not value:
        raise QueryError("empty_field", at, name, choices)
    query = read(value)
    if query is None:
        raise QueryError(reason, at, value, choices)
    return query

"""A `Query` goes in; the text that reads back as the same query comes out, in Indonesian."""

from __future__ import annotations

from decimal import Decimal

from services.query.dates import show_when
from services.query.fields import NAMES, TONES, TYPES
from services.query.parse import reads_as_word
from services.query.values import (
    AllOf,
    AnyOf,
    Counted,
    During,
    Everything,
    Last,
    Media,
    Named,
    Not,
    Phrase,
    Query,
    Relative,
    SharedBy,
    Since,
    Toned,
    Topic,
    Until,
    Word,
)

_UNITS = {"IDR": ("Rp", ""), "USD": ("$", ""), "%": ("", "%"), None: ("", "")}


def show(query: Query) -> str:
    """The query as somebody could have typed it."""
    match query:
        case AnyOf(queries=parts):
            return " ATAU ".join(show(part) for part in parts)
        case AllOf(queries=parts):
            return " ".join(f"({show(part)})" if isinstance(part, AnyOf) else show(part) for part in parts)
        case Not(query=inner):
            return f"-({show(inner)})" if isinstance(inner, AnyOf | AllOf | Not) else f"-{show(inner)}"
        case Everything():
            return ""
        case Word(text=text):
            # After a minus, another minus would be a part of it.
            return text if reads_as_word(text) and not text.startswith("-") else f'"{text}"'
        case Phrase(words=words):
            return f'"{" ".join(words)}"'
        case _:
            return _show_field(query)


def _show_field(query: Query) -> str:
    match query:
        case Named(kind=kind, name=name):
            return f"{NAMES[kind][0]}:{_value(name)}"
        case SharedBy(name=name):
            return f"oleh:{_value(name)}"
        case Topic(name=name):
            return f"topik:{_value(name)}"
        case Toned(label=label):
            return f"sentimen:{next(word for word, one in TONES.items() if one == label)}"
        case Media(type=kind):
            return f"jenis:{next(word for word, one in TYPES.items() if one == kind)}"
        case Since(when=when):
            return f"sejak:{show_when(when)}"
        case Until(when=when):
            return f"sampai:{show_when(when)}"
        case During(when=when):
            return show_when(when) if isinstance(when, Relative | Last) else f"tanggal:{show_when(when)}"
        case Counted():
            return f"angka:{_amount(query)}"
        case _:
            raise TypeError(type(query).__name__)


def _value(name: str) -> str:
    plain = not any(character.isspace() or character in '()"|' for character in name)
    return name if plain else f'"{name}"'


def _amount(counted: Counted) -> str:
    low, high = counted.low, counted.high
    if low is not None and high is not None:
        ends = _number(low, counted.unit), _number(high, counted.unit)
        return f"={ends[0]}" if low == high else f"{ends[0]}..{ends[1]}"
    if low is not None:
        return f">{'=' if counted.low_included else ''}{_number(low, counted.unit)}"
    return f"<{'=' if counted.high_included else ''}{_number(high or 0.0, counted.unit)}"


def _number(value: float, unit: str | None) -> str:
    before, after = _UNITS.get(unit, ("", ""))
    return f"{before}{Decimal(repr(value)).normalize():f}".replace(".", ",") + after

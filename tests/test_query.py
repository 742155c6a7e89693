"""The query language: what is typed is understood or answered with where and why; what is printed reads back."""

from __future__ import annotations

import random
import string
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models import NameKind, OutletType, ToneLabel
from services.query import (
    AllOf,
    AnyOf,
    Counted,
    Day,
    During,
    Everything,
    Last,
    Media,
    Month,
    Named,
    Not,
    Phrase,
    Query,
    QueryError,
    Relative,
    SharedBy,
    Since,
    Toned,
    Topic,
    Until,
    When,
    Word,
    Year,
    all_of,
    any_of,
    interval,
    parse,
    parts_of,
    replaced,
    show,
    suggest,
    terms,
)
from services.query.values import Reason

# Every value that `parse` can make

_PLAIN = st.text("abcdefgXYZ0123456789-_.:/()|'ATAUORDN", min_size=1, max_size=12)
_SPECIAL = st.sampled_from(
    ["ATAU", "OR", "DAN", "AND", "BUKAN", "NOT", "kemarin", "7-hari", "-x", "--", "tokoh:Ani", "tokho:x", "(", ")", "|"]
)
_ANY = st.text(min_size=1, max_size=12).map(lambda text: "".join(text.replace('"', "").split()))


def read(text: str) -> str:
    """A word as `parse` would keep it; '' for what it doesn't keep."""
    try:
        query = parse(f'"{text}"')
    except QueryError:
        return ""
    return query.text if isinstance(query, Word) else ""


WORDS = st.one_of(_PLAIN, _SPECIAL, _ANY).map(read).filter(bool)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
WHEN: st.SearchStrategy[When] = st.one_of(
    st.dates(date(1970, 1, 1), date(2100, 12, 31)).map(Day),
    st.builds(Month, st.integers(1970, 2100), st.integers(1, 12)),
    st.builds(Year, st.integers(1970, 2100)),
    st.builds(Relative, st.sampled_from(["day", "week", "month", "year"]), st.integers(0, 5_000)),
    st.builds(Last, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 5_000)),
)
UNITS = st.sampled_from([None, "IDR", "USD", "%"])
AMOUNTS = st.floats(0, 1e17, allow_nan=False).map(lambda value: round(value, 4))
COUNTED = st.one_of(
    st.builds(Counted, AMOUNTS, st.none(), st.booleans(), st.just(value=False), UNITS),
    st.builds(Counted, st.none(), AMOUNTS, st.just(value=False), st.booleans(), UNITS),
    st.tuples(AMOUNTS, AMOUNTS, UNITS).map(lambda one: Counted(min(one[:2]), max(one[:2]), True, True, one[2])),
)
LEAVES: st.SearchStrategy[Query] = st.one_of(
    WORDS.map(Word),
    st.lists(WORDS, min_size=2, max_size=4).map(lambda words: Phrase(tuple(words))),
    st.builds(Named, st.sampled_from(get_args(NameKind)), NAMES),
    st.sampled_from(get_args(ToneLabel)).map(Toned),
    st.sampled_from(get_args(OutletType)).map(Media),
    NAMES.map(lambda name: name.lstrip("@ ")).filter(bool).map(SharedBy),
    NAMES.map(Topic),
    WHEN.map(Since),
    WHEN.map(Until),
    WHEN.map(During),
    COUNTED,
)
QUERIES: st.SearchStrategy[Query] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.filter(lambda query: query != Everything()).map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(tuple(parts))),
    ),
    max_leaves=6,
)


@settings(max_examples=500)
@given(QUERIES)
def test_what_is_printed_reads_back(query: Query) -> None:
    shown = show(query)
    if len(shown) <= 500:
        assert parse(shown) == query


# Hostile input

FRAGMENTS = (
    *("banjir", '"', "“", "(", ")", "-", "--", "ATAU", "OR", "BUKAN", "|", ":", "tokoh:", "sejak:", "angka:>"),
    *(
        "'; drop table articles; --",
        "%(chat)s",
        "%s",
        "\x00",
        "\u202e",
        "\ud800",
        "🙂",
        "\n",
        "\\",
        "' or '1'='1",
        "$$",
    ),
    *('tokoh:"', "((((", "))))", "-(", "angka:1..", "angka:nan", "angka:1e400", "sejak:9999-99", "x" * 90, "İ", "Ǆ"),
    *("https://a.b/c?d=(e", "tokh:", "a:b:c", "…", "\u0301" * 20, "&", "!", "<->", ":*", "@-1"),
)


def hostile(rng: random.Random) -> str:
    """Something that nobody should type."""
    kind = rng.random()
    if kind < 0.25:
        return "".join(chr(rng.choice((rng.randrange(128), rng.randrange(0x3000), rng.randrange(0x110000))))
                       for _ in range(rng.randrange(80)))  # fmt: skip
    if kind < 0.35:
        return rng.choice('()"-|: ') * rng.randrange(700)
    if kind < 0.45:
        return "".join(rng.choices(string.printable, k=rng.randrange(600)))
    return rng.choice(("", " ")).join(rng.choices(FRAGMENTS, k=rng.randrange(1, 14)))


def understood(text: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


def test_ten_thousand_hostile_inputs_are_understood_or_answered() -> None:
    rng = random.Random(11)
    wrong = 0
    for _ in range(10_000):
        text = hostile(rng)
        query, error = understood(text)
        if error:
            wrong += 1
            assert error.reason in get_args(Reason)
            assert 0 <= error.at <= len(text), text
            assert len(error.found) <= 40
        elif query and len(shown := show(query)) <= 500:
            assert parse(shown) == query, text
    assert 1_000 < wrong < 9_000


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ('banjir "rob', "unclosed_quote", 7),
        ("banjir (rob", "unclosed_parenthesis", 7),
        ("banjir) rob", "unexpected", 6),
        ("banjir ATAU", "unexpected", 11),
        ("ATAU banjir", "unexpected", 0),
        ("()", "unexpected", 1),
        ("tokoh:", "empty_field", 6),
        ('x tokoh:""', "empty_field", 8),
        ("x tokho:Ani", "unknown_field", 2),
        ("sejak:besok-lusa", "bad_date", 6),
        ("x tanggal:2026-02-30", "bad_date", 10),
        ("angka:banyak", "bad_amount", 6),
        ("angka:5..1", "bad_amount", 6),
        ("sentimen:sedih", "bad_tone", 9),
        ("jenis:cetak", "bad_type", 6),
        ("a | b", "bar", 2),
        ("a" * 501, "too_long", 500),
        ("(" * 11 + "a" + ")" * 11, "too_deep", 10),
        ("a " * 41, "too_many", 82),
        ("banjir BUKAN", "nothing_to_negate", 12),
        ("banjir -(", "unclosed_parenthesis", 8),
    ],
)
def test_wrong_queries_are_told_where_and_why(text: str, reason: str, at: int) -> None:
    with pytest.raises(QueryError) as told:
        parse(text)
    assert (told.value.reason, told.value.at) == (reason, at)


def test_every_reason_has_an_example_above() -> None:
    examples = {mark.args[1][number][1] for mark in test_wrong_queries_are_told_where_and_why.pytestmark  # type: ignore[attr-defined]
                for number in range(len(mark.args[1]))}  # fmt: skip
    assert examples == set(get_args(Reason))


def test_a_mistyped_field_is_told_which_was_meant() -> None:
    with pytest.raises(QueryError) as told:
        parse("provisi:Bali")
    assert told.value.choices[0] in ("provinsi:", "province:")


# What means what


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Everything()),
        ("  \x00\u202e ", Everything()),
        ("banjir", Word("banjir")),
        ("banjir jakarta", AllOf((Word("banjir"), Word("jakarta")))),
        ("banjir DAN jakarta", AllOf((Word("banjir"), Word("jakarta")))),
        ("a ATAU b c", AnyOf((Word("a"), AllOf((Word("b"), Word("c")))))),
        ("(a OR b) c", AllOf((AnyOf((Word("a"), Word("b"))), Word("c")))),
        ("-a b", AllOf((Not(Word("a")), Word("b")))),
        ("BUKAN (a b)", Not(AllOf((Word("a"), Word("b"))))),
        ("atau or dan", AllOf((Word("atau"), Word("or"), Word("dan")))),
        ('"banjir rob"', Phrase(("banjir", "rob"))),
        ("“banjir rob”", Phrase(("banjir", "rob"))),
        ('"kemarin"', Word("kemarin")),
        ("kemarin", During(Relative("day", 1))),
        ("minggu-ini", During(Relative("week", 0))),
        ("last-week", During(Relative("week", 1))),
        ("7-hari", During(Last("day", 7))),
        (
            "10:30 Rp5 a-b https://a.b/c?d=(e)",
            AllOf((Word("10:30"), Word("Rp5"), Word("a-b"), Word("https://a.b/c?d=(e)"))),
        ),
    ],
)
def test_words_operators_and_times(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("indonesian", "english", "query"),
    [
        ("tokoh:Jokowi", "figure:Jokowi", Named("figure", "Jokowi")),
        ('tempat:"Kota Batu"', 'place:"Kota Batu"', Named("place", "Kota Batu")),
        ("provinsi:Bali", "province:Bali", Named("province", "Bali")),
        ("negara:Malaysia", "country:Malaysia", Named("country", "Malaysia")),
        ("org:BMKG", "organization:BMKG", Named("organization", "BMKG")),
        ("media:kompas.com", "outlet:kompas.com", Named("outlet", "kompas.com")),
        ("jenis:daerah", "type:regional", Media("regional")),
        ("sentimen:negatif", "tone:negative", Toned("negative")),
        ("nada:positif", "sentiment:positive", Toned("positive")),
        ("oleh:@ani", "by:ani", SharedBy("ani")),
        ("topik:banjir", "topic:banjir", Topic("banjir")),
        ("sejak:2026-01", "since:2026-01", Since(Month(2026, 1))),
        ("sampai:kemarin", "until:yesterday", Until(Relative("day", 1))),
        ("tanggal:17-agustus-2026", "date:17-august-2026", During(Day(date(2026, 8, 17)))),
        ('sejak:"3 hari lalu"', 'since:"3 days ago"', Since(Relative("day", 3))),
        ("sejak:31/01/2026", "since:31-1-2026", Since(Day(date(2026, 1, 31)))),
        ("TOKOH:Ani", "Figure:Ani", Named("figure", "Ani")),
        ("angka:>1triliun", "number:>1trillion", Counted(1e12, None, False, False, None)),
        ("angka:>=Rp1,5miliar", "number:>=IDR1.5billion", Counted(1.5e9, None, True, False, "IDR")),
        ("angka:<10%", "number:<10percent", Counted(None, 10, False, False, "%")),
        ("angka:1.500.000", "number:=1500k", Counted(1.5e6, 1.5e6, True, True, None)),
        ("angka:1juta..5juta", "number:1million..5million", Counted(1e6, 5e6, True, True, None)),
        ("angka:>$2juta", "number:>US$2million", Counted(2e6, None, False, False, "USD")),
    ],
)
def test_fields_in_both_languages(indonesian: str, english: str, query: Query) -> None:
    assert parse(indonesian) == parse(english) == query


TODAY = date(2026, 3, 4)  # A Wednesday.


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("hari-ini", TODAY, TODAY),
        ("kemarin", date(2026, 3, 3), date(2026, 3, 3)),
        ("pekan-ini", date(2026, 3, 2), date(2026, 3, 8)),
        ("minggu-lalu", date(2026, 2, 23), date(2026, 3, 1)),
        ("bulan-lalu", date(2026, 2, 1), date(2026, 2, 28)),
        ("tahun-lalu", date(2025, 1, 1), date(2025, 12, 31)),
        ("3-hari", date(2026, 3, 2), TODAY),
        ("2-minggu", date(2026, 2, 19), TODAY),
        ("1-bulan", date(2026, 2, 5), TODAY),
        ("13-bulan-lalu", date(2025, 2, 1), date(2025, 2, 28)),
    ],
)
def test_times_follow_the_day(written: str, first: date, last: date) -> None:
    query = parse(written)
    assert isinstance(query, During)
    assert interval(query.when, TODAY) == (first, last)


@given(WHEN, st.dates(date(1, 1, 1), date(9998, 1, 1)))
def test_every_time_has_its_days(when: When, today: date) -> None:
    first, last = interval(when, today)
    assert first <= last


# Parts of queries


def test_parts_terms_and_replacing() -> None:
    query = parse('banjir -tokoh:Ani (jakarta ATAU "banjir rob") kemarin')
    assert len(parts_of(query)) == 5
    assert terms(query) == (Word("banjir"), Word("jakarta"), Phrase(("banjir", "rob")))
    better = replaced(query, Named("figure", "Ani"), Named("figure", "Ani Lestari"))
    assert show(better) == 'banjir -tokoh:"Ani Lestari" (jakarta ATAU "banjir rob") kemarin'


@pytest.mark.parametrize(
    ("written", "best"),
    [("Pratkino", "Pratikno"), ("Prabwo", "Prabowo Subianto"), ("semrang", "Semarang"), ("widodo joko", "Joko Widodo")],
)
def test_slips_find_what_was_meant(written: str, best: str) -> None:
    known = ["Pratikno", "Prabowo Subianto", "Semarang", "Serang", "Joko Widodo", "Budi Hartono", "Rudi Hartono"]
    assert suggest(written, known)[0] == best


def test_nothing_is_suggested_for_what_is_like_nothing() -> None:
    assert suggest("xylophon", ["Pratikno", "Semarang"]) == []
    assert suggest("Semarang", ["semarang"]) == []

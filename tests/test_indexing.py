"""What an article is found by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import a_figure, a_number, a_place, an_annotation, an_article, an_outlet

from services import tokens
from services.indexing import Entry, index_entry
from services.models import Annotation, Candidate, Organization

CAME = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def entry(annotation: Annotation | None = None) -> Entry:
    return index_entry(annotation or an_annotation(), CAME)


def test_words_pairs_stems_and_what_it_is_about() -> None:
    found = set(entry().words)
    assert {"jembatan", "jembatan layang", "~bangun", "^jembatan"} <= found
    assert "~dewantari" not in found
    assert "^kabar" not in found


def test_names_of_every_kind() -> None:
    found = {(named.kind, named.key): named for named in entry().names}
    assert set(found) == {
        ("figure", "ratna dewantari"), ("place", "kota bandung"), ("province", "jawa barat"),
        ("organization", "pemerintah kota bandung"), ("outlet", "kabar priangan"),
    }  # fmt: skip
    assert found["figure", "ratna dewantari"].aliases == ("ratna",)
    assert found["figure", "ratna dewantari"].role == "Wali Kota Bandung"
    assert found["outlet", "kabar priangan"].aliases == ("kabar example", "kabar")


def test_abbreviations_in_brackets_mean_both_ways() -> None:
    text = "Badan Riset dan Inovasi Nasional (BRIN) meneliti. Menurut Badan Meteorologi (BMKG), hujan turun."
    names = ("BRIN", "Badan Riset dan Inovasi Nasional", "BMKG")
    organizations = tuple(Organization(name, 1) for name in names)
    annotation = an_annotation(article=an_article(text=text), organizations=organizations)
    aliases = {named.key: named.aliases for named in entry(annotation).names if named.kind == "organization"}
    assert aliases == {
        "brin": ("badan riset dan inovasi nasional",), "badan riset dan inovasi nasional": ("brin",), "bmkg": (),
    }  # fmt: skip


def test_an_ambiguous_place_names_no_province() -> None:
    place = replace(a_place("Banjar"), candidates=(Candidate("Kota Banjar", "Jawa Barat", "32.79"),))
    kinds = {named.kind for named in entry(an_annotation(places=(place,))).names}
    assert "province" not in kinds


@pytest.mark.parametrize(
    ("published", "at"),
    [
        (CAME - timedelta(days=3), CAME - timedelta(days=3)),
        (CAME + timedelta(days=3), CAME),
        (None, CAME),
        (datetime(1, 1, 1, tzinfo=UTC), CAME),
    ],
)
def test_when_it_appeared(published: datetime | None, at: datetime) -> None:
    assert entry(an_annotation(article=an_article(published=published))).at == at


def test_a_hostile_article_stays_within_bounds() -> None:
    text = " ".join(f"kata{number}" for number in range(60_000)) + " " + "x" * 100_000 + " 'a' \\ \x00 \ud800"
    annotation = an_annotation(
        article=an_article(title="'; drop table articles; -- \\'", text=text, outlet=an_outlet("'" * 500)),
        figures=tuple(a_figure(f"Nama {number} " + "y" * 400) for number in range(500)),
        numbers=tuple(a_number() for _ in range(500)),
    )
    found = entry(annotation)
    assert len(found.words) < 60_000
    assert max(map(len, found.words)) <= 2 * 60 + 1
    assert len(found.names) < 70
    assert "\x00" not in "".join(found.words)


def test_folding() -> None:
    assert tokens.fold("Ma’ruf  AMIN, Café-1") == "maruf amin cafe 1"
    assert tokens.asked_stem("pembangunan") == "bangun"
    assert tokens.asked_stem("megawati") is None
    assert tokens.telling(["yang", "di"]) == ["yang", "di"]

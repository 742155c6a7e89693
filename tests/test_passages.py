"""The sentence that answers a query, and what in it was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import a_figure, a_place, an_annotation, an_article

from services.passages import find_passage, opening_sentences
from services.query import parse

TEXT = (
    "Hujan turun sejak pagi di Bandung. Banjir merendam tiga desa, kata Bupati Ratna.\n\n"
    "Warga membangun tanggul. Presiden Joko Widodo meninjau banjir itu bersama Megawati."
)


def passage(query: str, others: tuple[str, ...] = ()) -> tuple[str, list[str]] | None:
    figure = replace(a_figure("Joko Widodo"), aliases=("Jokowi", "Widodo"))
    annotation = an_annotation(article=an_article(text=TEXT), figures=(figure,), places=(a_place(),))
    found = find_passage(annotation, parse(query), others)
    return (found.sentence, [found.sentence[start:end] for start, end in found.spans]) if found else None


@pytest.mark.parametrize(
    ("query", "sentence", "marked"),
    [
        ("banjir", "Banjir merendam tiga desa, kata Bupati Ratna.", ["Banjir"]),
        ("banjir joko", "Presiden Joko Widodo meninjau banjir itu bersama Megawati.", ["Joko", "banjir"]),
        ("pembangunan", "Warga membangun tanggul.", ["membangun"]),
        ("tokoh:Jokowi", "Presiden Joko Widodo meninjau banjir itu bersama Megawati.", ["Joko", "Widodo"]),
        ('"tiga desa"', "Banjir merendam tiga desa, kata Bupati Ratna.", ["tiga", "desa"]),
        ('provinsi:"Jawa Barat"', "Hujan turun sejak pagi di Bandung.", ["Bandung"]),
    ],
)
def test_the_sentence_with_most_of_it_is_shown(query: str, sentence: str, marked: list[str]) -> None:
    assert passage(query) == (sentence, marked)


@pytest.mark.parametrize("query", ["kemarin", "sentimen:negatif", "kereta", "-banjir", "gawat", ""])
def test_where_nothing_in_the_text_was_asked_for_no_sentence_is_shown(query: str) -> None:
    assert passage(query) is None


def test_other_names_count_too() -> None:
    assert passage("jokowi", ("joko", "widodo")) == (
        "Presiden Joko Widodo meninjau banjir itu bersama Megawati.", ["Joko", "Widodo"],
    )  # fmt: skip


def test_accents_and_apostrophes_are_no_difference() -> None:
    annotation = an_annotation(article=an_article(text="Salat Jum\u2019at di Cafe\u0301 itu."))
    found = find_passage(annotation, parse("jumat café"))
    assert found is not None
    assert [found.sentence[start:end] for start, end in found.spans] == ["Jum’at", "Café"]


def test_opening_sentences() -> None:
    annotation = an_annotation(article=an_article(text=TEXT))
    assert opening_sentences(annotation, 2) == TEXT.partition("\n")[0].replace("Bandung. ", "Bandung.|").split("|")

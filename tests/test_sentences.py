from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.nlp.sentences import split_sentences


def body(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences("Judul", text)[1:]]


@pytest.mark.parametrize(
    "text",
    [
        "Rapat dihadiri Prof. Dr. H. Umar Wirahadi, M.Si. dan 12 orang lain.",
        "Inflasi Rp 1.250.000 atau 5.1 persen pada kuartal I.",
        "Lokasinya di Jl. Merdeka No. 5 Kec. Lembang.",
        "Novelis James F. Cooper lahir di St. Louis.",
        '"Kami siap." ujarnya.',
        "Ia bekerja di PT. Maju Jaya Tbk. sejak lama.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert body(text) == [text]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hujan turun. Jalan banjir.", ["Hujan turun.", "Jalan banjir."]),
        ('"Kami siap." Polisi berjaga.', ['"Kami siap."', "Polisi berjaga."]),
        ('Ia tiba. "saya lelah," katanya.', ["Ia tiba.", '"saya lelah," katanya.']),
        ("Benarkah? Ya! Betul…  Sungguh.", ["Benarkah?", "Ya!", "Betul…", "Sungguh."]),
        ("Harganya 15. 000 sudah lewat.", ["Harganya 15.", "000 sudah lewat."]),
        ("Yang lolos: 1. Ani 2. Budi 3. Cici", ["Yang lolos:", "1. Ani", "2. Budi", "3. Cici"]),
        ("Terjadi pada 2019. Presiden hadir.", ["Terjadi pada 2019.", "Presiden hadir."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: list[str]) -> None:
    assert body(text) == sentences


def test_the_title_comes_first_and_paragraphs_are_numbered() -> None:
    sentences = split_sentences(" Judul ", "Satu. Dua.\n\nTiga.\n")
    assert [(sentence.text, sentence.paragraph) for sentence in sentences] == [
        ("Judul", -1),
        ("Satu.", 0),
        ("Dua.", 0),
        ("Tiga.", 1),
    ]


@given(st.text(max_size=300))
def test_nothing_but_white_space_is_lost(text: str) -> None:
    assert "".join("".join(body(text)).split()) == "".join(text.split())


def test_a_hostile_paragraph_takes_linear_time() -> None:
    assert len(body("a. " * 50_000)) >= 1
    assert len(body('.")' * 50_000)) >= 1
    assert len(body("1. A " * 20_000)) >= 1

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.models import ToneScores
from services.nlp.reading import Reading
from services.nlp.sentences import split_sentences
from services.nlp.summary import choose_summary

TEXT = (
    "Pemerintah Kabupaten Blora membuka pendaftaran beasiswa bagi 500 mahasiswa dari keluarga kurang mampu. "
    "Pendaftaran beasiswa dibuka hingga akhir bulan melalui laman resmi pemerintah kabupaten. "
    '"Silakan mendaftar," kata bupati. Benarkah semua bisa ikut? '
    "Setiap penerima beasiswa mendapat Rp 6 juta per tahun untuk biaya kuliah dan hidup. "
    "Cuaca di alun-alun kota siang itu cerah berawan dengan angin sepoi-sepoi."
)


def test_sentences_are_verbatim_and_in_reading_order(read: Callable[[str, str], Reading]) -> None:
    summary = choose_summary(read("Blora Buka Beasiswa untuk 500 Mahasiswa", TEXT), 3)
    assert len(summary) == 3
    positions = [TEXT.index(sentence) for sentence in summary]
    assert positions == sorted(positions)
    assert summary[0].startswith("Pemerintah Kabupaten Blora")
    assert not any(sentence.startswith(('"', "Benarkah", "Cuaca")) for sentence in summary)


@pytest.mark.parametrize("text", ["", "Hanya satu kalimat di sini."])
def test_a_short_article_gives_what_it_has(read: Callable[[str, str], Reading], text: str) -> None:
    assert choose_summary(read("Judul", text), 3) == ((text,) if text else ())


def test_the_second_sentence_chosen_says_something_new() -> None:
    sentences = split_sentences(
        "Judul",
        "Kalimat pertama yang cukup panjang ada di sini. " * 2
        + "Kalimat ketiga sungguh berbeda isinya dari yang lain.",
    )
    vectors = np.array([[1, 0.4], [1, 0.01], [1, 0], [0.5, 1]], np.float32)
    tone = ToneScores(0.2, 0.6, 0.2)
    reading = Reading(sentences, (), tone, (tone,) * 4, vectors, vectors[0])
    assert choose_summary(reading, 2)[1].startswith("Kalimat ketiga")

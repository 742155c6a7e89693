from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.models import ToneScores
from services.nlp.reading import Reading, Sentence
from services.nlp.tone import judge_tone

POSITIVE, NEGATIVE = ToneScores(0.8, 0.1, 0.1), ToneScores(0.05, 0.05, 0.9)


def reading_of(tone: ToneScores, *sentences: tuple[str, ToneScores]) -> Reading:
    vectors = np.zeros((len(sentences), 2), np.float32)
    texts = tuple(Sentence(text, index) for index, (text, _) in enumerate(sentences))
    return Reading(texts, (), tone, tuple(one for _, one in sentences), vectors, np.zeros(2, np.float32))


def test_the_evidence_speaks_for_the_verdict_and_is_strongest_first() -> None:
    weaker = ToneScores(0.2, 0.2, 0.6)
    tone = judge_tone(
        reading_of(
            NEGATIVE,
            ("Dua orang terluka dalam kecelakaan itu.", weaker),
            ("Warga senang menerima bantuan dari desa.", POSITIVE),
            ("Lima orang tewas dan rumah mereka hancur.", NEGATIVE),
            ("Sangat buruk.", NEGATIVE),
        )
    )
    assert (tone.label, tone.confidence, tone.sure) == ("negative", 0.9, True)
    assert [one.sentence for one in tone.evidence] == [
        "Lima orang tewas dan rumah mereka hancur.",
        "Dua orang terluka dalam kecelakaan itu.",
    ]


def test_an_unsure_verdict_shows_both_sides() -> None:
    close = ToneScores(0.48, 0.04, 0.48)
    sentences = ("Warga senang menerima bantuan dari desa.", POSITIVE), ("Lima orang tewas dan rumah hancur.", NEGATIVE)
    tone = judge_tone(reading_of(close, *sentences))
    assert not tone.sure
    assert {one.label for one in tone.evidence} == {"positive", "negative"}


def test_no_sentence_counts_twice_and_three_are_enough() -> None:
    same = [("Lima orang tewas dalam kecelakaan itu.", NEGATIVE)] * 5
    assert len(judge_tone(reading_of(NEGATIVE, *same)).evidence) == 1
    many = [(f"Ada {number} orang tewas dalam kecelakaan itu.", NEGATIVE) for number in range(9)]
    assert len(judge_tone(reading_of(NEGATIVE, *many)).evidence) == 3


@pytest.mark.parametrize(
    ("title", "text", "label"),
    [
        (
            "Petani Panen Raya, Produksi Padi Naik 20 Persen",
            "Petani gembira karena hasil panen naik tinggi tahun ini.",
            "positive",
        ),
        (
            "Bus Masuk Jurang, Sembilan Penumpang Tewas",
            "Kecelakaan maut terjadi Sabtu malam dan menewaskan sembilan orang.",
            "negative",
        ),
        (
            "Jadwal Perpanjangan SIM Keliling Hari Ini",
            "Layanan dibuka pukul 08.00 sampai 12.00 di lima lokasi.",
            "neutral",
        ),
    ],
)
def test_plain_news_is_judged_as_a_reader_would(
    read: Callable[[str, str], Reading], title: str, text: str, label: str
) -> None:
    tone = judge_tone(read(title, text))
    assert tone.label == label
    assert tone.sure

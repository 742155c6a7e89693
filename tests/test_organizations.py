from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.models import ToneScores
from services.nlp.organizations import find_organizations
from services.nlp.reading import Mention, Reading
from services.nlp.sentences import split_sentences


def reading_of(text: str, *names: tuple[str, float]) -> Reading:
    sentences = split_sentences("Judul", text)
    mentions = tuple(
        Mention("ORG", name, number, sentence.text.index(name), sentence.text.index(name) + len(name), score)
        for number, sentence in enumerate(sentences)
        for name, score in names
        if name in sentence.text
    )
    tone = ToneScores(0.2, 0.6, 0.2)
    return Reading(
        sentences,
        mentions,
        tone,
        (tone,) * len(sentences),
        np.zeros((len(sentences), 2), np.float32),
        np.zeros(2, np.float32),
    )


def test_a_full_name_and_its_acronym_are_one() -> None:
    text = "Lembaga Cuaca Nusantara (LCN) memberi peringatan. Menurut LCN hujan turun. Badan Laut diam."
    found = find_organizations(reading_of(text, ("Lembaga Cuaca Nusantara", 0.9), ("LCN", 0.9), ("Badan Laut", 0.9)))
    # The acronym in the brackets of the first sentence is a mention as well.
    assert [(one.name, one.mentions) for one in found] == [("Lembaga Cuaca Nusantara", 3), ("Badan Laut", 1)]


def test_doubtful_names_and_ordinary_words_are_left_out() -> None:
    text = "Pemerintah hadir bersama Sinar Jaya."
    assert find_organizations(reading_of(text, ("Pemerintah", 0.9), ("Sinar Jaya", 0.4))) == ()


def test_organizations_of_an_article_read_by_the_model(read: Callable[[str, str], Reading]) -> None:
    text = "PT Pertamina menandatangani perjanjian dengan Bank Indonesia di Jakarta, kata Bank Indonesia."
    names = {one.name for one in find_organizations(read("Perjanjian Diteken", text))}
    assert {"PT Pertamina", "Bank Indonesia"} <= names

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from services.errors import UsageError
from services.nlp.encoder import EMBEDDED_MODEL, Encoder

TITLE = "Gubernur Jawa Tengah Resmikan Pasar Baru di Semarang"
TEXT = (
    "Presiden Rusia Vladimir Putin bertemu Perdana Menteri Jepang di Moskow pada Selasa.\n\n"
    "Banjir bandang menewaskan 12 orang dan merusak ratusan rumah. Warga sangat senang menerima bantuan beras."
)


def test_every_sentence_is_read_with_its_tone_and_vector(encoder: Encoder) -> None:
    reading = encoder.read(TITLE, TEXT)
    assert reading.sentences[0].text == TITLE
    assert len(reading.sentences) == len(reading.tones) == len(reading.vectors) == 4
    assert reading.vector.shape == reading.vectors[0].shape == (384,)
    for tone in (reading.tone, *reading.tones):
        assert tone.positive + tone.neutral + tone.negative == pytest.approx(1)
    assert reading.tones[2].label == "negative"
    assert reading.tones[3].label == "positive"


def test_mentions_are_verbatim_and_in_order(encoder: Encoder) -> None:
    reading = encoder.read(TITLE, TEXT)
    names = {(mention.kind, mention.text) for mention in reading.mentions}
    assert ("PER", "Vladimir Putin") in names
    assert ("LOC", "Moskow") in names
    places = [(mention.sentence, mention.start) for mention in reading.mentions]
    assert places == sorted(places)
    for mention in reading.mentions:
        assert reading.sentences[mention.sentence].text[mention.start : mention.end] == mention.text
        assert 0 < mention.score <= 1


def test_an_article_of_any_length_is_read_within_a_bound(encoder: Encoder) -> None:
    reading = encoder.read("", "Harga beras di pasar naik lagi pekan ini. " * 20_000)
    assert 500 < len(reading.sentences) < 3_000


@pytest.mark.parametrize("text", ["", "\n\n", "😀" * 50, "a" * 20_000, "\u0000\u200b", "x " * 3_000, "\ud800 tunggal"])
def test_odd_texts_are_read_too(encoder: Encoder, text: str) -> None:
    reading = encoder.read("", text)
    assert np.isfinite(reading.vectors).all()
    assert len(reading.tones) == len(reading.sentences)


def test_a_sentence_longer_than_a_row_keeps_its_names(encoder: Encoder) -> None:
    sentence = "Bantuan untuk warga terus mengalir dan " * 60 + "kata Presiden Joko Widodo di Jakarta."
    reading = encoder.read("", sentence)
    assert len(reading.sentences) == 2
    assert {"Joko", "Widodo", "Jakarta"} <= {word for mention in reading.mentions for word in mention.text.split()}


def test_reading_twice_gives_the_same(encoder: Encoder) -> None:
    first, second = encoder.read(TITLE, TEXT), encoder.read(TITLE, TEXT)
    assert first.mentions == second.mentions
    assert np.array_equal(first.vectors, second.vectors)


def test_a_model_is_told_by_its_weights(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(EMBEDDED_MODEL, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"version": "7", "name": "lain"}))
    other = Encoder.load(folder, threads=1)
    assert (other.model.name, other.model.version) == ("lain", "7")
    assert len(encoder.model.version) >= 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"[]"),
        ("config.json", b"{"),
        ("config.json", b'{"entity_labels": ["O"], "tone_labels": ["good", "bad"], "tone_temperature": 1}'),
        ("model.onnx", b"not a model"),
        ("tokenizer.json", b"{}"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(EMBEDDED_MODEL, folder)
    (folder / name).write_bytes(content)
    with pytest.raises(UsageError) as refused:
        Encoder.load(folder, threads=1)
    assert refused.value.facts["reason"] == "model"

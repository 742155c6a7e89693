"""What a member is told when no card can be made."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from autolink import telegram_would_link

from handlers.failures import failure_card, failure_sentence
from handlers.inert import without_separators
from handlers.texts import LANGUAGES, texts
from services.errors import ERROR_KINDS, ErrorKind, FetchFailed, NotReadable, WartaError
from services.models import Language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ERROR_KINDS)
def test_each_kind_says_what_went_wrong_and_what_to_do(kind: ErrorKind, language: Language) -> None:
    sentence = failure_sentence(WartaError(kind), language)
    assert len(re.findall(r"[.;]( |$)", sentence)) >= 2, "what happened, and what to do"
    assert sentence.endswith(".")
    assert len(sentence) <= 160
    assert not set("{}_") & set(sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_kinds_sound_the_same(language: Language) -> None:
    assert len({failure_sentence(WartaError(kind), language) for kind in ERROR_KINDS}) == len(ERROR_KINDS)


def test_the_paywall_in_both_languages() -> None:
    error = NotReadable("paywall")
    assert failure_sentence(error, "id") == (
        "Halaman ini hanya untuk pelanggan. Tempelkan teks artikelnya, nanti saya buatkan kartunya."
    )
    assert failure_sentence(error, "en").startswith("This page is for subscribers only. ")


def test_known_facts_are_told() -> None:
    assert "kabar.example" in failure_sentence(FetchFailed("dns", host="kabar.example"), "id")
    assert "404" in failure_sentence(FetchFailed("http_status", status=404, host="kabar.example"), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_precise_sentence_is_told_to_whom_it_concerns(language: Language) -> None:
    words = texts(language).words
    precise = {key.removeprefix("failures_precise."): text for key, text in words.items() if "_precise." in key}
    assert len(precise) > 8
    for name, text in precise.items():
        kind = max((kind for kind in ERROR_KINDS if f"{name}_".startswith(f"{kind}_")), key=len)
        facts = {fact: "nilai" for _, fact, _, _ in Formatter().parse(text) if fact}
        error = WartaError(kind, reason=name.removeprefix(kind).removeprefix("_"), **facts)
        assert failure_sentence(error, language) == text.format(**facts)
        assert len(re.findall(r"\.( |$)", text)) == 2


def test_an_unknown_reason_is_told_by_its_kind() -> None:
    error = NotReadable("not_article", reason="riddle")
    assert failure_sentence(error, "en").startswith("There is no article there")
    assert failure_sentence(NotReadable("not_article", reason="video"), "en").startswith("That is a video page")


@pytest.mark.parametrize("facts", [{}, {"host": ""}, {"host": "\u200b"}, {"port": 80}])
def test_without_the_fact_the_sentence_is_whole(facts: dict[str, str | int]) -> None:
    assert failure_sentence(FetchFailed("dns", **facts), "id").startswith("Situs itu tidak ditemukan. ")


def test_a_hostile_host_is_neither_linked_nor_long_nor_hidden() -> None:
    error = FetchFailed("dns", host="jahat.com\u202e\n@admin {status} " + "a" * 500)
    card = failure_card(error, "id")
    assert telegram_would_link(card.text) == []
    assert card.spans == ()
    shown = without_separators(card.text)
    assert shown == failure_sentence(error, "id")
    assert "jahat.com @admin {status} aaa" in shown
    assert len(shown) < 200
    assert "\u202e" not in shown

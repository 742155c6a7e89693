"""Digests: stories, what is new in them, and messages within Telegram's limits whatever came, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from builders import JAKARTA, a_tone, an_annotation, an_article, an_outlet

from handlers.card_text import Card, utf16_length
from handlers.charts import topics_chart
from handlers.digests import alert_card, digest_messages
from handlers.texts import texts
from handlers.trends import chart_words
from services.digest import (
    Digest,
    Earlier,
    Item,
    Rising,
    Story,
    TopicNews,
    count_by_day,
    count_tones,
    find_rising,
    find_stories,
    new_sentence,
)
from services.models import Language, ToneCounts, ToneLabel

DAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
HOSTILE = "@semua /hapus #tagar contoh.com \u202ekebalik 08123456789 " + "Judul Panjang Sekali " * 20
LANGUAGES: tuple[Language, ...] = get_args(Language)


def item(
    number: int,
    title: str = "",
    text: str = "",
    *,
    outlet: str = "Kabar Uji",
    tone: ToneLabel = "neutral",
    hours: int = 1,
) -> Item:
    title = title or f"Jembatan Desa Nomor {number} Diresmikan Bupati"
    text = text or f"Jembatan nomor {number} dibuka untuk warga pada Sabtu pagi setelah {number + 3} bulan dikerjakan."
    article = an_article(
        title=title, text=text, url=f"https://uji{number}.example/a", outlet=replace(an_outlet(outlet), domain=outlet)
    )
    annotation = an_annotation(article=article, summary=(text.split("\n")[0],), tone=a_tone(tone))
    return Item(number, annotation, NOW - timedelta(hours=hours), by_meaning=number % 5 == 0)


def a_digest(count: int, topics: int = 1, text: str = "", **fields: object) -> Digest:
    news = []
    for topic in range(topics):
        own = [item(1_000 * topic + number, text) for number in range(count)]
        stories = tuple(Story((one,), one.annotation.summary[0], DAY) for one in own)
        rising = (Rising("figure", "Ratna Dewantari", 7), Rising("place", "Kabupaten Garut", 5))
        counts = count_tones([one.annotation.tone.label for one in own])
        days = count_by_day([(one.at, "negative") for one in own], DAY, 14, JAKARTA)
        news.append(
            TopicNews(topic, text or f"topik {topic}", None, counts, ToneCounts(4, 4, 2), stories, rising, days)
        )
    return replace(Digest(DAY, NOW - timedelta(days=1), NOW, False, tuple(news)), **fields)  # type: ignore[arg-type]  # its own fields


def check(cards: Sequence[Card]) -> None:
    for card in cards:
        assert 0 < utf16_length(card.text) <= 4096
        assert len(card.spans) <= 100
        for span in card.spans:
            assert span.offset + span.length <= utf16_length(card.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topics", [1, 3, 30])
@pytest.mark.parametrize("count", [0, 1, 30, 300])
def test_any_number_of_stories_is_told_within_the_limits(count: int, topics: int, language: Language) -> None:
    cards = digest_messages(a_digest(count, topics), texts(language), JAKARTA)
    check(cards)
    # A minute's reading, however much came: some two hundred words, more only for who follows very much.
    assert sum(len(card.text.split()) for card in cards) <= 260 + 26 * topics
    if count == 0:
        assert len(cards) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_titles_and_names_neither_break_the_limits_nor_link(language: Language) -> None:
    cards = digest_messages(a_digest(9, 30, HOSTILE, late=True), texts(language), JAKARTA)
    check(cards)
    assert "\u202e" not in "".join(card.text for card in cards)
    assert "@semua" not in "".join(card.text for card in cards)


def test_messages_are_cut_between_topics_and_stories() -> None:
    cards = digest_messages(a_digest(9, 30, HOSTILE), texts("id"), JAKARTA)
    assert len(cards) > 1
    assert sum(card.text.count("🔔") for card in cards) == 30
    assert all(card.text.startswith(("🗞", "🔔")) for card in cards)


def test_what_a_digest_says() -> None:
    words = texts("id")
    first = item(1, tone="negative", outlet="Kompas")
    second = item(2, first.annotation.article.title, first.annotation.article.text, tone="positive", outlet="Tempo")
    story = Story((first, second), first.annotation.summary[0], DAY - timedelta(days=2))
    topic = TopicNews(1, "jembatan", None, ToneCounts(1, 0, 6), ToneCounts(5, 3, 2), (story,), (), ())
    quiet = TopicNews(2, "haji", None, ToneCounts(), ToneCounts(), (), (), ())
    (card,) = digest_messages(Digest(DAY, NOW - timedelta(days=1), NOW, True, (topic, quiet)), words, JAKARTA)
    text = card.text.replace("\u2063", "")
    assert "Sabtu, 28 November 2026" in text
    assert "🔴 Kompas · 🟢 Tempo" in text
    assert words("digest.day", number="3") in text
    assert words("digest.change", points="+66") in text
    assert words("digest.without", topics="haji") in text
    assert words("digest.late", since="27 November 2026, 07.00 WIB") in text
    assert any(span.url == "https://uji1.example/a" for span in card.spans)
    assert "jembatan" in alert_card("jembatan", story, words).text


def test_articles_of_one_event_are_one_story_and_go_on_the_next_day() -> None:
    title = "Banjir Rendam 412 Rumah di Demak, Ribuan Warga Mengungsi"
    text = (
        "Banjir merendam 412 rumah di Kabupaten Demak setelah tanggul Sungai Wulan jebol pada Kamis malam.\n\n"
        "Sebanyak 1.300 warga mengungsi ke balai desa, kata Bupati Hendra Wiguna."
    )
    other = "Tanggul Sungai Wulan Jebol, 412 Rumah di Demak Terendam Banjir"
    yesterday = [item(1, title, text, outlet="A", hours=26), item(2, other, text, outlet="B", hours=25)]
    stories = find_stories([*yesterday, item(9)], (), DAY - timedelta(days=1))
    assert sorted(len(story.items) for story in stories) == [1, 2]
    told = max(stories, key=lambda story: len(story.items))
    assert stories[0] is told
    earlier = Earlier(told.lead, frozenset((1, 2)), DAY - timedelta(days=1))
    again = find_stories([replace(yesterday[0], at=NOW)], [earlier], DAY)
    assert again[0].began == DAY - timedelta(days=1)
    assert find_stories([item(9)], [earlier], DAY)[0].began == DAY


def test_what_goes_on_is_told_by_what_is_new() -> None:
    known = an_annotation(article=an_article(title="Banjir di Demak", text="Banjir merendam 412 rumah di Demak."))
    today = an_annotation(summary=("Banjir merendam rumah di Demak.", "Sebanyak 90 keluarga sudah pulang, kata Siti."))
    assert new_sentence(today, ()) == today.summary[0]
    assert new_sentence(today, [known]) == today.summary[1]
    assert new_sentence(replace(today, summary=()), [known]) == ""


def test_who_rises() -> None:
    now = {"figure": {"Ani": 6, "Budi": 9, "Citra": 2}, "place": {"Kabupaten Garut": 4}}
    before = {"figure": {"Budi": 63}}
    found = find_rising(now, before, 1 / 7, without=["kabupaten garut"])  # type: ignore[arg-type]  # kinds are written out
    assert found == (Rising("figure", "Ani", 6),)


def test_a_topic_told_by_meaning_alone_says_so() -> None:
    one = item(5)
    digest = a_digest(1)
    topic = replace(digest.topics[0], stories=(Story((one,), "Kalimat.", DAY),))
    (card,) = digest_messages(replace(digest, topics=(topic,)), texts("id"), JAKARTA)
    assert texts("id")("digest.by_meaning") in card.text


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_picture_of_any_number_of_topics(count: int) -> None:
    days = count_by_day([(NOW - timedelta(days=number % 9), "negative") for number in range(30)], DAY, 14, JAKARTA)
    rows = [(f"topik {number} {HOSTILE[:60]}", tuple(days)) for number in range(count)]
    assert topics_chart("Berita 14 hari terakhir", rows, chart_words(texts("id"))).startswith(b"\x89PNG")

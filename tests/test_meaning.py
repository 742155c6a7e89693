"""Topics of plain words: what an article is about counts, in whatever words; what it mentions in passing doesn't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from builders import a_share, a_team

from handlers import preview
from handlers.texts import texts
from handlers.topics import list_card
from services import meaning, thesaurus, tokens
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.meaning import Signs, terms_of
from services.models import Topic
from services.nlp.encoder import Encoder
from services.query import parse, plain_words
from services.store import Store, articles, matches, shares

ARTICLES = {
    "other words": (
        "Tanggul Jebol, Ratusan Rumah Terendam di Demak",
        """Air setinggi satu meter menggenangi enam desa setelah tanggul sungai jebol. Warga mengungsi ke balai desa dan
petugas menurunkan perahu karet untuk menjemput mereka yang terjebak.""",
    ),
    "its words": (
        "Banjir Rob Genangi Kawasan Pelabuhan Semarang",
        """Banjir rob menggenangi kawasan pelabuhan sejak dini hari. Pompa dinyalakan supaya truk dapat lewat.""",
    ),
    "in passing": (
        "Toko Kue di Bandung Ramai Pesanan Menjelang Lebaran",
        """Pemilik toko menambah dua oven untuk memenuhi pesanan. Tahun lalu ia hampir tutup, antara lain karena banjir
di gudangnya. Kini ia mempekerjakan belasan warga untuk membungkus kue kering.""",
    ),
    "something else": (
        "Timnas Menang Tipis atas Tamunya",
        """Gol tunggal pada menit ke-80 membawa tuan rumah menang dalam laga uji coba di hadapan ribuan penonton.""",
    ),
}


async def judged(
    store: Store, encoder: Encoder, query: str, known: Mapping[str, tuple[str, str]] = ARTICLES
) -> dict[str, matches.Judged]:
    """What a topic thinks of the articles that it looks at."""
    analyst = Analyst(encoder.read, encoder.model)
    words = plain_words(parse(query))
    model = f"{analyst.model.name}@{analyst.model.version}"
    topic = Topic(0, 0, query, query, analyst.meaning(words) if words else (), model, paused=False)
    names = {}
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        for name, (title, text) in known.items():
            annotation = analyst.annotate(article_of(read_plain(title, text)))
            kept, _ = await articles.keep(scope, annotation, [name])
            share = await a_share(scope, f"https://uji.example/{name}")
            await shares.finish(scope, share.id, kept.id)
            names[kept.id] = name
        stretch = matches.Stretch(scope.now - timedelta(hours=1), scope.now, UTC, 10)
        found = await matches.judge(scope, topic, stretch, common=False)
        return {names[one.match.article_id]: one for one in found}


async def found(store: Store, encoder: Encoder, query: str) -> set[str]:
    """Which of the articles a topic finds."""
    return {name for name, one in (await judged(store, encoder, query)).items() if one.belongs}


@pytest.mark.parametrize("few", [0, 200])
async def test_plain_words_find_what_is_about_them(
    store: Store, encoder: Encoder, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Of many articles only those are looked at that the index or the vector lets through: it finds the same."""
    monkeypatch.setattr(matches, "_FEW", few)
    assert await found(store, encoder, "banjir") == {"other words", "its words"}


async def test_in_quotation_marks_a_topic_is_what_it_says(store: Store, encoder: Encoder) -> None:
    assert await found(store, encoder, '"banjir rob"') == {"its words"}


async def test_a_topic_of_names_or_exceptions_goes_by_the_letter(store: Store, encoder: Encoder) -> None:
    assert await found(store, encoder, "banjir -pelabuhan") == {"in passing"}


ABBREVIATIONS = {"as", "us", "who", "un"}
"""Stop words of English: where they stand for a country or an office in Indonesian news, they are worth it."""
EVENING = "Seorang warga mengatakan, acara itu selesai pada Senin malam dan semua orang pulang dengan tertib ke rumah."
TITLES = {
    "apart": ("Bocah di Kampung Contoh Dianiaya Tetangga", EVENING),
    "one of two": ("Bocah di Kampung Contoh Juara Menyanyi", EVENING),
    "another form": ("Ratusan Tamu Dijemput Panitia", EVENING),
    "in the text": ("Panitia Menutup Lomba", f"Hadiahnya dari sebuah perusahaan ekspor. {EVENING}"),
}


async def counts(store: Store, encoder: Encoder, words: str) -> dict[str, tuple[int, int]]:
    """How many terms of a topic of plain words stand in each title and text."""
    found = {name: one.signs for name, one in (await judged(store, encoder, words, TITLES)).items()}
    return {name: (signs.titled, signs.strong) for name, signs in found.items() if signs}


async def test_terms_of_two_words_stand_in_a_title_in_any_order(store: Store, encoder: Encoder) -> None:
    found = await counts(store, encoder, "kekerasan anak")
    assert found["apart"] > (0, 0)
    assert found["one of two"] == (0, 0)


async def test_names_count_in_titles_in_any_form_and_not_in_texts(store: Store, encoder: Encoder) -> None:
    assert (await counts(store, encoder, "menjemput tamu"))["another form"] == (1, 0)
    assert (await counts(store, encoder, "ekspor"))["in the text"] == (0, 0)


@pytest.mark.parametrize("words", ["banjir", "Flood", "kebanjiran", "cerita banjir di kampung Zxq"])
def test_a_concept_is_known_by_its_names_and_inside_longer_topics(words: str) -> None:
    assert "tanggul jebol" in terms_of(words).strong


def test_words_that_nobody_wrote_down_stand_for_themselves() -> None:
    terms = terms_of("Kuliner Zxqvania")
    assert terms.names[0] == "kuliner zxqvania"
    assert terms_of("zxqvania") == meaning.Terms(("zxqvania",), (), (), (("zxqvania",),))


@pytest.mark.parametrize(
    ("words", "required"),
    [
        ("banjir", ()),
        ("banjir Demak", (("demak",),)),
        ("banjir di jawa tengah", (("jawa",), ("tengah",))),
        ("banjir kudus", (("kudus",),)),
        ("penanganan banjir", ()),
        ("banjir di Indonesia", ()),
        ("stock market", ()),
    ],
)
def test_places_and_names_beside_a_concept_are_required(words: str, required: tuple[tuple[str, ...], ...]) -> None:
    assert terms_of(words).required == required


def test_of_a_second_concept_something_is_required() -> None:
    (terms,) = terms_of("banjir pelabuhan").required
    assert {"pelabuhan", "tanjung priok"} <= set(terms)


async def test_a_topic_of_a_place_is_about_that_place(store: Store, encoder: Encoder) -> None:
    assert await found(store, encoder, "banjir demak") == {"other words"}
    assert await found(store, encoder, "banjir jawa tengah") == {"other words"}
    assert await found(store, encoder, "banjir surabaya") == set()
    assert await found(store, encoder, "banjir pelabuhan") == {"its words"}


def test_every_block_of_the_thesaurus_says_something() -> None:
    for concept in thesaurus.every():
        assert concept.names, concept
        assert concept.weak, concept
        assert concept.strong, concept
        terms = {*concept.names, *concept.strong, *concept.weak}
        assert terms & tokens.stop_words() <= ABBREVIATIONS, concept


def test_what_was_learnt_belongs_to_concepts() -> None:
    concepts = thesaurus.every()
    known = [centre for one in concepts for centre in thesaurus.centres([one])]
    assert len(known) > len(concepts) / 3
    assert all(centre.articles > 0 and any(centre.direction) for centre in known)
    assert {len(centre.direction) for centre in known} == {len(meaning.centre())}


def test_more_signs_never_make_an_article_belong_less() -> None:
    weights = meaning.weights()
    base = Signs(0.1, 0, 1, 1)
    for more in ({"likeness": 0.3}, {"titled": 1}, {"strong": 3}, {"weak": 4}):
        assert weights.chance(replace(base, **more)) > weights.chance(base)
    assert not weights.belongs(Signs(weights.least_likeness - 0.01, 0, 0, 4))
    assert weights.belongs(Signs(weights.least_likeness + 0.01, 0, 0, 4))


def test_without_a_required_word_nothing_belongs() -> None:
    everything = Signs(0.9, 2, 4, 4)
    assert meaning.weights().belongs(everything)
    assert not meaning.weights().belongs(replace(everything, complete=False))


@pytest.mark.parametrize(("patience", "counted"), [(60.0, 0), (-1.0, None)])
async def test_topics_are_counted_as_long_as_somebody_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch, patience: float, counted: int | None
) -> None:
    monkeypatch.setattr(preview, "_PATIENCE", patience)
    topic = Topic(0, 0, "banjir", "banjir", (), None, paused=False)
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        counts = await preview.counts(scope, [topic], UTC)
    assert counts == [counted]
    line = list_card([topic], counts, "", texts("en")).text.splitlines()[-1]
    assert line == ("1. banjir" if counted is None else "1. banjir – 0 articles in 7 days"), line

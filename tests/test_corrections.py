"""Corrections: what members see follows them, what was is kept, and taking one back gives exactly what was before."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import JAKARTA, a_figure, a_place, a_team, a_tone, an_annotation, an_article, an_outlet
from test_search import find

from handlers.corrections import NotUnderstood, read_correction, told
from handlers.texts import texts
from services.corrections import (
    Correction,
    FigureGone,
    FigureMissed,
    MediaIs,
    OutletIs,
    PlaceGone,
    PlaceIs,
    PlaceMissed,
    RoleIs,
    SamePerson,
    SentenceGone,
    SentenceIs,
    ToneIs,
    correct,
    correction_from_json,
    correction_to_json,
)
from services.models import Annotation, Figure, Sharer
from services.query import parse
from services.schema import annotation_to_json
from services.store import Scope, Store, articles, corrections, search

ANI = Sharer(7, "Ani")
BANJAR = ("Kota Banjar", "city", "Jawa Barat", "ID", "32.79")
EVERY_KIND: Sequence[Correction] = (
    ToneIs("negative"),
    FigureGone("Ratna Dewantari"),
    FigureMissed("Darto Wibowo", "camat"),
    RoleIs("Ratna Dewantari", "bupati"),
    RoleIs("Ratna Dewantari", None),
    SamePerson("Ratna Dewantari", "Ratna Dewi"),
    PlaceGone("Kota Bandung", "Jawa Barat"),
    PlaceIs("Kota Bandung", "Jawa Barat", "Kabupaten Bandung", "regency", "Jawa Barat", "ID", "32.04"),
    PlaceMissed(*BANJAR),  # type: ignore[arg-type]
    OutletIs("Kabar Pagi"),
    MediaIs("national", None),
    SentenceGone("Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin."),
    SentenceIs(
        "Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin.",
        "Proyek itu menelan Rp 1,2 triliun.",
    ),
)


@pytest.mark.parametrize("correction", EVERY_KIND, ids=lambda one: type(one).__name__)
def test_each_kind_changes_its_field_and_says_so(correction: Correction) -> None:
    before = an_annotation()
    after = correct(before, [correction])
    assert after != before
    assert len(after.corrected) == 1
    changed = {
        name for name in ("tone", "summary", "figures", "places") if getattr(after, name) != getattr(before, name)
    }
    assert changed | ({"outlet"} if after.article != before.article else set()) == set(after.corrected)
    assert correction_from_json(correction_to_json(correction)) == correction
    for language in ("id", "en"):
        assert ": " in told(correction, "positive" if isinstance(correction, ToneIs) else None, texts(language))


@pytest.mark.parametrize("correction", EVERY_KIND[1:], ids=lambda one: type(one).__name__)
def test_a_correction_of_what_isnt_there_changes_nothing(correction: Correction) -> None:
    bare = an_annotation(
        figures=(), places=(), summary=(), article=an_article(outlet=an_outlet("Kabar Pagi", "national", None))
    )
    if not isinstance(correction, FigureMissed | PlaceMissed):
        assert correct(bare, [correction]) == bare


def test_to_confirm_a_doubtful_tone_is_a_correction() -> None:
    doubtful = an_annotation(tone=a_tone("neutral", 0.4, sure=False))
    assert correct(doubtful, [ToneIs("neutral")]).corrected == ("tone",)


def test_two_names_become_one_person_with_both_names() -> None:
    jokowi, widodo = a_figure("Jokowi", None, main=True), a_figure("Joko Widodo", "presiden", main=False)
    (one,) = correct(an_annotation(figures=(jokowi, widodo)), [SamePerson("Jokowi", "Joko Widodo")]).figures
    assert (one.name, one.role, one.mentions, one.main) == ("Joko Widodo", "presiden", 4, True)
    assert "Jokowi" in one.aliases
    assert "Joko Widodo" not in one.aliases


def test_an_ambiguous_place_becomes_the_one_that_is_meant() -> None:
    place = a_place("Banjar", None, kind="city")
    (one,) = correct(an_annotation(places=(place,)), [PlaceIs("Banjar", None, *BANJAR)]).places  # type: ignore[arg-type]
    assert (one.name, one.within, one.code, one.surfaces) == ("Kota Banjar", "Jawa Barat", "32.79", place.surfaces)


def test_a_summary_quotes_only_what_the_article_says() -> None:
    before = an_annotation()
    assert correct(before, [SentenceIs(before.summary[0], "Karangan belaka.")]) == before


@pytest.mark.parametrize(
    ("typed", "correction"),
    [
        ("nada negatif", ToneIs("negative")),
        ("tone: negative", ToneIs("negative")),
        ("tokoh + Darto Wibowo, camat", FigureMissed("Darto Wibowo", "camat")),
        ("tokoh - ratna", FigureGone("Ratna Dewantari")),
        ("tokoh Ratna = Ratna Dewi", SamePerson("Ratna Dewantari", "Ratna Dewi")),
        ("role Ratna Dewantari = mayor", RoleIs("Ratna Dewantari", "mayor")),
        ("tempat + Kota Banjar", PlaceMissed(*BANJAR)),  # type: ignore[arg-type]
        ("tempat - bandung", PlaceGone("Kota Bandung", "Jawa Barat")),
        ("media = Kabar Pagi", OutletIs("Kabar Pagi")),
        ("jenis daerah, Jawa Timur", MediaIs("regional", "Jawa Timur")),
        ("ringkasan - 1", SentenceGone("Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin.")),
    ],
)
def test_what_is_typed_is_understood(typed: str, correction: Correction) -> None:
    assert read_correction(typed, an_annotation()) == correction


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "usage"),
        ("bagus sekali", "usage"),
        ("nada", "usage"),
        ("nada sedih", "choices"),
        ("tokoh - Siapa Itu", "no_such_figure"),
        ("tokoh + ,", "usage"),
        ("tempat - Narnia", "no_such_place"),
        ("tempat + Narnia Raya", "unknown_place"),
        ("tempat + Bandung", "several_places"),
        ("peran Ratna", "usage"),
        ("ringkasan - 9", "no_such_sentence"),
        ("ringkasan - x", "no_such_sentence"),
        ("media = " + "x" * 200, "too_long"),
    ],
)
def test_what_cant_be_understood_is_told(typed: str, reason: str) -> None:
    with pytest.raises(NotUnderstood) as why:
        read_correction(typed, an_annotation())
    assert why.value.reason == reason


# In the archive


async def kept(scope: Scope, annotation: Annotation, key: str = "a") -> int:
    remembered, _ = await articles.keep(scope, annotation, [key])
    return remembered.id


async def now(scope: Scope, article_id: int) -> dict[str, object]:
    """What everybody reads of an article, and what it is found by."""
    article = await articles.get(scope, article_id)
    assert article is not None
    rows = await scope.all(
        "select n.kind, n.key, m.main, m.role, m.of_id is null as own from mentions m join names n on n.id = m.name_id"
        " join entries e using (article_id) where e.chat_id = %(chat)s and article_id = %(id)s order by 1, 2",
        id=article_id,
    )
    entry = await scope.only(
        "select tone, media, words::text, head::text from entries where chat_id = %(chat)s and article_id = %(id)s",
        id=article_id,
    )
    return {**annotation_to_json(article.annotation), "names": rows, "entry": entry}


async def test_who_when_and_what_it_was_is_kept(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        article = await kept(scope, an_annotation())
        await corrections.make(scope, article, ToneIs("negative"), ANI)
        (made,) = await corrections.of_article(scope, article)
        assert (made.by, made.at, made.former, made.undone) == ("Ani", scope.now, "positive", False)
        assert await corrections.make(scope, article, ToneIs("negative"), ANI) is None
        await corrections.undo(scope, made.id, ANI)
        assert await corrections.undo(scope, made.id, ANI) is None
        assert [one.undone for one in await corrections.of_article(scope, article, undone=True)] == [True]


async def test_everything_uses_the_corrected_value(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        article = await kept(scope, an_annotation())
        for correction in (ToneIs("negative"), FigureMissed("Darto Wibowo", None), MediaIs("national", None)):
            await corrections.make(scope, article, correction, ANI)
        assert await find(scope, 'sentimen:negatif tokoh:"Darto Wibowo" jenis:nasional') == [article]
        assert await find(scope, "sentimen:positif") == []
        question = await search.ask(scope, parse(""), JAKARTA)
        assert [one.name for one in (await search.top(scope, question, ["figure"], 5))["figure"]] == [
            "Darto Wibowo",
            "Ratna Dewantari",
        ]
        assert await corrections.how_often(scope) == {"tone": 1, "figures": 1, "outlet": 1}


async def test_lessons_reach_the_next_articles_and_end_with_the_correction(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        article = await kept(scope, an_annotation())
        for correction in (
            OutletIs("Kabar Pagi"),
            RoleIs("Ratna Dewantari", "bupati"),
            SamePerson("Ratna Dewantari", "Ratna Dewi"),
        ):
            await corrections.make(scope, article, correction, ANI)
        new = an_annotation(article=an_article(title="Lain", outlet=an_outlet()), figures=(a_figure(role=None),))
        taught = await corrections.taught(scope, new)
        assert taught.article.outlet.name == "Kabar Pagi"
        assert [(one.name, one.role, one.aliases) for one in taught.figures] == [
            ("Ratna Dewi", "bupati", ("Ratna Dewantari", "Ratna"))
        ]
        assert taught.corrected == ()
        promoted = replace(new, figures=(a_figure(role="menteri"),))
        assert (await corrections.taught(scope, promoted)).figures[0].role == "menteri"
        for made in await corrections.of_article(scope, article):
            await corrections.undo(scope, made.id, ANI)
        assert await corrections.taught(scope, new) == new


async def test_another_chat_is_taught_nothing_and_corrects_nothing(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        other = transaction.scope((await a_team(transaction)).id)
        article = await kept(scope, an_annotation())
        made = await corrections.make(scope, article, OutletIs("Kabar Pagi"), ANI)
        assert made is not None
        assert await corrections.taught(other, an_annotation()) == an_annotation()
        assert await corrections.make(other, article, ToneIs("negative"), ANI) is None
        assert await corrections.undo(other, made.id, ANI) is None
        assert await corrections.get(other, made.id) is None
        assert await corrections.of_article(other, article) == []


async def test_a_forgotten_member_is_nobody_any_more(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        article = await kept(scope, an_annotation())
        await corrections.make(scope, article, ToneIs("negative"), ANI)
        await corrections.forget_member(scope, ANI.id)
        (made,) = await corrections.of_article(scope, article)
        assert made.by is None


# A thousand histories

NAMES = ("Ratna Dewantari", "Budi Santoso", "Darto Wibowo", "Ratna Dewi")


def anything(rng: random.Random) -> Correction:
    """A correction that may or may not concern an article."""
    name, other = rng.choice(NAMES), rng.choice(NAMES)
    return rng.choice(
        (*EVERY_KIND, FigureGone(name), FigureMissed(name, "camat"), RoleIs(name, rng.choice(("wali", "ketua", None))),
         SamePerson(name, other), ToneIs("neutral"), OutletIs(name), PlaceGone("Kota Banjar", "Jawa Barat"))
    )  # fmt: skip


def analysis(rng: random.Random) -> Annotation:
    figures = tuple(Figure(name, (), None, 1, False, None) for name in rng.sample(NAMES, rng.randrange(4)))
    return an_annotation(figures=figures, tone=a_tone(rng.choice(("positive", "neutral")), rng.choice((0.4, 0.9))))


async def test_a_thousand_histories_stay_consistent(store: Store) -> None:
    rng = random.Random(3)
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        for number in range(1_000):
            analysed = analysis(rng)
            article = await kept(scope, analysed, f"key {number}")
            standing: list[tuple[int, Correction]] = []
            for _ in range(rng.randrange(1, 6)):
                step = rng.random()
                if step < 0.6:
                    correction = anything(rng)
                    before = await now(scope, article) if rng.random() < 0.3 else None
                    made = await corrections.make(scope, article, correction, ANI)
                    if made:
                        standing.append((made.id, correction))
                    if made and before:
                        # Undo returns the exact former state, index and all.
                        assert await corrections.undo(scope, made.id, ANI)
                        standing.pop()
                        assert await now(scope, article) == before
                elif step < 0.85 and standing:
                    number_of_it, _ = standing.pop(rng.randrange(len(standing)))
                    assert await corrections.undo(scope, number_of_it, ANI)
                else:
                    analysed = analysis(rng)
                    await corrections.analyse_anew(scope, article, analysed)
            expected = correct(analysed, [correction for _, correction in standing])
            current = await articles.get(scope, article)
            assert current is not None
            assert annotation_to_json(current.annotation) == annotation_to_json(expected)
            assert [one.id for one in await corrections.of_article(scope, article)] == [one for one, _ in standing]

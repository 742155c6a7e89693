"""The JSON of an annotation: CONTRACTS' shape, and back again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from builders import a_figure, a_place, an_annotation, an_article
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import UsageError
from services.models import Annotation, Article, Candidate, Number, Outlet
from services.schema import annotation_from_json, annotation_to_json

WIB = timezone(timedelta(hours=7))
FULL = an_annotation(
    figures=(a_figure(), replace(a_figure("Asep"), role=None, tone=None)),
    places=(a_place(), a_place("Banjar", None, candidates=(Candidate("Kota Banjar", "Jawa Barat", "32.79"),))),
    corrected=("places",),
)


def test_the_shape_is_the_published_one() -> None:
    written = annotation_to_json(FULL)
    assert list(written) == [
        *("schema", "url", "canonical_url", "title", "language", "outlet", "authors", "published", "dateline", "image"),
        *(
            "words",
            "text",
            "tone",
            "summary",
            "summary_kind",
            "figures",
            "places",
            "organizations",
            "numbers",
            "quotes",
        ),
        *("model", "corrected"),
    ]
    assert written["schema"] == "warta.annotation/1"
    assert written["outlet"] == {
        "name": "Kabar Priangan",
        "domain": "kabar.example",
        "type": "regional",
        "province": "Jawa Barat",
    }
    assert written["published"] == "2026-06-15T09:05:00+07:00"
    assert written["words"] == FULL.article.words > 0
    assert list(written["tone"]) == ["label", "confidence", "sure", "scores", "evidence"]
    assert set(written["tone"]["scores"]) == {"positive", "neutral", "negative"}
    assert set(written["tone"]["evidence"][0]) == {"sentence", "label", "score"}
    assert set(written["figures"][0]) == {"name", "aliases", "role", "mentions", "main", "tone"}
    assert set(written["figures"][0]["tone"]) == {"label", "confidence"}
    assert set(written["places"][0]) == {
        *("name", "kind", "within", "country", "code", "mentions", "event", "surfaces", "candidates"),
    }
    assert set(written["places"][1]["candidates"][0]) == {"name", "within", "code"}
    assert set(written["numbers"][0]) == {"text", "what", "value", "unit"}
    assert set(written["quotes"][0]) == {"speaker", "text"}
    assert written["model"] == {"name": "test", "version": "1"}


def test_what_was_written_is_read_back() -> None:
    assert annotation_from_json(json.loads(json.dumps(annotation_to_json(FULL)))) == FULL


# PostgreSQL keeps no NUL, so the JSON has none.
KEPT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@settings(deadline=None)
@given(
    title=KEPT,
    moment=st.datetimes(timezones=st.just(WIB)),
    authors=st.lists(KEPT),
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_words_and_times_survive(title: str, moment: datetime, authors: list[str], value: float) -> None:
    article = an_article(title=title, published=moment, authors=tuple(authors))
    annotation = an_annotation(article=article, numbers=(Number(title, "", value, None),))
    assert annotation_from_json(json.loads(json.dumps(annotation_to_json(annotation)))) == annotation


def test_it_can_always_be_written_as_utf_8_and_read_by_strict_readers() -> None:
    annotation = an_annotation(
        article=an_article(title="a\ud800b"), numbers=(Number("tak hingga", "", float("inf"), None),)
    )
    written = annotation_to_json(annotation)
    json.dumps(written, ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert written["title"] == "a\ufffdb"
    assert written["numbers"][0]["value"] is None


def test_absent_facts_are_null_and_unknown_fields_are_ignored() -> None:
    article = an_article(url=None, published=None, outlet=Outlet(None, None, "unknown", None), dateline=None)
    written = annotation_to_json(an_annotation(article=article))
    assert (written["url"], written["published"], written["outlet"]["name"]) == (None, None, None)
    assert annotation_from_json({**written, "added_later": 1}).article == article


def test_an_older_dict_without_corrections_is_read() -> None:
    written = annotation_to_json(FULL)
    del written["corrected"]
    assert annotation_from_json(written).corrected == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schema": "warta.annotation/9"}, "schema"),
        ({"title": 3}, "title"),
        ({"summary": "not a list"}, "summary"),
        ({"summary": ["whole", None]}, "summary.1"),
        ({"summary_kind": "invented"}, "summary_kind"),
        ({"published": "2026-06-15T09:05:00"}, "published"),
        ({"published": "yesterday"}, "published"),
        ({"outlet": None}, "outlet"),
        ({"figures": [{"name": "A"}]}, "figures.0.aliases"),
        ({"model": {"name": "m", "version": True}}, "model.version"),
    ],
)
def test_a_dict_that_is_none_is_told_by_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError) as caught:
        annotation_from_json(annotation_to_json(FULL) | change)
    assert caught.value.facts["field"] == field


def test_every_field_of_the_models_is_in_the_json() -> None:
    top = set(annotation_to_json(FULL))
    assert set(Annotation.__dataclass_fields__) - {"article", "vector"} <= top
    assert set(Article.__dataclass_fields__) <= top

"""An article goes in; articles of the chat that tell of the same come out, and the corrections it could take over."""

from __future__ import annotations

from datetime import timedelta

from services.corrections import Correction, MediaIs, OutletIs, SentenceGone, SentenceIs, changes
from services.models import Annotation, Remembered
from services.store import Scope, articles, corrections, search
from services.store.corrections import Made

_NEAREST, _MOST_OFFERS = 8, 2
_DAYS = timedelta(days=3)
_ALIKE = 0.72
"""Cosine of the model's vectors: of pairs that tell of one event seven in ten are above, of one affair one in twelve.
Members are asked, so that the rest does no harm (figures: labelled pairs of September 2019, tuning half)."""


async def same_story(scope: Scope, article: Remembered) -> list[Remembered]:
    """Articles alike, of about the same days, with a figure or a place in common; the most alike first."""
    near = [one for one, likeness in await search.alike(scope, article.id, _NEAREST) if likeness >= _ALIKE]
    moments = await search.moments(scope, [article.id, *near])
    close = [one for one in near if abs(moments[one] - moments[article.id]) <= _DAYS]
    return [one for one in await articles.several(scope, close) if _named(one.annotation) & _named(article.annotation)]


async def offers(scope: Scope, article: Remembered) -> list[tuple[Made, Remembered]]:
    """Corrections of the same story elsewhere that would change this article, with where they were made."""
    found = [
        (made, other)
        for other in await same_story(scope, article)
        if other.annotation.corrected
        for made in await corrections.of_article(scope, other.id)
        if may_be_taken_over(made.correction) and changes(article.annotation, made.correction)
    ]
    return found[:_MOST_OFFERS]


def may_be_taken_over(correction: Correction) -> bool:
    """Whether a correction may fit another article; outlet and summary are an article's own."""
    return not isinstance(correction, OutletIs | MediaIs | SentenceGone | SentenceIs)


def _named(annotation: Annotation) -> set[str]:
    figures, places = annotation.figures, annotation.places
    return {one.name.casefold() for one in figures} | {one.name.casefold() for one in places}

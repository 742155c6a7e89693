"""What members correct goes in, with who and when; the standing corrections and what later articles learn come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.types.json import Jsonb

from services.corrections import (
    CorrectedField,
    Correction,
    MediaIs,
    OutletIs,
    RoleIs,
    SamePerson,
    changes,
    correct,
    correction_from_json,
    correction_to_json,
    field_of,
    former,
)
from services.indexing import name_key
from services.models import Annotation, Sharer
from services.store import articles
from services.store.scope import Row, Scope

_MOST = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A correction that somebody made; `former` is what was there before, `undone` whether it was taken back."""

    id: int
    article_id: int
    correction: Correction
    former: str | None
    by: str | None
    at: datetime
    undone: bool


async def make(scope: Scope, article_id: int, correction: Correction, member: Sharer | None) -> Made | None:
    """Correct an article; None where there is none, where nothing changes, or where it was corrected without end."""
    analysed = await articles.analysis(scope, article_id)
    if analysed is None:
        return None
    standing = await of_article(scope, article_id)
    before = correct(analysed, [made.correction for made in standing])
    after = correct(before, [correction])
    if after == before or len(standing) >= _MOST:
        return None
    row = await scope.only(
        "insert into corrections (chat_id, article_id, member_id, member_name, field, about, change, former, made_at)"
        " values (%(chat)s, %(article)s, %(member)s, %(name)s, %(field)s, %(about)s, %(change)s, %(former)s, %(now)s)"
        " returning *",
        article=article_id,
        member=member and member.id,
        name=member and member.name.replace("\x00", ""),
        field=field_of(correction),
        about=_about(correction, before),
        change=Jsonb(correction_to_json(correction)),
        former=former(before, correction),
    )
    await _settle(scope, article_id, analysed)
    return _made(row)


async def undo(scope: Scope, correction_id: int, member: Sharer | None) -> Made | None:
    """Take a standing correction back; None where there is none of that number."""
    row = await scope.one(
        "select article_id from corrections where chat_id = %(chat)s and id = %(id)s", id=correction_id
    )
    analysed = await articles.analysis(scope, row["article_id"]) if row else None
    undone = await scope.one(
        "update corrections set undone_at = %(now)s, undone_by = %(member)s"
        " where chat_id = %(chat)s and id = %(id)s and undone_at is null returning *",
        id=correction_id,
        member=member and member.id,
    )
    if analysed is None or undone is None:
        return None
    await _settle(scope, undone["article_id"], analysed)
    return _made(undone)


async def analyse_anew(scope: Scope, article_id: int, annotation: Annotation) -> Annotation:
    """Keep a new analysis of an article, under the corrections that stand; gives what members read from now on."""
    await articles.analysis(scope, article_id)  # Nobody else settles it meanwhile.
    standing = [made.correction for made in await of_article(scope, article_id)]
    return await articles.settle(scope, article_id, annotation, standing, anew=True)


async def get(scope: Scope, correction_id: int) -> Made | None:
    """A correction by its number."""
    row = await scope.one("select * from corrections where chat_id = %(chat)s and id = %(id)s", id=correction_id)
    return _made(row) if row else None


async def of_article(scope: Scope, article_id: int, *, undone: bool = False) -> list[Made]:
    """The corrections of an article in the order in which they apply; with those taken back if wanted."""
    rows = await scope.all(
        "select * from corrections where chat_id = %(chat)s and article_id = %(article)s"
        " and (undone_at is null or %(undone)s) order by id",
        article=article_id,
        undone=undone,
    )
    return [_made(row) for row in rows]


async def taught(scope: Scope, annotation: Annotation) -> Annotation:
    """An analysis with what the chat's corrections of other articles teach: outlets, other names of people, roles.

    A role is taught to who has none or the one that was corrected; people keep a role that they got since.
    """
    about = {_outlet_key(annotation), *(f"figure {name_key(figure.name)}" for figure in annotation.figures)}
    rows = await scope.all(
        "select change, former from corrections where chat_id = %(chat)s and about = any(%(about)s)"
        " and undone_at is null order by id",
        about=sorted(about),
    )
    for row in rows:
        correction = correction_from_json(row["change"])
        if not isinstance(correction, RoleIs) or former(annotation, correction) in (None, row["former"]):
            annotation = _learnt(annotation, correction)
    return annotation


async def how_often(scope: Scope) -> dict[CorrectedField, int]:
    """How many articles members corrected in each field."""
    rows = await scope.all(
        "select field, count(distinct article_id) as count from corrections"
        " where chat_id = %(chat)s and undone_at is null group by field"
    )
    return {row["field"]: row["count"] for row in rows}


async def forget_member(scope: Scope, member_id: int) -> None:
    """The corrections stay, being facts about articles; who made them is forgotten."""
    await scope.run(
        "update corrections set member_id = null, member_name = null"
        " where chat_id = %(chat)s and member_id = %(member)s",
        member=member_id,
    )
    await scope.run(
        "update corrections set undone_by = null where chat_id = %(chat)s and undone_by = %(member)s", member=member_id
    )


async def _settle(scope: Scope, article_id: int, analysed: Annotation) -> None:
    standing = [made.correction for made in await of_article(scope, article_id)]
    await articles.settle(scope, article_id, analysed, standing)


def _learnt(annotation: Annotation, correction: Correction) -> Annotation:
    """What was learnt elsewhere is part of the analysis, not a correction of this article."""
    if not changes(annotation, correction):
        return annotation
    return replace(correct(annotation, [correction]), corrected=annotation.corrected)


def _about(correction: Correction, annotation: Annotation) -> str | None:
    """Under what later articles find a correction that teaches."""
    match correction:
        case OutletIs() | MediaIs():
            return _outlet_key(annotation) or None
        case RoleIs(name=name) | SamePerson(name=name):
            return f"figure {name_key(name)}"
        case _:
            return None


def _outlet_key(annotation: Annotation) -> str:
    domain = annotation.article.outlet.domain
    return f"outlet {domain}" if domain else ""


def _made(row: Row) -> Made:
    return Made(
        id=row["id"],
        article_id=row["article_id"],
        correction=correction_from_json(row["change"]),
        former=row["former"],
        by=row["member_name"],
        at=row["made_at"],
        undone=row["undone_at"] is not None,
    )

"""Annotations go in under all the keys that an article is known by; the chat's own copy comes out again."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from services.corrections import Correction, correct
from services.indexing import index_entry
from services.models import Annotation, Remembered
from services.schema import annotation_from_json, annotation_to_json
from services.store import entries
from services.store.scope import Row, Scope, Transaction


async def find(scope: Scope, keys: Sequence[str]) -> Remembered | None:
    """The chat's article of one of these keys."""
    row = await scope.one(
        "select a.id, k.key, a.annotation from article_keys k join articles a on a.id = k.article_id"
        " where k.chat_id = %(chat)s and k.key = any(%(keys)s) order by a.id limit 1",
        keys=list(keys),
    )
    return _remembered(row) if row else None


async def keep(scope: Scope, annotation: Annotation, keys: Sequence[str]) -> tuple[Remembered, bool]:
    """Remember an article under its keys; what one of them names already stays as it is. Also: whether it is new."""
    await _lock(scope, keys)
    if known := await find(scope, keys):
        await _name(scope, known.id, keys)
        return known, False
    row = await scope.only(
        "insert into articles (chat_id, annotation, published, model, vector, created_at) values"
        " (%(chat)s, %(annotation)s, %(published)s, %(model)s, %(vector)s::vector, %(now)s) returning id",
        annotation=Jsonb(annotation_to_json(annotation)),
        published=annotation.article.published,
        model=_model(annotation),
        vector=_vector(annotation),
    )
    await _name(scope, row["id"], keys)
    await entries.enter(scope, {row["id"]: index_entry(annotation, scope.now)})
    return Remembered(row["id"], keys[0], annotation), True


async def get(scope: Scope, article_id: int) -> Remembered | None:
    """An article of the chat, as members corrected it."""
    return next(iter(await several(scope, [article_id])), None)


async def several(scope: Scope, article_ids: Sequence[int]) -> list[Remembered]:
    """Articles of the chat, in the order asked for; without those that it hasn't."""
    rows = await scope.all(
        "select a.id, a.annotation, "
        " coalesce((select min(k.key) from article_keys k where k.article_id = a.id), '') as key"
        " from articles a where a.chat_id = %(chat)s and a.id = any(%(ids)s)",
        ids=list(article_ids),
    )
    found = {row["id"]: _remembered(row) for row in rows}
    return [found[one] for one in article_ids if one in found]


async def analysis(scope: Scope, article_id: int) -> Annotation | None:
    """What the analysis said of an article, without corrections; held until the transaction ends."""
    row = await scope.one(
        "select coalesce(analysed, annotation) as analysed from articles where chat_id = %(chat)s and id = %(id)s"
        " for update",
        id=article_id,
    )
    return annotation_from_json(row["analysed"]) if row else None


async def settle(
    scope: Scope, article_id: int, analysed: Annotation, standing: Sequence[Correction], *, anew: bool = False
) -> Annotation:
    """Keep an article as its analysis with the standing corrections; gives what members read from now on.

    `anew`: the analysis is a new one, whose model and vector count from now on.
    """
    annotation = correct(analysed, standing)
    row = await scope.only(
        "update articles set annotation = %(annotation)s, analysed = %(analysed)s, published = %(published)s"
        " where chat_id = %(chat)s and id = %(id)s returning created_at",
        id=article_id,
        annotation=Jsonb(annotation_to_json(annotation)),
        analysed=Jsonb(annotation_to_json(analysed)) if standing else None,
        published=annotation.article.published,
    )
    if anew:
        await scope.run(
            "update articles set model = %(model)s, vector = %(vector)s::vector"
            " where chat_id = %(chat)s and id = %(id)s",
            id=article_id,
            model=_model(analysed),
            vector=_vector(analysed),
        )
    await entries.enter(scope, {article_id: index_entry(annotation, row["created_at"])})
    return annotation


async def enter_missing(transaction: Transaction, limit: int) -> int:
    """Let articles be found that are from before there was a search, some at a time; gives how many those were."""
    rows = await transaction.all(
        "select a.id, a.chat_id, a.annotation, a.created_at from articles a where a.chat_id is not null"
        " and not exists (select from entries e where e.article_id = a.id) order by a.id desc limit %(limit)s"
        " for update skip locked",
        limit=limit,
    )
    for row in rows:
        entry = index_entry(annotation_from_json(row["annotation"]), row["created_at"])
        await entries.enter(transaction.scope(row["chat_id"]), {row["id"]: entry})
    return len(rows)


async def forget_unshared(scope: Scope) -> int:
    """Forget the chat's articles that no share speaks of any more."""
    return await scope.run(
        "delete from articles a where a.chat_id = %(chat)s and not exists"
        " (select from shares s where s.article_id = a.id)"
    )


async def _lock(scope: Scope, keys: Sequence[str]) -> None:
    """Let nobody else remember an article of these keys until this transaction ends."""
    for key in sorted(keys):
        await scope.one("select pg_advisory_xact_lock(hashtextextended(%(chat)s::text || ' ' || %(key)s, 0))", key=key)


async def _name(scope: Scope, article_id: int, keys: Sequence[str]) -> None:
    for key in keys:
        await scope.run(
            "insert into article_keys (chat_id, key, article_id) values (%(chat)s, %(key)s, %(id)s)"
            " on conflict do nothing",
            key=key,
            id=article_id,
        )


def _model(annotation: Annotation) -> str:
    return f"{annotation.model.name}@{annotation.model.version}"


def _vector(annotation: Annotation) -> str | None:
    return f"[{','.join(map(str, annotation.vector))}]" if annotation.vector else None


def _remembered(row: Row) -> Remembered:
    return Remembered(row["id"], row["key"], annotation_from_json(row["annotation"]))

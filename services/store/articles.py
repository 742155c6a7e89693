"""Annotations go in under all the keys that an article is known by; the chat's own copy comes out again."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from services.models import Annotation, Remembered
from services.schema import annotation_from_json, annotation_to_json
from services.store.scope import Row, Scope


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
        model=f"{annotation.model.name}@{annotation.model.version}",
        vector=f"[{','.join(map(str, annotation.vector))}]" if annotation.vector else None,
    )
    await _name(scope, row["id"], keys)
    return Remembered(row["id"], keys[0], annotation), True


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


def _remembered(row: Row) -> Remembered:
    return Remembered(row["id"], row["key"], annotation_from_json(row["annotation"]))

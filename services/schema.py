"""An Annotation goes in, a JSON-able dict of schema `warta.annotation/1` comes out, and the other way round.

The dict is flat where the models nest: the article's fields stand beside those of the annotation. Fields may be added
to the schema, none renamed or removed, so reading ignores fields it doesn't know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from services.errors import UsageError
from services.models import Annotation, Article

SCHEMA = "warta.annotation/1"
_ARTICLE_FIELDS = (
    *("url", "canonical_url", "title", "language", "outlet", "authors", "published", "dateline", "image", "words"),
    "text",
)

Json = dict[str, Any]


def annotation_to_json(annotation: Annotation) -> Json:
    """Turn `annotation` into dicts, lists, strings, finite numbers, booleans and None; times are ISO 8601 with zone."""
    of_article = {name: _plain(getattr(annotation.article, name)) for name in _ARTICLE_FIELDS}
    own = {field.name: _plain(getattr(annotation, field.name)) for field in fields(annotation)}
    del own["article"], own["vector"]
    return {"schema": SCHEMA, **of_article, **own}


def annotation_from_json(values: Mapping[str, Any]) -> Annotation:
    """Rebuild the annotation that `annotation_to_json` made `values` of.

    Raises `UsageError` with the `field` that is missing or holds what the schema doesn't allow.
    """
    if values.get("schema") != SCHEMA:
        raise UsageError("usage", reason="annotation", field="schema")
    annotation: Annotation = _built(Annotation, {**values, "article": values}, "")
    return annotation


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON values have no type of their own
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str) and "\x00" in value:
        value = value.replace("\x00", "")  # PostgreSQL keeps none, and it is no letter of any text.
    if isinstance(value, str) and not value.isascii():
        # A page can hold a lone surrogate; with one, the JSON could not be written as UTF-8.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _built(kind: Any, values: Any, path: str) -> Any:  # noqa: ANN401 - as above
    if not isinstance(values, Mapping):
        raise UsageError("usage", reason="annotation", field=path)
    given: Json = {}
    for field in fields(kind):
        at = f"{path}.{field.name}".removeprefix(".")
        if field.name in values:
            hint = _hints(kind)[field.name]
            # The article's own fields stand beside it.
            given[field.name] = _read(hint, values[field.name], path if hint is Article else at)
        elif field.default is MISSING:
            raise UsageError("usage", reason="annotation", field=at)
    return kind(**given)


def _read(hint: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - as above
    origin = get_origin(hint)
    if is_dataclass(hint):
        return _built(hint, value, path)
    if origin is UnionType:
        (known,) = [option for option in get_args(hint) if option is not NoneType]
        return None if value is None else _read(known, value, path)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(get_args(hint)[0], item, f"{path}.{number}") for number, item in enumerate(value))
    if origin is Literal and value in get_args(hint):
        return value
    return _scalar(hint, value, path)


def _scalar(hint: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - as above
    if hint is datetime and (moment := _moment(value)):
        return moment
    if hint is float and type(value) is int:
        return float(value)
    if hint in {str, int, float, bool} and type(value) is hint:
        return value
    raise UsageError("usage", reason="annotation", field=path)


def _moment(value: object) -> datetime | None:
    """Read an ISO 8601 time that names its zone; None if it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)

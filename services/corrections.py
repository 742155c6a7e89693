"""An annotation and what members corrected go in; the annotation as they want it comes out.

A correction names what it is about by the words that people see (a figure's name), so that it still finds its object
in a new analysis; where that isn't there any more, the correction changes nothing. The analysis itself is kept:
what is shown is always the analysis with the standing corrections applied in their order, so that taking one away
gives exactly what was before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from services.errors import UsageError
from services.models import Annotation, Figure, Outlet, OutletType, Place, PlaceKind, ToneLabel

CorrectedField = Literal["tone", "figures", "places", "outlet", "summary"]
_LONGEST = 300
_MOST_ITEMS = 60


@dataclass(frozen=True, slots=True)
class ToneIs:
    """The tone is another one."""

    label: ToneLabel


@dataclass(frozen=True, slots=True)
class FigureGone:
    """That is no figure of the article."""

    name: str


@dataclass(frozen=True, slots=True)
class FigureMissed:
    """A figure that the analysis missed."""

    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class RoleIs:
    """A figure has another role, or none."""

    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class SamePerson:
    """`name` and `other` are one person, who is called `other`."""

    name: str
    other: str


@dataclass(frozen=True, slots=True)
class PlaceGone:
    """That is no place of the article."""

    name: str
    within: str | None


@dataclass(frozen=True, slots=True)
class PlaceIs:
    """A name means another place of that name."""

    name: str
    within: str | None
    meant: str
    kind: PlaceKind
    meant_within: str | None
    country: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class PlaceMissed:
    """A place that the analysis missed."""

    meant: str
    kind: PlaceKind
    meant_within: str | None
    country: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class OutletIs:
    """The outlet has another name."""

    name: str


@dataclass(frozen=True, slots=True)
class MediaIs:
    """The outlet is of another type; `province` of a regional one."""

    type: OutletType
    province: str | None


@dataclass(frozen=True, slots=True)
class SentenceGone:
    """A sentence doesn't belong into the summary."""

    sentence: str


@dataclass(frozen=True, slots=True)
class SentenceIs:
    """Another sentence of the article says it better."""

    sentence: str
    better: str


Correction = (
    ToneIs
    | FigureGone
    | FigureMissed
    | RoleIs
    | SamePerson
    | PlaceGone
    | PlaceIs
    | PlaceMissed
    | OutletIs
    | MediaIs
    | SentenceGone
    | SentenceIs
)

_KINDS: Mapping[str, type[Correction]] = {kind.__name__: kind for kind in get_args(Correction)}
_FIELDS: Mapping[type[Correction], CorrectedField] = {
    ToneIs: "tone",
    FigureGone: "figures",
    FigureMissed: "figures",
    RoleIs: "figures",
    SamePerson: "figures",
    PlaceGone: "places",
    PlaceIs: "places",
    PlaceMissed: "places",
    OutletIs: "outlet",
    MediaIs: "outlet",
    SentenceGone: "summary",
    SentenceIs: "summary",
}


def field_of(correction: Correction) -> CorrectedField:
    """The field of the annotation that a correction changes."""
    return _FIELDS[type(correction)]


def correct(annotation: Annotation, corrections: Iterable[Correction]) -> Annotation:
    """The annotation with the corrections applied one after the other; `corrected` names the fields they changed."""
    for correction in corrections:
        changed = _applied(annotation, correction)
        # To confirm a doubtful tone is to correct how sure it is.
        if changed != annotation or isinstance(correction, ToneIs):
            names = dict.fromkeys((*annotation.corrected, field_of(correction)))
            annotation = replace(changed, corrected=tuple(names))
    return annotation


def changes(annotation: Annotation, correction: Correction) -> bool:
    """Whether a correction would change anything."""
    return _applied(annotation, correction) != annotation


def former(annotation: Annotation, correction: Correction) -> str | None:
    """What the corrected thing was before, as a short text: the label, the role, the name."""
    match correction:
        case ToneIs():
            return annotation.tone.label
        case RoleIs(name=name):
            return next((figure.role for figure in annotation.figures if _same(figure.name, name)), None)
        case OutletIs():
            return annotation.article.outlet.name
        case MediaIs():
            return annotation.article.outlet.type
        case _:
            return None


def correction_to_json(correction: Correction) -> dict[str, Any]:
    """A correction as it is kept."""
    values = {field.name: getattr(correction, field.name) for field in fields(correction)}
    return {"is": type(correction).__name__, **values}


def correction_from_json(values: Mapping[str, Any]) -> Correction:
    """The correction that `correction_to_json` made `values` of. Raises `UsageError` for what none can be made of."""
    kind = _KINDS.get(str(values.get("is")))
    if kind is None or any(field.name not in values for field in fields(kind)):
        raise UsageError("usage", reason="correction")
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _applied(annotation: Annotation, correction: Correction) -> Annotation:
    match correction:
        case ToneIs(label=label):
            return replace(annotation, tone=replace(annotation.tone, label=label, sure=True))
        case OutletIs() | MediaIs():
            return _with_outlet(annotation, correction)
        case SentenceGone() | SentenceIs():
            return replace(annotation, summary=_summary(annotation, correction))
        case PlaceGone() | PlaceIs() | PlaceMissed():
            return replace(annotation, places=_places(annotation.places, correction))
        case _:
            return replace(annotation, figures=_figures(annotation.figures, correction))


def _with_outlet(annotation: Annotation, correction: OutletIs | MediaIs) -> Annotation:
    outlet = annotation.article.outlet
    if isinstance(correction, OutletIs):
        outlet = replace(outlet, name=correction.name)
    else:
        outlet = Outlet(outlet.name, outlet.domain, correction.type, correction.province)
    return replace(annotation, article=replace(annotation.article, outlet=outlet))


def _summary(annotation: Annotation, correction: SentenceGone | SentenceIs) -> tuple[str, ...]:
    summary = annotation.summary
    if correction.sentence not in summary:
        return summary
    if isinstance(correction, SentenceGone):
        return tuple(one for one in summary if one != correction.sentence)
    # A summary quotes: what the article doesn't say (any more) has no place in it.
    if correction.better not in annotation.article.text or correction.better in summary:
        return summary
    chosen = [correction.better if one == correction.sentence else one for one in summary]
    return tuple(sorted(chosen, key=annotation.article.text.find))


def _figures(
    figures: tuple[Figure, ...], correction: FigureGone | FigureMissed | RoleIs | SamePerson
) -> tuple[Figure, ...]:
    match correction:
        case FigureGone(name=name):
            return tuple(one for one in figures if not _same(one.name, name))
        case FigureMissed(name=name, role=role):
            known = any(_same(one.name, name) for one in figures) or len(figures) >= _MOST_ITEMS
            return figures if known else (*figures, Figure(name[:_LONGEST], (), role, 1, main=False, tone=None))
        case RoleIs(name=name, role=role):
            return tuple(replace(one, role=role) if _same(one.name, name) else one for one in figures)
        case SamePerson(name=name, other=other):
            return _joined(figures, name, other)


def _joined(figures: tuple[Figure, ...], name: str, other: str) -> tuple[Figure, ...]:
    """The figures with `name` as an alias of `other`, which takes its place where it isn't a figure itself."""
    one = next((figure for figure in figures if _same(figure.name, name)), None)
    if one is None or _same(name, other):
        return figures
    known = next((figure for figure in figures if _same(figure.name, other)), None)
    aliases = dict.fromkeys((*(known.aliases if known else ()), one.name, *one.aliases))
    both = replace(
        known or one,
        name=known.name if known else other,
        aliases=tuple(alias for alias in aliases if not _same(alias, other)),
        role=(known.role if known else None) or one.role,
        mentions=one.mentions + (known.mentions if known else 0),
        main=one.main or bool(known and known.main),
        tone=(known.tone if known else None) or one.tone,
    )
    first = min(figures.index(figure) for figure in (one, known) if figure)
    rest = [figure for figure in figures if figure not in (one, known)]
    return (*rest[:first], both, *rest[first:])


def _places(places: tuple[Place, ...], correction: PlaceGone | PlaceIs | PlaceMissed) -> tuple[Place, ...]:
    match correction:
        case PlaceGone(name=name, within=within):
            return tuple(one for one in places if not _is_place(one, name, within))
        case PlaceMissed():
            meant = _place(correction)
            known = any(_is_place(one, meant.name, meant.within) for one in places) or len(places) >= _MOST_ITEMS
            return places if known else (*places, meant)
        case PlaceIs(name=name, within=within):
            meant = _place(correction)
            others = tuple(one for one in places if not _is_place(one, name, within))
            if any(_is_place(one, meant.name, meant.within) for one in others):
                return others
            return tuple(_moved(one, meant) if _is_place(one, name, within) else one for one in places)


def _place(correction: PlaceIs | PlaceMissed) -> Place:
    return Place(
        name=correction.meant[:_LONGEST],
        kind=correction.kind,
        within=correction.meant_within,
        country=correction.country,
        code=correction.code,
        mentions=1,
        event=False,
        surfaces=(correction.meant[:_LONGEST],),
        candidates=(),
    )


def _moved(place: Place, meant: Place) -> Place:
    return replace(meant, mentions=place.mentions, event=place.event, surfaces=place.surfaces)


def _is_place(place: Place, name: str, within: str | None) -> bool:
    return _same(place.name, name) and place.within == within


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())

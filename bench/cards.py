"""Scores everything a card shows against the labelled cards: `WARTA_DATA=… python -m bench.cards [tune|test]`.

A figure or place is found when the words of one name are contained in the other's, an alias's included. A role is right
when it shares at least half of the words of both. Places of kind `other` don't count on either side. A number is found
when one text contains the other; a key sentence when the summary has it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.data import data_folder, machine
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.models import Annotation, Figure, Place
from services.nlp.encoder import EMBEDDED_MODEL, Encoder

Gold = dict[str, Any]
_KINDS = {
    "kabkota": ("regency", "city"),
    "provinsi": ("province",),
    "negara": ("country",),
    "kota_luar_negeri": ("foreign_city",),
    "kecamatan_desa": ("district",),
}
_TONES = {"positif": "positive", "netral": "neutral", "negatif": "negative"}
_PREFIX = re.compile(r"^(?:kota|kabupaten|kab|provinsi|prov|kecamatan|kec|desa|kelurahan|negara)\b\.?")


def words(name: str) -> frozenset[str]:
    """The words of a name, without what only says its kind."""
    return frozenset(re.findall(r"\w+", _PREFIX.sub("", name.lower().strip())))


def same(one: str, other: str) -> bool:
    """Whether the words of one name are contained in the other's."""
    left, right = words(one), words(other)
    return bool(left and right) and (left <= right or right <= left)


def squeezed(text: str) -> str:
    """A text without anything but letters and digits."""
    return re.sub(r"\W+", "", text.lower())


def pairs(gold: Iterable[Gold], found: Iterable[Any], names: Callable[[Gold], Sequence[str]]) -> list[tuple[Gold, Any]]:
    """Each found item with the first gold item, not yet taken, that has one of its names."""
    left, matched = list(gold), []
    for item in found:
        hit = next((one for one in left if any(same(item.name, name) for name in names(one))), None)
        if hit is not None:
            left.remove(hit)
            matched.append((hit, item))
    return matched


def score_figures(total: Counter[str], gold: Gold, figures: Sequence[Figure]) -> None:
    """Count figures and roles."""
    matched = pairs(gold["figures"], figures, lambda one: [one["name"], *one["aliases"]])
    total.update(figures_hit=len(matched), figures_found=len(figures), figures_gold=len(gold["figures"]))
    for expected, figure in matched:
        if expected["role"]:
            left, right = words(expected["role"]), words(figure.role or "")
            total.update(roles_gold=1, roles_hit=len(left & right) >= 0.5 * len(left | right))


def score_places(total: Counter[str], gold: Gold, places: Sequence[Place]) -> None:
    """Count places, their kinds and containing places."""
    expected = [one for one in gold["places"] if one["kind"] != "lain"]
    found = [place for place in places if place.kind != "other"]
    matched = pairs(expected, found, lambda one: [one["name"], one["surface"]])
    total.update(places_hit=len(matched), places_found=len(found), places_gold=len(expected))
    for one, place in matched:
        total.update(kinds_gold=1, kinds_hit=place.kind in _KINDS[one["kind"]])
        if one["within"]:
            total.update(within_gold=1, within_hit=bool(place.within) and same(one["within"], place.within))


def score_rest(total: Counter[str], row: Gold, annotation: Annotation) -> None:
    """Count numbers, key sentences, quote speakers and tone."""
    gold = row["gold"]
    written = [squeezed(number.text) for number in annotation.numbers]
    expected = [squeezed(number["text"]) for number in gold["numbers"]]
    hits = sum(any(one in other or other in one for other in written if other) for one in expected)
    total.update(numbers_hit=hits, numbers_gold=len(expected), numbers_found=len(written))

    summary = [squeezed(sentence) for sentence in annotation.summary]
    keys = [squeezed(row["sentences"][index])[:60] for index in gold["key_sentences"] if index < len(row["sentences"])]
    hits = sum(any(key and (key in one or one[:60] in key) for one in summary) for key in keys)
    total.update(keys_hit=hits, keys_gold=len(keys))

    speakers = {quote["speaker"] for quote in gold["quotes"]}
    quoted = {quote.speaker for quote in annotation.quotes}
    total.update(speakers_gold=len(speakers), speakers_hit=sum(any(same(one, q) for q in quoted) for one in speakers))
    total.update(tones_gold=1, tones_hit=annotation.tone.label == _TONES[gold["sentiment"]])


def table(total: Counter[str]) -> str:
    """The scores, a line each."""

    def share(name: str) -> str:
        return f"{total[f'{name}_hit'] / max(total[f'{name}_gold'], 1):.3f} of {total[f'{name}_gold']}"

    def f1(name: str) -> str:
        hit, found, gold = (total[f"{name}_{what}"] for what in ("hit", "found", "gold"))
        return f"{2 * hit / max(found + gold, 1):.3f}  (P {hit / max(found, 1):.3f}, R {hit / max(gold, 1):.3f})"

    given = total["numbers_found"] / max(total["numbers_gold"], 1)
    lines = {
        "figures F1": f1("figures"),
        "roles": share("roles"),
        "places F1": f1("places"),
        "place kind": share("kinds"),
        "containing place": share("within"),
        "numbers recall": f"{share('numbers')}, {given:.2f} given for each",
        "key sentences": share("keys"),
        "quote speakers": share("speakers"),
        "tone": share("tones"),
    }
    return "\n".join(f"{name:18} {value}" for name, value in lines.items())


def main() -> None:
    """Print the table for one part."""
    part = sys.argv[1] if len(sys.argv) > 1 else "test"
    path = data_folder() / "cards" / "gold.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    encoder = Encoder.load(EMBEDDED_MODEL)
    analyst = Analyst(encoder.read, encoder.model)
    total = Counter[str]()
    for row in rows:
        if row["part"] == part:
            annotation = analyst.annotate(article_of(read_plain(row["title"], " ".join(row["sentences"]))))
            score_figures(total, row["gold"], annotation.figures)
            score_places(total, row["gold"], annotation.places)
            score_rest(total, row, annotation)
    print(f"cards, part {part}, {total['tones_gold']} articles ({machine()})\n{table(total)}")


if __name__ == "__main__":
    main()

"""A text and a declared language go in; an ISO 639-1 code comes out."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from services.extract.text import words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# What Indonesian teams are likely to share. The classifier knows 97 languages; rare ones cost more than they catch.
_CANDIDATES = """
    id en ms jv ar de es fa fr hi it ja ko nl pt ru th tl tr vi zh
    """.split()  # noqa: SIM905 - a list would take a line a word
# The most frequent function words, enough to confirm what a page declares without loading the classifier (0.7 s).
_FUNCTION_WORDS = {
    "id": frozenset(
        """
    yang dan di dengan untuk ini itu pada dari tidak dalam akan ke oleh juga ada karena kata telah sudah
    """.split()  # noqa: SIM905 - a list would take a line a word
    ),
    "en": frozenset(
        """
    the of and to in a is that for on with as was by at from it has be are
    """.split()  # noqa: SIM905 - a list would take a line a word
    ),
}
_SURE_SHARE = 0.12
_MIN_WORDS = 20
_MAX_WORDS = 400
_CODE = re.compile(r"[a-z]{2}(?=$|[-_])")
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi"}
_NEAR_INDONESIAN = frozenset({"ms", "jv"})
_SURE = 0.95


def detect_language(text: str, declared: str = "") -> str:
    """Tell the language of a text; what the source declares decides only where the text itself leaves doubt.

    Malay and Javanese are near enough to Indonesian to be mistaken for it: they need to be declared or beyond doubt.
    A text too short to tell is what was declared, else Indonesian.
    """
    sample = [word.lower() for word in words(text[:20_000])[:_MAX_WORDS]]
    claimed = language_code(declared)
    frequent = _by_function_words(sample)
    if frequent is not None and (frequent == claimed or claimed in {"", "en", "id"}):
        return frequent
    if len(sample) < _MIN_WORDS:
        return claimed or frequent or "id"
    return _classify(" ".join(sample), claimed)


def language_code(declared: str) -> str:
    """Read the ISO 639-1 code in a declared language ('id-ID', 'in', 'en_US'); empty when there is none."""
    match = _CODE.match(declared.strip().lower()[:12])
    return _OLD_CODES.get(match.group(), match.group()) if match else ""


def _by_function_words(sample: list[str]) -> str | None:
    shares = {
        language: sum(word in frequent for word in sample) / max(len(sample), 1)
        for language, frequent in _FUNCTION_WORDS.items()
    }
    best = max(shares, key=lambda language: shares[language])
    return best if shares[best] >= _SURE_SHARE and len(sample) >= 5 else None


def _classify(text: str, claimed: str) -> str:
    language, probability = _classifier().classify(text)
    if language in _NEAR_INDONESIAN and language != claimed and probability < _SURE:
        return "id"
    return str(language)


@functools.cache
def _classifier() -> LanguageIdentifier:
    # numpy and a model of 0.7 s, only for texts that leave doubt.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see above

    classifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    classifier.set_languages(_CANDIDATES)
    return classifier

"""A WartaError goes in; one sentence in the member's language comes out: what went wrong and what they can do now.

The same sentences serve chat and terminal, so they name neither.
"""

from __future__ import annotations

from string import Formatter

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.inert import sanitise
from handlers.texts import texts
from services.errors import WartaError
from services.models import Language

_FACT = 60


def failure_sentence(error: WartaError, language: Language) -> str:
    """The sentence for `error`, sanitised; the most precise one whose facts the error knows.

    A precise sentence is named after the kind, or after the kind and the error's `reason`.
    """
    words = texts(language)
    facts = {name: shorten(sanitise(str(value)), _FACT) for name, value in error.facts.items()}
    for name in (f"{error.kind}_{error.facts.get('reason')}", error.kind):
        precise = words.words.get(f"failures_precise.{name}")
        if precise and all(facts.get(fact) for _, fact, _, _ in Formatter().parse(precise) if fact):
            return precise.format(**facts)
    return words.one_of("failures", error.kind)


def failure_card(error: WartaError, language: Language, attempts: int = 1) -> Card:
    """The same sentence as a card: a host named in it is not linked. More than one attempt is counted."""
    sentence = failure_sentence(error, language)
    if attempts > 1:
        words = texts(language)
        sentence += " " + words("share.tried", count=words.whole(attempts))
    text = CardText()
    text.add(Piece(sentence))
    return text.card()

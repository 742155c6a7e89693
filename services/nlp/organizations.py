"""A `Reading` goes in, the organizations of the article come out, most named first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.models import Organization
from services.nlp.reading import Mention, Reading
from services.nlp.words import common_words

# Chosen on the tune half of the labelled cards: an organization counts when one of its mentions is this sure.
_LEAST_SCORE = 0.7
_NEXT_CAPITAL = re.compile(r" (?:(?:dan|&|of|and) )?([A-Z][\w-]+)")
_ACRONYM = re.compile(r"\s*\(([A-Z][A-Za-z&.-]{1,14})\)")


@dataclass(slots=True)
class _Group:
    """One organization while its names are being merged; `keys` are its names, lower-cased."""

    name: str
    keys: set[str] = field(default_factory=set)
    mentions: int = 0
    score: float = 0.0


def find_organizations(reading: Reading) -> tuple[Organization, ...]:
    """The organizations of an article; a full name and the acronym that follows it in brackets are one."""
    groups: list[_Group] = []
    for mention in sorted(_named(reading.mentions), key=lambda one: -len(one.text)):
        acronym = _acronym(mention, reading)
        group = next((one for one in groups if _key(mention.text) in one.keys), None)
        if group is None:
            group = _Group(" ".join(_whole(mention, reading).split()))
            groups.append(group)
        group.keys |= {_key(mention.text), _key(group.name), *([_key(acronym)] if acronym else [])}
        group.mentions += 1
        group.score = max(group.score, mention.score)
    certain = (group for group in groups if group.score >= _LEAST_SCORE)
    ranked = sorted(certain, key=lambda group: (-group.mentions, group.name))
    return tuple(Organization(group.name, group.mentions) for group in ranked)


def _named(mentions: Iterable[Mention]) -> Iterable[Mention]:
    for mention in mentions:
        ordinary = " " not in mention.text and mention.text.lower() in common_words()
        if mention.kind == "ORG" and len(mention.text) > 1 and not ordinary:
            yield mention


def _whole(mention: Mention, reading: Reading) -> str:
    """The name with the capitalised words that follow it: the encoder often stops early in a long one."""
    sentence = reading.sentences[mention.sentence].text
    others = {one.start for one in reading.mentions if one.sentence == mention.sentence}
    end = mention.end
    headline = mention.sentence == 0  # Where every word has a capital, it says nothing.
    while not headline and (following := _NEXT_CAPITAL.match(sentence, end)) and following.start(1) not in others:
        end = following.end()
    return sentence[mention.start : end]


def _acronym(mention: Mention, reading: Reading) -> str | None:
    found = _ACRONYM.match(reading.sentences[mention.sentence].text, mention.end)
    return found[1] if found and " " in mention.text else None


def _key(name: str) -> str:
    return " ".join(name.lower().split())

"""A person's names in a `Reading` go in; the role by the best way in which the article states it comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.nlp.persons import Name, Person, Spans, affiliation, word_key
from services.nlp.reading import Reading, Sentence
from services.nlp.roles import (
    begins_item,
    ends_in_title,
    is_passing,
    is_relation,
    rank_before,
    role_after,
    role_before,
    role_in_discipline,
    role_in_list,
    role_of_heading,
    role_of_pronoun,
    role_of_reference,
    tells_aside,
)
from services.nlp.words import common_words, word_table

# Characters around a name in which other names can matter for its role.
_NEIGHBOURHOOD = 600
# A shorter name is found inside too many words.
_LEAST_LETTERS = 5
# Sentences back to where an event of a racket sport may have been named.
_EVENT_REACH = 2
# A role with more words is no fuller.
_FULL_ROLE = 8
# 'istrinya', 'rekan setim': no more than how somebody comes into the story.
_SHORT_RELATION = 2


def role_of(person: Person, reading: Reading, spans: Spans) -> str | None:
    """The role of a person by the best way in which the text states it: what lasts, then the fullest, the first."""
    sentences = reading.sentences
    body = [name for name in person.names if name.sentence > 0]
    told = [_stated_role(name, sentences, spans) for name in (*body, *_overlooked(person, sentences))]
    asides = [_aside(name, sentences, spans) for name in body]
    for roles in (
        [*told, *asides],
        [role for name in body for role in _pointed_roles(name, sentences, spans)],
        # A headline's comma and lists may stand for anything: 'Juara di Thailand, Leo ...'.
        [_headline_role(name, sentences, spans) for name in person.names],
        [rank_before(sentences[name.sentence].text, name.start) for name in person.names],
    ):
        if stated := [role for role in roles if role]:
            bare = [_without_name(role, person) for role in stated]
            return max(bare, key=lambda role: _worth(role, bare[0], aside=role in asides and role not in told))
    event = next(filter(None, _discipline(person, sentences)), None)
    side = next(filter(None, (affiliation(name, reading) for name in person.names)), None)
    return " ".join(filter(None, (event, side))) or None


def _worth(role: str, first: str, *, aside: bool) -> tuple[bool, bool, bool, int]:
    """How well a role tells who somebody is: a relation only when the article first tells at length whose they are."""
    length = len(role.split())
    related = is_relation(first) and len(first.split()) > _SHORT_RELATION
    return is_relation(role) == related, not is_passing(role), not aside, min(length, _FULL_ROLE)


def _without_name(role: str, person: Person) -> str:
    """A role without the beginning of the name that the encoder left out: 'Menteri Agama Rahman' of 'Rahman Hakim'."""
    words = role.split()
    if words[0].lower() in word_table("relations"):  # 'putra Hakim' of 'Rahman Hakim'
        return role
    while len(words) > 1 and word_key(words[-1]) in person.words:
        words = words[:-1]
    return " ".join(words)


def _overlooked(person: Person, sentences: Sequence[Sentence]) -> Iterator[Name]:
    """Where the body has the full name of a person although the encoder took it for something else."""
    known = {(name.sentence, name.start) for name in person.names}
    fullest = max(person.names, key=lambda name: len(name.words))
    if len(fullest.text) < _LEAST_LETTERS or fullest.words[0] in common_words():
        return
    for number, sentence in enumerate(sentences[1:], 1):
        start = sentence.text.find(fullest.text)
        whole = sentence.text[start - 1 : start] in ("", " ") if start > 0 else start == 0
        if whole and (number, start) not in known:
            yield replace(fullest, sentence=number, start=start, end=start + len(fullest.text))


def _stated_role(name: Name, sentences: Sequence[Sentence], spans: Spans) -> str | None:
    sentence, others = sentences[name.sentence].text, _near(name, spans)
    return (
        role_before(sentence, name.start, others)
        or (None if tells_aside(sentence, name.end) else role_after(sentence, name.end, others))
        or role_in_list(sentence, name.start, others)
        or (role_of_heading(_heading(name.sentence, sentences)) if begins_item(sentence, name.start) else None)
        or _role_before_cut(name, sentences)
    )


def _aside(name: Name, sentences: Sequence[Sentence], spans: Spans) -> str | None:
    sentence = sentences[name.sentence].text
    return role_after(sentence, name.end, _near(name, spans)) if tells_aside(sentence, name.end) else None


def _role_before_cut(name: Name, sentences: Sequence[Sentence]) -> str | None:
    """The role before a title whose full stop was taken for the sentence's: 'kata Rektor Prof. | Muhammad Anis'."""
    before = sentences[name.sentence - 1].text
    return role_before(before, len(before)) if name.start == 0 and name.sentence > 1 and ends_in_title(before) else None


def _discipline(person: Person, sentences: Sequence[Sentence]) -> Iterator[str | None]:
    """The event in which somebody plays: named before the name, else the only one that the text is about."""
    paired = any(_is_paired(name, sentences) for name in person.names)
    for name in person.names:
        before = " ".join(sentence.text for sentence in sentences[max(0, name.sentence - _EVENT_REACH) : name.sentence])
        yield role_in_discipline(f"{before} {sentences[name.sentence].text[: name.start]}", paired)
    events = {role_in_discipline(sentence.text, paired) for sentence in sentences} - {None}
    yield events.pop() if len(events) == 1 else None


def _is_paired(name: Name, sentences: Sequence[Sentence]) -> bool:
    text = sentences[name.sentence].text
    return text[name.end :].lstrip().startswith("/") or text[: name.start].rstrip().endswith("/")


def _headline_role(name: Name, sentences: Sequence[Sentence], spans: Spans) -> str | None:
    before = sentences[name.sentence].text[: name.start].rstrip()
    direct = name.sentence == 0 and not before.endswith((",", ":"))
    role = role_before(sentences[0].text, name.start, _near(name, spans)) if direct else None
    # Capitals hide where a headline's verb ends the role: 'Gubernur Minta X'.
    verb = role and not word_table("breaks").isdisjoint(role.lower().split())
    return None if verb else role


def _near(name: Name, spans: Spans) -> list[tuple[int, int]]:
    """The names around a name in its sentence."""
    near = range(name.start - _NEIGHBOURHOOD, name.end + _NEIGHBOURHOOD)
    return [span for span in spans[name.sentence] if span[0] in near and span != (name.start, name.end)]


def _pointed_roles(name: Name, sentences: Sequence[Sentence], spans: Spans) -> Iterator[str]:
    # What points back points to the subject, which comes first.
    if all(start >= name.start for start, _ in _near(name, spans)):
        yield from _told_after(name.sentence, sentences, spans)


def _told_after(number: int, sentences: Sequence[Sentence], spans: Spans) -> Iterator[str]:
    """Roles that point back to the subject of a sentence: in the next, before anybody else is named."""
    following = number + 1
    if not 1 < following < len(sentences):
        return
    told = sentences[following].text
    if pronoun := role_of_pronoun(told):
        yield pronoun
    if (reference := role_of_reference(told)) and (following not in spans or told.startswith(reference)):
        yield reference


def _heading(number: int, sentences: Sequence[Sentence]) -> str:
    """The sentence before the list in which sentence `number` is an item; empty when there is none."""
    while number > 1 and sentences[number].text[:1].isdigit():
        number -= 1
    return sentences[number].text

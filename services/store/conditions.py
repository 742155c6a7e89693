"""A query goes in; the condition that picks its articles out of `entries` comes out: fixed SQL, and values beside it.

What people typed only ever becomes a value, never a part of the SQL. A part of a query that is only about words becomes
one question to the index of words; what names, people, dates and amounts ask is answered by their own tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from services import tokens
from services.query import (
    AllOf,
    AnyOf,
    Counted,
    During,
    Everything,
    Media,
    Named,
    Not,
    Phrase,
    Query,
    SharedBy,
    Since,
    Toned,
    Topic,
    Until,
    When,
    Word,
    interval,
)
from services.store.entries import chat_word

_MOST_ALIASES = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What the archive knows of the names in a query.

    `names`: the numbers of names that a `Named` means; `members`: users that a `SharedBy` means; `aliases`: folded
    names that mean the same as a folded word or phrase.
    """

    names: Mapping[Named, Sequence[int]] = field(default_factory=dict)
    members: Mapping[SharedBy, Sequence[int]] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL about `entries e`, and its values."""

    sql: str
    values: Mapping[str, Any]


def condition(query: Query, known: Known, chat_id: int, today: date, zone: tzinfo) -> Condition:
    """The condition under which an article of a chat answers a query. `today` is the day in the chat's `zone`."""
    compiler = _Compiler(known, chat_id, today, zone)
    return Condition(compiler.sql(query), compiler.values)


def ranking(query: Query, known: Known) -> str | None:
    """What articles are ranked by: any of the words asked for, as a `tsquery`; None where no word is."""
    found = dict.fromkeys(one for text in _asked(query) for one in _rank_words(text, known))
    return " | ".join(map(_quoted, found)) or None


def in_chat(chat_id: int, words: str) -> str:
    """A `tsquery` for texts of one chat alone."""
    return f"{_quoted(chat_word(chat_id))} & ({words})"


def term_query(term: str) -> str:
    """What a text that has a term, as it stands, answers to, as a `tsquery`."""
    return _phrase(tokens.words(term)) or _quoted(term)


def named_query(term: str) -> str:
    """What an article answers to, as a `tsquery`, that has a term, or in one of whose places or figures it stands."""
    found = tokens.words(term)
    return f"({_quoted(found[0])} | {_quoted(f'^{found[0]}')})" if len(found) == 1 else term_query(term)


def title_query(term: str, *, any_form: bool = False) -> str:
    """What the head of an article answers to whose title has all words of a term, in any order, as a `tsquery`.

    `any_form`: ordinary words in any of their forms.
    """
    # Of the stems in a head only those of the title weigh B (`services.indexing`).
    return _all_words(term, ":A", ":B" if any_form else None)


def text_query(term: str, *, any_form: bool = False) -> str:
    """What an article answers to that has all words of a term somewhere, as a `tsquery`; `any_form` as in titles."""
    return _all_words(term, "", "" if any_form else None)


@dataclass
class _Compiler:
    known: Known
    chat_id: int
    today: date
    zone: tzinfo
    values: dict[str, Any] = field(default_factory=dict)

    def sql(self, query: Query) -> str:
        """The condition of a part of the query."""
        if isinstance(query, Everything):
            return "true"
        words = self._words(query)
        if words is not None:
            return f"e.words @@ {self._value(in_chat(self.chat_id, words))}::tsquery" if words else "true"
        match query:
            case Not(query=inner):
                # What is left out is looked up: to ask the index for what it hasn't would mean to read every text.
                return f"not ({self._set(inner)})"
            case AllOf(queries=parts):
                return " and ".join(f"({self.sql(part)})" for part in self._joined(parts)) or "true"
            case AnyOf(queries=parts):
                return " or ".join(f"({self._set(part)})" for part in parts)
            case _:
                return self._fact(query)

    def _joined(self, parts: Sequence[Query]) -> list[Query]:
        """The parts with those about words as one, so that the index of words is asked once."""
        telling = [part for part in parts if self._words(part) != ""]
        about_words = tuple(part for part in telling if self._words(part))
        if about_words:
            about_words += tuple(part for part in telling if isinstance(part, Not) and self._words(part.query))
        others = [part for part in telling if part not in about_words]
        joined = about_words if len(about_words) < 2 else (AllOf(about_words),)
        return [*joined, *others]

    def _set(self, part: Query) -> str:
        """A part of an alternative: the index can't be asked for the whole, so each part gives its own articles."""
        if self._words(part) is None:
            return self.sql(part)
        inner = self.sql(part)
        return f"e.article_id in (select e.article_id from entries e where {inner})"

    def _fact(self, query: Query) -> str:
        match query:
            case Named():
                ids = self._value(list(self.known.names.get(query, ())))
                return f"e.article_id in (select m.article_id from mentions m where m.name_id = any({ids}::bigint[]))"
            case SharedBy():
                ids = self._value(list(self.known.members.get(query, ())))
                return (
                    "e.article_id in (select s.article_id from shares s where s.chat_id = %(chat)s"
                    f" and s.sharer_id = any({ids}::bigint[]))"
                )
            case Toned(label=label):
                return f"e.tone = {self._value(label)}"
            case Media(type=kind):
                return f"e.media = {self._value(kind)}"
            case Counted():
                return self._counted(query)
            case Since(when=when):
                return f"e.at >= {self._value(self._moment(interval(when, self.today)[0]))}"
            case Until(when=when):
                return f"e.at < {self._value(self._after(when))}"
            case During(when=when):
                first = self._value(self._moment(interval(when, self.today)[0]))
                return f"e.at >= {first} and e.at < {self._value(self._after(when))}"
            case _:
                raise TypeError(type(query).__name__)

    def _counted(self, query: Counted) -> str:
        parts = ["a.chat_id = %(chat)s"]
        if query.low is not None:
            parts.append(f"a.value {'>=' if query.low_included else '>'} {self._value(query.low)}::float8")
        if query.high is not None:
            parts.append(f"a.value {'<=' if query.high_included else '<'} {self._value(query.high)}::float8")
        if query.unit:
            parts.append(f"a.unit = {self._value(query.unit)}")
        return f"e.article_id in (select a.article_id from amounts a where {' and '.join(parts)})"

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)

    def _after(self, when: When) -> datetime:
        last = interval(when, self.today)[1]
        return self._moment(last + timedelta(days=1)) if last < date.max else datetime.max.replace(tzinfo=self.zone)

    def _value(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def _words(self, query: Query) -> str | None:
        """A part that is only about words, as a `tsquery`; '' for words that no text lacks, None for other parts."""
        match query:
            case Word(text=text):
                return self._alternatives(_word(text), text)
            case Phrase(words=parts):
                text = " ".join(parts)
                return self._alternatives(_phrase(tokens.words(text)), text)
            case Topic(name=name):
                return _together([f"^{one}" for one in tokens.telling(tokens.words(name))])
            case AnyOf(queries=parts):
                return self._joined_words(parts, " | ")
            case AllOf(queries=parts):
                unwanted = [self._words(part.query) for part in parts if isinstance(part, Not)]
                wanted = self._joined_words([part for part in parts if not isinstance(part, Not)], " & ")
                if not wanted or None in unwanted:
                    return None if unwanted else wanted
                return _combined([wanted, *(f"!({one})" for one in unwanted if one)], " & ")
            case _:
                return None

    def _joined_words(self, parts: Sequence[Query], operator: str) -> str | None:
        found = [self._words(part) for part in parts]
        return None if None in found else _combined([one for one in found if one], operator)

    def _alternatives(self, asked: str, text: str) -> str:
        others = [_phrase(alias.split()) for alias in self.known.aliases.get(tokens.fold(text), ())[:_MOST_ALIASES]]
        return _combined([asked, *others], " | ") if asked else ""


def _asked(query: Query) -> list[Query]:
    match query:
        case AllOf(queries=parts) | AnyOf(queries=parts):
            return [one for part in parts for one in _asked(part)]
        case Word() | Phrase() | Named() | Topic():
            return [query]
        case _:
            return []


def _rank_words(query: Query, known: Known) -> list[str]:
    match query:
        case Word(text=text):
            found = tokens.words(text)
            stem = tokens.asked_stem(found[0]) if len(found) == 1 else None
            aliases = [word for alias in known.aliases.get(tokens.fold(text), ()) for word in alias.split()]
            return [*tokens.telling(found), *([f"~{stem}"] if stem else []), *aliases]
        case Phrase(words=parts):
            return tokens.telling(tokens.words(" ".join(parts)))
        case Named(name=name) | Topic(name=name):
            return tokens.telling(tokens.words(name))
        case _:
            return []


def _word(text: str) -> str:
    """A word, or its stem where it is an ordinary one; '' for a stop word, which no text lacks."""
    found = tokens.words(text)
    if len(found) != 1:
        return _phrase(found)
    if found[0] in tokens.stop_words():
        return ""
    stem = tokens.asked_stem(found[0])
    return f"({_quoted(found[0])} | {_quoted(f'~{stem}')})" if stem else _quoted(found[0])


def _phrase(found: Sequence[str]) -> str:
    """Words one after the other: every two neighbours stand in the index as one."""
    return _together(tokens.pairs(found) or list(found))


def _together(found: Sequence[str]) -> str:
    return _combined([_quoted(one) for one in found], " & ")


def _combined(parts: Sequence[str], operator: str) -> str:
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})" if parts else ""


def _all_words(term: str, weight: str, of_stem: str | None) -> str:
    found = []
    for word in tokens.words(term):
        stem = tokens.asked_stem(word) if of_stem is not None else None
        exactly = f"{_quoted(word)}{weight}"
        found.append(f"({exactly} | {_quoted(f'~{stem}')}{of_stem})" if stem else exactly)
    return _combined(found, " & ") or _quoted(term)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"

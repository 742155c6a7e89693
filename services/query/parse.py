"""What somebody typed goes in; a `Query` comes out, or a `QueryError` that says where and why.

    banjir jakarta            both words            "banjir rob"      one after the other
    banjir ATAU rob           one of them           -jakarta          without; also BUKAN
    (banjir ATAU rob) kota    grouped               tokoh:"Ani"       a field (`fields.FIELDS`)
    kemarin  7-hari           a time                angka:>1triliun   an amount

Neighbours bind tighter than ATAU, the minus binds tightest. Every name has an English twin. Operators are written in
capitals: 'atau' and 'or' are words.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from services.query.dates import read_period
from services.query.fields import FIELDS, read_field
from services.query.values import During, Everything, Not, Phrase, Query, QueryError, Reason, Word, all_of, any_of

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

LONGEST = 500
_MOST_TERMS, _DEEPEST = 40, 10
_LIKE_A_FIELD = 75
_TERMS = "WORD", "URL", "PHRASE", "FIELD"

_GRAMMAR = r"""
    start: any?
    any: all (_OR all)*
    all: part (_AND? part)*
    part: NOT part -> negation
        | "(" any ")" -> group
        | FIELD -> field
        | PHRASE -> phrase
        | URL -> word
        | WORD -> word
    _OR.3: /(?:ATAU|OR)(?=[\s()]|$)/
    _AND.3: /(?:DAN|AND)(?=[\s()]|$)/
    NOT.3: /(?:BUKAN|NOT)(?=[\s()]|$)|-(?=[^\s-])/
    FIELD.2: /%s(?:"[^"]*"|[^\s()"]*)/i
    URL.2: /https?:\/\/[^\s()"|]+(?:\([^\s()"|]*\)[^\s()"|]*)*/i
    PHRASE: /"[^"]*"/
    WORD: /[^\s()"|]+/
    %%ignore /\s+/
"""
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))
_UNKNOWN_FIELD = re.compile(r"([a-z]{3,20}):(?!//)\S", re.IGNORECASE)


def parse(text: str) -> Query:
    """Read a query. Raises `QueryError` whose `at` is an index of `text` (its length, where something is missing)."""
    if len(text) > LONGEST:
        raise QueryError("too_long", LONGEST)
    # One character for another, so that places stay what they are.
    written = "".join(" " if _is_hidden(character) else character for character in text.translate(_QUOTES))
    _check_pairs(written)
    return _read_query(_tree(written), written)


def reads_as_word(text: str) -> bool:
    """Whether a text stands for itself as it is, without quotation marks."""
    try:
        return parse(text) == Word(text)
    except QueryError:
        return False


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")


def _check_pairs(written: str) -> None:
    """Quotation marks and parentheses close, and are not nested without end."""
    opened: list[int] = []
    quoted: int | None = None
    for at, character in enumerate(written):
        if character == '"':
            quoted = at if quoted is None else None
        elif quoted is None and character == "(":
            opened.append(at)
            if len(opened) > _DEEPEST:
                raise QueryError("too_deep", at, character)
        elif quoted is None and character == ")":
            if not opened:
                raise QueryError("unexpected", at, character)
            opened.pop()
        elif quoted is None and character == "|":
            raise QueryError("bar", at, character, ("ATAU",))
    if quoted is not None:
        raise QueryError("unclosed_quote", quoted, written[quoted:])
    if opened:
        raise QueryError("unclosed_parenthesis", opened[-1], written[opened[-1] :])


def _tree(written: str) -> Tree[Token]:
    from lark.exceptions import UnexpectedInput, UnexpectedToken  # noqa: PLC0415 - see _parser

    try:
        return _parser().parse(written)
    except UnexpectedInput as error:
        at = error.pos_in_stream
        token = getattr(error, "token", None)
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        at = len(written) if ended or at is None or at < 0 else min(at, len(written))
        last = getattr(error, "token_history", None)
        negates = bool(last and last[-1].type == "NOT") or written[:at].rstrip().endswith(("BUKAN", "NOT", "-"))
        reason: Reason = "nothing_to_negate" if negates else "unexpected"
        raise QueryError(reason, at, "" if ended else str(token or written[at : at + 1])) from None


def _read_query(tree: Tree[Token], written: str) -> Query:
    if sum(1 for _ in tree.scan_values(_is_term)) > _MOST_TERMS:
        raise QueryError("too_many", len(written))
    return _read(tree, 0)


def _is_term(token: Token | Tree[Token]) -> bool:
    return getattr(token, "type", "") in _TERMS


def _read(node: Tree[Token], depth: int) -> Query:
    if depth > 5 * _DEEPEST:
        raise QueryError("too_deep", 0)
    children = node.children
    match node.data:
        case "any":
            return any_of(tuple(_read(child, depth + 1) for child in _trees(node)))
        case "all":
            return all_of(tuple(_read(child, depth + 1) for child in _trees(node)))
        case "negation":
            inner = _read(_trees(node)[0], depth + 1)
            return Not(inner) if inner != Everything() else inner
        case "start" | "group":
            trees = _trees(node)
            return _read(trees[0], depth + 1) if trees else Everything()
        case "field":
            return _field(_token(children[0]))
        case "phrase":
            return _quoted(_token(children[0]))
        case _:
            return _word(_token(children[0]))


def _trees(node: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in node.children if hasattr(child, "data")]  # type: ignore[misc]


def _token(child: object) -> Token:
    return child  # type: ignore[return-value]


def _field(token: Token) -> Query:
    name, _, value = str(token).partition(":")
    start = (token.start_pos or 0) + len(name) + 1
    return read_field(name, _normal(value.replace('"', " ")), start)


def _quoted(token: Token) -> Query:
    words = _normal(str(token)[1:-1]).split()
    return Everything() if not words else Word(words[0]) if len(words) == 1 else Phrase(tuple(words))


def _word(token: Token) -> Query:
    text = _normal(str(token))
    period = read_period(text)
    if period:
        return During(period)
    field = _UNKNOWN_FIELD.match(text)
    if field and (close := _close_fields(field[1])):
        raise QueryError("unknown_field", token.start_pos or 0, text, close)
    return Word(text)


def _close_fields(name: str) -> tuple[str, ...]:
    found = process.extract(name.lower(), list(FIELDS), scorer=fuzz.ratio, limit=3, score_cutoff=_LIKE_A_FIELD)
    return tuple(f"{field}:" for field, _, _ in found)


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@functools.cache
def _parser() -> Lark:
    from lark import Lark  # noqa: PLC0415 - only for who asks something

    names = "|".join(sorted(FIELDS, key=len, reverse=True))
    return Lark(_GRAMMAR % f"(?:{names}):", parser="lalr", lexer="basic", propagate_positions=False)

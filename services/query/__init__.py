"""The query language of the archive: typed text goes in, a `Query` comes out, and the other way round."""

from services.query.dates import interval, read_period
from services.query.parse import LONGEST, parse
from services.query.show import show
from services.query.suggest import suggest
from services.query.values import (
    AllOf,
    AnyOf,
    Counted,
    Day,
    During,
    Everything,
    Last,
    Media,
    Month,
    Named,
    Not,
    Phrase,
    Query,
    QueryError,
    Relative,
    SharedBy,
    Since,
    Toned,
    Topic,
    Until,
    When,
    Word,
    Year,
    all_of,
    any_of,
    parts_of,
    plain_words,
    replaced,
    terms,
)

__all__ = [
    "LONGEST", "AllOf", "AnyOf", "Counted", "Day", "During", "Everything", "Last", "Media", "Month", "Named", "Not",
    "Phrase", "Query", "QueryError", "Relative", "SharedBy", "Since", "Toned", "Topic", "Until", "When", "Word", "Year",
    "all_of", "any_of", "interval", "parse", "parts_of", "plain_words", "read_period", "replaced", "show", "suggest",
    "terms",
]  # fmt: skip

"""A language goes in; every word that a member reads in it comes out: sentences, numbers, dates.

The words live in `locales/<language>.toml`. A key is written as `group.name`; a test checks that each language has the
same keys with the same placeholders, that every key asked for in the code exists, and that none is left over.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import cache
from pathlib import Path
from typing import get_args

from services.models import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
_LOCALES = Path(__file__).parent / "locales"
_WORDS_PER_MINUTE = 200
"""Silent reading of prose on a screen; Brysbaert (2019) found 238 in English, with Indonesian words longer."""
_NEARLY_CERTAIN = 0.99


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one language. Placeholders are filled as they come: sanitise what is not ours before."""

    language: Language
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text under `key` with its placeholders filled."""
        return self.words[key].format(**values)

    def one_of(self, group: str, name: str) -> str:
        """The text for one value of a closed set, such as a tone."""
        return self.words[f"{group}.{name}"]

    def whole(self, number: int) -> str:
        """A whole number with groups of three digits: '12.500' or '12,500'."""
        return f"{number:,}".replace(",", self("numbers.group"))

    def percent(self, share: float) -> str:
        """A share of 0 to 1: '87%'. One decimal from 99 on, and never 100: '99,8%'."""
        share = min(1.0, max(0.0, share))
        if share < _NEARLY_CERTAIN:
            return f"{share:.0%}"
        tenths = min(999, math.floor(share * 1000 + 1e-9))
        return f"{tenths // 10}{self('numbers.decimal')}{tenths % 10}%"

    def moment(self, moment: datetime, timezone: tzinfo) -> str:
        """When, for a reader in `timezone`: '18 Juni 2024, 21.05 WIB'.

        Midnight sharp is how sources give a day without a time: shown as that day alone.
        """
        if moment.time() == time.min:
            return self.day(moment)
        return self.instant(moment, timezone)

    def instant(self, moment: datetime, timezone: tzinfo) -> str:
        """A moment of ours, which always has its time: '18 Juni 2024, 07.00 WIB'."""
        local = moment.astimezone(timezone)
        clock = self("dates.time", hour=f"{local:%H}", minute=f"{local:%M}")
        return self("dates.moment", day=self.day(local), time=clock, zone=self._zone(local, timezone))

    def zone(self, name: str) -> str:
        """A time zone by its short name, if it has one that people use: 'WIB (Asia/Jakarta)'."""
        short = self.words.get(f"zones.{name}")
        return f"{short} ({name})" if short else name

    def reading_time(self, words: int) -> str:
        """How long `words` take to read."""
        return self("card.reading_time", minutes=self.whole(max(1, round(words / _WORDS_PER_MINUTE))))

    def day(self, day: date) -> str:
        """A day: '18 Juni 2024'."""
        return self("dates.day", day=day.day, month=self.one_of("months", str(day.month)), year=day.year)

    def _zone(self, local: datetime, timezone: tzinfo) -> str:
        return self.words.get(f"zones.{timezone}") or local.tzname() or ""


@cache
def texts(language: Language) -> Texts:
    """The words of `language`, read once."""
    groups = tomllib.loads(_LOCALES.joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return Texts(language, {f"{group}.{name}": text for group, names in groups.items() for name, text in names.items()})

"""Words for days go in ('kemarin', 'pekan-lalu', '3-hari', '2026-01'); what they mean comes out, and the days of it."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from services.query.values import Day, Last, Month, Relative, Unit, When, Year

_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_MOST = 5_000
_UNITS: dict[str, Unit] = {
    **dict.fromkeys(("hari", "day", "days"), "day"),
    **dict.fromkeys(("minggu", "pekan", "week", "weeks"), "week"),
    **dict.fromkeys(("bulan", "month", "months"), "month"),
    **dict.fromkeys(("tahun", "year", "years"), "year"),
}
_SHOWN: dict[Unit, str] = {"day": "hari", "week": "pekan", "month": "bulan", "year": "tahun"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "january", "jan"), ("februari", "february", "feb"), ("maret", "march", "mar"),
            ("april", "apr"), ("mei", "may"), ("juni", "june", "jun"), ("juli", "july", "jul"),
            ("agustus", "august", "agu", "agt", "aug"), ("september", "sep", "sept"),
            ("oktober", "october", "okt", "oct"), ("november", "nov"), ("desember", "december", "des", "dec"),
        ),
        1,
    )
    for name in names
}  # fmt: skip
_WORDS: dict[str, Relative] = {
    **dict.fromkeys(("hari-ini", "today"), Relative("day", 0)),
    **dict.fromkeys(("kemarin", "yesterday"), Relative("day", 1)),
}
_RELATIVE = re.compile(r"(?:(?P<this>this)|last)-(?P<english>[a-z]+)|(?P<unit>[a-z]+)-(?:(?P<ini>ini)|lalu)")
_COUNTED = re.compile(r"(?P<count>\d{1,4})-(?P<unit>[a-z]+)(?P<ago>-(?:lalu|ago))?")
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NAMED = re.compile(r"(?:(\d{1,2})-)?([a-z]{3,9})-(\d{4})")


def read_when(text: str) -> When | None:
    """What a date in words or figures means; None where it is none. Spaces and hyphens are the same."""
    written = "-".join(text.lower().split())
    return read_period(written) or _read_date(written)


def read_period(word: str) -> Relative | Last | None:
    """What a word that stands alone says about time: 'kemarin', 'minggu-ini', '7-hari'; None for other words."""
    word = word.lower()
    if word in _WORDS:
        return _WORDS[word]
    if match := _RELATIVE.fullmatch(word):
        unit = _UNITS.get(match["unit"] or match["english"])
        return Relative(unit, 0 if match["this"] or match["ini"] else 1) if unit else None
    if match := _COUNTED.fullmatch(word):
        unit, count = _UNITS.get(match["unit"]), int(match["count"])
        if unit and 0 < count <= _MOST:
            return Relative(unit, count) if match["ago"] else Last(unit, count)
    return None


def show_when(when: When) -> str:
    """How a date is written so that it reads back."""
    match when:
        case Day(date=day):
            return day.isoformat()
        case Month(year=year, month=month):
            return f"{year:04}-{month:02}"
        case Year(year=year):
            return f"{year:04}"
        case Relative(unit="day", back=0):
            return "hari-ini"
        case Relative(unit="day", back=1):
            return "kemarin"
        case Relative(unit=unit, back=back) if back < 2:
            return f"{_SHOWN[unit]}-{'lalu' if back else 'ini'}"
        case Relative(unit=unit, back=back):
            return f"{back}-{_SHOWN[unit]}-lalu"
        case Last(unit=unit, count=count):
            return f"{count}-{_SHOWN[unit]}"


def interval(when: When, today: date) -> tuple[date, date]:
    """The first and the last day, both included."""
    match when:
        case Day(date=day):
            return day, day
        case Month(year=year, month=month):
            return date(year, month, 1), _month_end(date(year, month, 1))
        case Year(year=year):
            return date(year, 1, 1), date(year, 12, 31)
        case Relative(unit=unit, back=back):
            return _whole(unit, _back(today, unit, back))
        case Last(unit=unit, count=count):
            return _back(today, unit, count) + timedelta(days=1), today


def _read_date(written: str) -> When | None:
    try:
        if match := _ISO.fullmatch(written):
            return _date(*match.groups())
        if match := _NUMERIC.fullmatch(written):
            return _date(match[3], match[2], match[1])
        if (match := _NAMED.fullmatch(written)) and match[2] in _MONTHS:
            return _date(match[3], str(_MONTHS[match[2]]), match[1])
    except ValueError:
        return None
    return None


def _date(year: str, month: str | None, day: str | None) -> When:
    """Raises ValueError for days that the calendar hasn't."""
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise ValueError(year)
    if month is None:
        return Year(int(year))
    first = date(int(year), int(month), 1)
    return Month(first.year, first.month) if day is None else Day(first.replace(day=int(day)))


def _whole(unit: Unit, day: date) -> tuple[date, date]:
    """The week, month or year in which a day lies."""
    match unit:
        case "day":
            return day, day
        case "week":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        case "month":
            return day.replace(day=1), _month_end(day)
        case "year":
            return day.replace(month=1, day=1), day.replace(month=12, day=31)


def _back(day: date, unit: Unit, count: int) -> date:
    """The day that lies so many units before; never before the calendar begins."""
    if unit in ("day", "week"):
        days = count * (7 if unit == "week" else 1)
        return day - timedelta(days=min(days, day.toordinal() - 1))
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "year" else 1)
    year, month = max(months // 12, 1), months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])

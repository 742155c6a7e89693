"""Dates as pages write them go in; moments with a zone come out.

Zones: an explicit one is believed; WIB, WITA and WIT are UTC+7, +8 and +9; a date that names none is taken for Jakarta
time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
_ZONES = {"wib": WIB, "wita": timezone(timedelta(hours=8), "WITA"), "wit": timezone(timedelta(hours=9), "WIT")}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb peb februari pebruari february",
            "mar maret march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "agu ags agt agustus aug august",
            "sep sept september",
            "okt oktober oct october",
            "nov nop november nopember",
            "des desember dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.]\d{2})?(?:\s?(?P<half>[AaPp])\.?[Mm]\b)?"
    r"(?:\s?\(?(?P<zone>WIB|WITA|WIT|GMT|UTC)\b)?"
)
# '18 Juni 2024 | 21:05 WIB', '18 Jun 2024 21.05', 'June 18, 2024 at 9:05 PM', '18/06/2024, 21:05 WIB', '18-06-2024'.
_DAY = (
    rf"(?:(?P<day>\d{{1,2}})[\s-](?P<month>{_MONTH})\.?[\s,-]{{1,2}}(?P<year>\d{{4}})"
    rf"|(?P<month_en>{_MONTH})\.?\s(?P<day_en>\d{{1,2}}),?\s(?P<year_en>\d{{4}})"
    r"|(?P<day_n>\d{1,2})[/-](?P<month_n>\d{1,2})[/-](?P<year_n>\d{4}))"
)
_WRITTEN = re.compile(
    rf"\b{_DAY}(?:[\s,|•·/–—-]{{1,5}}(?:(?:pukul|jam|at|pkl|tayang|diterbitkan)\.?\s)?{_CLOCK})?", re.IGNORECASE
)
_MACHINE = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"
    r"(?:[T\s]{1,2}(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?(?:\.\d{1,9})?\s?(?P<zone>Z|[+-]\d{2}:?\d{2}|WIB|WITA|WIT|UTC|GMT)?)?",
    re.IGNORECASE,
)
_EARLIEST, _LATEST = 1990, 2100


def read_machine_date(value: str) -> datetime | None:
    """Read a date from an attribute (`2024-06-18T21:05:00+07:00`, `2024/06/18 21:05`); midnight when it has no time."""
    match = _MACHINE.search(value[:60])
    if match is None:
        return read_written_date(value[:80])
    day = (int(match["year"]), int(match["month"]), int(match["day"]))
    return _moment(day, int(match["hour"] or 0), int(match["minute"] or 0), _zone(match["zone"]))


def read_written_date(text: str) -> datetime | None:
    """Find the first date in a short text, Indonesian or English; midnight when it has no time."""
    match = _WRITTEN.search(text[:400])
    if match is None:
        return None
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return _moment(_day_of(match), hour, int(match["minute"] or 0), _zone(match["zone"]))


def is_date_line(line: str) -> bool:
    """Whether a line holds a date and little else ('Selasa, 18 Juni 2024 | 21:05 WIB')."""
    match = _WRITTEN.search(line[:120])
    return match is not None and len(line) <= 120 and len(line) - (match.end() - match.start()) <= 32


def agree_on_date(declared: Iterable[str], written: Iterable[str]) -> datetime | None:
    """Choose the time of publication from what a page declares for machines and what it shows to readers.

    The first declared one counts, with two corrections: a time declared as UTC whose clock the page shows as local time
    is local (a common mistake), and a declared day without time takes the time shown for that day. Shown ones without a
    time of day count after those with one: they are often today's date.
    """
    shown = [moment for text in written if (moment := read_written_date(text)) is not None]
    shown.sort(key=lambda moment: (moment.hour, moment.minute) == (0, 0))
    for value in declared:
        moment = read_machine_date(value)
        if moment is not None:
            return _corrected(moment, shown)
    return next((moment for moment in shown), None)


def _corrected(moment: datetime, shown: list[datetime]) -> datetime:
    for other in shown:
        same_clock = other.replace(tzinfo=None) == moment.replace(tzinfo=None, second=0)
        if same_clock and moment.tzinfo is UTC and other.tzinfo is not UTC:
            return other
        if (moment.hour, moment.minute) == (0, 0) and other.date() == moment.date():
            return other
    return moment


def _day_of(match: re.Match[str]) -> tuple[int, int, int]:
    if match["month"]:
        return int(match["year"]), _MONTHS[match["month"].lower()], int(match["day"])
    if match["month_en"]:
        return int(match["year_en"]), _MONTHS[match["month_en"].lower()], int(match["day_en"])
    return int(match["year_n"]), int(match["month_n"]), int(match["day_n"])


def _zone(name: str | None) -> timezone:
    if not name:
        return WIB
    if name.lower() in {"z", "utc", "gmt"}:
        return UTC
    if name.lower() in _ZONES:
        return _ZONES[name.lower()]
    hours, minutes = int(name[1:3]), int(name[-2:])
    offset = timedelta(hours=min(hours, 14), minutes=min(minutes, 59))
    return timezone(-offset if name[0] == "-" else offset)


def _moment(day: tuple[int, int, int], hour: int, minute: int, zone: timezone) -> datetime | None:
    if not _EARLIEST <= day[0] <= _LATEST:
        return None
    try:
        return datetime(*day, hour, minute, tzinfo=zone)
    except ValueError:
        return None

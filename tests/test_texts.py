"""The words of both languages: the same keys, the same placeholders, all used, none missing."""

from __future__ import annotations

import ast
import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from string import Formatter
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from builders import JAKARTA

import handlers
from handlers.correct import _QUESTIONS
from handlers.daily import _CHOICES as _PLAN
from handlers.daily import _DAYS
from handlers.help import _COMMANDS
from handlers.sources import source_fault
from handlers.texts import LANGUAGES, texts
from handlers.trends import _KINDS
from services.archive_files import FileReason
from services.corrections import CorrectedField, Correction
from services.errors import ERROR_KINDS
from services.export import COLUMNS
from services.models import Language, Managers, Mode, OutletType, ToneLabel, WhenEmpty
from services.query.values import Reason
from services.store.chats import Setting

HANDLERS = Path(handlers.__file__).parent
ID, EN = texts("id"), texts("en")
CHOICES = {
    "tone": set(get_args(ToneLabel)),
    "outlet": set(get_args(OutletType)) - {"unknown"},
    "months": {str(month) for month in range(1, 13)},
    "failures": set(ERROR_KINDS),
    "modes": set(get_args(Mode)),
    "managers": set(get_args(Managers)),
    "setting": set(get_args(Setting)) - {"ignored"},
    "setting_about": set(get_args(Setting)) - {"ignored"},
    "commands": {f"{name}{end}" for name in _COMMANDS for end in ("", "_about")},
    "profile_usage": {"figure", "place", "outlet"},
    "profile_with": {"figure", "place", "outlet"},
    "query_errors": set(get_args(Reason)),
    "trend_bars": set(_KINDS),
    "months_short": {str(month) for month in range(1, 13)},
    "correct_errors": {
        "usage",
        "too_long",
        "empty",
        "choices",
        "no_such_figure",
        "no_such_place",
        "no_such_sentence",
        "unknown_place",
        "several_places",
    },
    "correct_questions": set(_QUESTIONS),
    "corrected_field": set(get_args(CorrectedField)),
    "corrected": {kind.__name__ for kind in get_args(Correction)},
    "outlet_types": set(get_args(OutletType)),
    "import_errors": set(get_args(FileReason)),
    "columns": set(COLUMNS),
    "digest_plan": {*_PLAN, "quiet"},
    "digest_plan_about": {*_PLAN, "quiet"},
    "digest_days": {*(name for name, _ in _DAYS), "own"},
    "when_empty": set(get_args(WhenEmpty)),
    "yes_no": {"yes", "no"},
    "weekdays": {str(day) for day in range(1, 8)},
    "source_errors": {source_fault(kind) for kind in ERROR_KINDS},
}
"""Groups from which `one_of` picks, with all that they must hold."""
LOOKED_UP = {"zones", "failures_precise"}
"""Groups whose names may be missing."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def nodes() -> list[ast.AST]:
    """All code that speaks to people."""
    files = [
        *sorted(HANDLERS.glob("*.py")),
        *(HANDLERS.parent / "bot" / name for name in ("doctor.py", "importing.py")),
    ]
    return [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def calls() -> list[tuple[str, set[str]]]:
    """Each key that the code asks for by name, with the placeholders that it fills; of a choice both."""
    return [
        (str(constant.value), {keyword.arg for keyword in call.keywords if keyword.arg})
        for call in nodes()
        if isinstance(call, ast.Call) and call.args and _asks_for_words(call.func)
        for constant in _choices(call.args[0])
        if isinstance(constant, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_0-9]+", str(constant.value))
    ]


def _asks_for_words(function: ast.expr) -> bool:
    """Whether this is `words(…)`, `turn.words(…)`, `self(…)` or `texts(language)(…)`."""
    if isinstance(function, ast.Call):
        return isinstance(function.func, ast.Name) and function.func.id == "texts"
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"words", "self"}


def _choices(argument: ast.expr) -> list[ast.expr]:
    return [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]


def groups_asked() -> set[str]:
    return {
        node.args[0].value
        for node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "one_of"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_each_language_has_its_file_and_no_file_is_left_over() -> None:
    assert {path.stem for path in (HANDLERS / "locales").glob("*.toml")} == set(LANGUAGES)


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert {key: placeholders(text) for key, text in ID.words.items()} == {
        key: placeholders(text) for key, text in EN.words.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_untrimmed(language: Language) -> None:
    assert [key for key, text in texts(language).words.items() if not text or text != text.strip()] == []


def test_each_key_asked_for_exists_and_is_filled() -> None:
    asked = calls()
    assert len(asked) > 8
    for key, filled in asked:
        assert key in ID.words
        # A choice between two texts fills what either needs.
        assert placeholders(ID.words[key]) <= filled, key


def test_closed_sets_are_complete_and_asked_for() -> None:
    assert groups_asked() == set(CHOICES)
    for group, names in CHOICES.items():
        assert {key.removeprefix(f"{group}.") for key in ID.words if key.startswith(f"{group}.")} == names


def test_no_key_is_left_over() -> None:
    used = {key for key, _ in calls()}
    assert {key for key in ID.words if key not in used and key.split(".")[0] not in CHOICES.keys() | LOOKED_UP} == set()


def test_a_locale_file_is_groups_of_texts() -> None:
    for language in LANGUAGES:
        groups = tomllib.loads((HANDLERS / "locales" / f"{language}.toml").read_text(encoding="utf-8"))
        assert all(isinstance(text, str) for names in groups.values() for text in names.values())


@pytest.mark.parametrize(
    ("share", "indonesian", "english"),
    [
        (0.0, "0%", "0%"),
        (0.874, "87%", "87%"),
        (0.9899, "99%", "99%"),
        (0.99, "99,0%", "99.0%"),
        (0.998, "99,8%", "99.8%"),
        (0.9999, "99,9%", "99.9%"),
        (1.0, "99,9%", "99.9%"),
        (7.0, "99,9%", "99.9%"),
        (float("nan"), "0%", "0%"),
    ],
)
def test_shares(share: float, indonesian: str, english: str) -> None:
    assert (ID.percent(share), EN.percent(share)) == (indonesian, english)


def test_whole_numbers_are_grouped() -> None:
    assert (ID.whole(1_234_567), EN.whole(1_234_567), ID.whole(999)) == ("1.234.567", "1,234,567", "999")


@pytest.mark.parametrize(
    ("zone", "indonesian", "english"),
    [
        ("Asia/Jakarta", "18 Juni 2024, 21.05 WIB", "18 June 2024, 21:05 WIB"),
        ("Asia/Pontianak", "18 Juni 2024, 21.05 WIB", "18 June 2024, 21:05 WIB"),
        ("Asia/Makassar", "18 Juni 2024, 22.05 WITA", "18 June 2024, 22:05 WITA"),
        ("Asia/Jayapura", "18 Juni 2024, 23.05 WIT", "18 June 2024, 23:05 WIT"),
        ("Europe/Berlin", "18 Juni 2024, 16.05 CEST", "18 June 2024, 16:05 CEST"),
    ],
)
def test_moments(zone: str, indonesian: str, english: str) -> None:
    moment = datetime(2024, 6, 18, 14, 5, tzinfo=UTC)
    assert (ID.moment(moment, ZoneInfo(zone)), EN.moment(moment, ZoneInfo(zone))) == (indonesian, english)


def test_a_zone_without_a_name_is_told_by_its_distance() -> None:
    assert (
        ID.moment(datetime(2024, 6, 18, 14, 5, tzinfo=UTC), timezone(timedelta(hours=5)))
        == "18 Juni 2024, 19.05 UTC+05:00"
    )


def test_a_day_without_a_time_stays_that_day_everywhere() -> None:
    assert ID.moment(datetime(2024, 6, 18, tzinfo=JAKARTA), UTC) == "18 Juni 2024"


@pytest.mark.parametrize(
    ("words", "told"),
    [(1, "1 menit baca"), (290, "1 menit baca"), (500, "2 menit baca"), (250_000, "1.250 menit baca")],
)
def test_reading_time(words: int, told: str) -> None:
    assert ID.reading_time(words) == told

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.settings import load_settings
from services.errors import UsageError
from services.nlp.encoder import EMBEDDED_MODEL


def test_the_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path / ".env")
    assert (settings.language, settings.timezone, settings.model) == ("id", ZoneInfo("Asia/Jakarta"), EMBEDDED_MODEL)
    assert settings.fetch_allow == frozenset()
    assert (settings.tone_model, settings.ner_model, settings.summary_model, settings.contact) == ("", "", "", "")
    assert settings.log_level == "INFO"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "WARTA_LANG=en\nWARTA_TZ=Asia/Makassar\nWARTA_FETCH_ALLOW=intranet:8080\n# x\nSAMPAH"
    )
    settings = load_settings({"WARTA_LANG": "id", "WARTA_LOG_LEVEL": "debug"}, tmp_path / ".env")
    assert settings.language == "id"
    assert settings.timezone == ZoneInfo("Asia/Makassar")
    assert settings.fetch_allow == {("intranet", 8080)}
    assert settings.log_level == "DEBUG"


def test_an_empty_value_is_the_default(tmp_path: Path) -> None:
    assert load_settings({"WARTA_LANG": "", "WARTA_TZ": " "}, tmp_path / ".env").language == "id"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARTA_LANG", "de"),
        ("WARTA_TZ", "Jakarta"),
        ("WARTA_TZ", "../etc/passwd"),
        ("WARTA_FETCH_ALLOW", "intranet"),
        ("WARTA_LOG_LEVEL", "LOUD"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_settings({name: value}, tmp_path / ".env")
    assert refused.value.facts == {"reason": "setting", "name": name}

"""The environment and `.env` go in, one frozen `Settings` comes out; nothing else reads the environment."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast, get_args

from dotenv import dotenv_values

from services.errors import UsageError
from services.fetch import parse_allow
from services.models import Language
from services.nlp.encoder import EMBEDDED_MODEL

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set; the README's table says what each means.

    `fetch_allow` are the only non-public `(host, port)` that may be fetched, `model` is the folder of the model.
    """

    fetch_allow: frozenset[tuple[str, int]]
    contact: str
    model: Path
    tone_model: str
    ner_model: str
    summary_model: str
    language: Language
    timezone: zoneinfo.ZoneInfo
    log_level: str


def load_settings(environment: Mapping[str, str], env_file: Path) -> Settings:
    """Read the settings; `environment` wins over `env_file`, which need not exist.

    Raises `UsageError` naming the setting that makes no sense.
    """
    values = {name: value for name, value in dotenv_values(env_file).items() if value} | dict(environment)

    def get(name: str, default: str, parse: Callable[[str], Value]) -> Value:
        text = values.get(name, "").strip() or default
        try:
            return parse(text)
        except (ValueError, KeyError, OSError) as error:
            raise UsageError("usage", reason="setting", name=name) from error

    return Settings(
        fetch_allow=get("WARTA_FETCH_ALLOW", "", parse_allow),
        contact=get("WARTA_CONTACT", "", str),
        model=get("WARTA_MODEL", "embedded", _model),
        tone_model=get("WARTA_TONE_MODEL", "", str),
        ner_model=get("WARTA_NER_MODEL", "", str),
        summary_model=get("WARTA_SUMMARY_MODEL", "", str),
        language=get("WARTA_LANG", "id", _language),
        timezone=get("WARTA_TZ", "Asia/Jakarta", zoneinfo.ZoneInfo),
        log_level=get("WARTA_LOG_LEVEL", "INFO", _level),
    )


def _model(text: str) -> Path:
    return EMBEDDED_MODEL if text == "embedded" else Path(text).expanduser()


def _language(text: str) -> Language:
    if text not in get_args(Language):
        raise ValueError(text)
    return cast(Language, text)


def _level(text: str) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(text)
    return text.upper()

"""The environment and `.env` go in, one frozen `Settings` comes out; nothing else reads the environment."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_dir

from services.errors import UsageError
from services.fetch import parse_allow
from services.models import Language
from services.nlp.encoder import EMBEDDED_MODEL

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# As Telegram gives them (bot id, colon, secret) and as its `secret_token` may be.
_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set; the README's table says what each means.

    `bot_token` and `database_url` are '' where there is none. `fetch_allow` are the only non-public `(host, port)` that
    may be fetched, `model` is the folder of the model. `listen` and `metrics` are addresses to serve on. Quotas are
    shares a day.
    """

    bot_token: str
    bot_api: str
    home: Path
    database_url: str
    webhook_url: str
    webhook_secret: str
    listen: tuple[str, int]
    owners: frozenset[int]
    chats: frozenset[int]
    chat_quota: int
    member_quota: int

    fetch_allow: frozenset[tuple[str, int]]
    contact: str
    model: Path
    tone_model: str
    ner_model: str
    summary_model: str
    language: Language
    timezone: zoneinfo.ZoneInfo
    log_level: str
    metrics: tuple[str, int] | None


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
        bot_token=get("WARTA_BOT_TOKEN", "", _token),
        bot_api=get("WARTA_BOT_API", "https://api.telegram.org", _address),
        home=get(
            "WARTA_HOME", user_data_dir("warta", appauthor=False), lambda text: Path(text).expanduser().absolute()
        ),
        database_url=get("DATABASE_URL", "", str),
        webhook_url=get("WARTA_WEBHOOK_URL", "", lambda text: text and _address(text)),
        webhook_secret=get("WARTA_WEBHOOK_SECRET", "", _secret),
        listen=get("WARTA_LISTEN", "127.0.0.1:8443", _host_and_port),
        owners=get("WARTA_OWNERS", "", _ids),
        chats=get("WARTA_CHATS", "", _ids),
        chat_quota=get("WARTA_CHAT_QUOTA", "2000", _positive),
        member_quota=get("WARTA_MEMBER_QUOTA", "500", _positive),
        fetch_allow=get("WARTA_FETCH_ALLOW", "", parse_allow),
        contact=get("WARTA_CONTACT", "", str),
        model=get("WARTA_MODEL", "embedded", _model),
        tone_model=get("WARTA_TONE_MODEL", "", str),
        ner_model=get("WARTA_NER_MODEL", "", str),
        summary_model=get("WARTA_SUMMARY_MODEL", "", str),
        language=get("WARTA_LANG", "id", _language),
        timezone=get("WARTA_TZ", "Asia/Jakarta", zoneinfo.ZoneInfo),
        log_level=get("WARTA_LOG_LEVEL", "INFO", _level),
        metrics=get("WARTA_METRICS", "", lambda text: _host_and_port(text) if text else None),
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


def _token(text: str) -> str:
    if text and not _TOKEN.fullmatch(text):
        raise ValueError("no token")  # Without the text: it may be one, mistyped.
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(text)
    return text.rstrip("/")


def _secret(text: str) -> str:
    if text and not _SECRET.fullmatch(text):
        raise ValueError("no secret")
    return text


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not 0 < int(port) < 65536:
        raise ValueError(text)
    return host.strip("[]") or "127.0.0.1", int(port)


def _ids(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in re.split(r"[\s,]+", text) if part)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)

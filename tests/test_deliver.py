"""What a chat's settings do to its cards, and where its messages are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import a_tone, an_annotation

from handlers.deliver import message_address, remainder_card, team_card
from handlers.texts import texts
from services.models import ChatKind, Sharer, Team

TEAM = Team(
    id=-1001234567890,
    kind="supergroup",
    title="Redaksi",
    username=None,
    approved=None,
    active=True,
    language="id",
    timezone="Asia/Jakarta",
    mode="auto",
    managers="admins",
    sure_from=0.6,
    ignored=(),
    retention_days=365,
)
ANNOTATION = an_annotation(tone=a_tone("positive", 0.7))


def test_each_chat_has_its_own_threshold_of_certainty() -> None:
    assert "Positif" in team_card(TEAM, ANNOTATION).text
    assert "Tidak yakin" in team_card(replace(TEAM, sure_from=0.8), ANNOTATION).text


def test_each_chat_has_its_own_language() -> None:
    assert "Positive" in team_card(replace(TEAM, language="en"), ANNOTATION).text


@pytest.mark.parametrize(
    ("kind", "username", "address"),
    [
        ("supergroup", None, "https://t.me/c/1234567890/7"),
        ("channel", None, "https://t.me/c/1234567890/7"),
        ("supergroup", "redaksi", "https://t.me/redaksi/7"),
        ("group", None, None),
        ("private", "ani", None),
    ],
)
def test_messages_have_addresses_where_telegram_gives_them(
    kind: ChatKind, username: str | None, address: str | None
) -> None:
    assert message_address(replace(TEAM, kind=kind, username=username), 7) == address


def test_a_name_in_a_sentence_of_ours_links_nothing() -> None:
    text = remainder_card(texts("id"), Sharer(1, "Ani /start @warta \u202eevil.example")).text
    assert "/\u2063start" in text
    assert "@\u2063warta" in text
    assert "\u202e" not in text

"""What answers of Telegram mean for a message, and when the next may go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.delivery import Answer, Pace, outcome_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (Answer("answered", ok=True, result={}), "sent"),
        (Answer("unsent"), "later"),
        (Answer("unknown"), "ambiguous"),
        (Answer("answered", code=429, retry_after=7), "held"),
        (Answer("answered", code=400, migrated_to=-1005), "moved"),
        (Answer("answered", code=500, description="Internal Server Error"), "later"),
        (Answer("answered", code=401, description="Unauthorized"), "later"),
        (Answer("answered", code=403, description="Forbidden: bot was kicked from the supergroup chat"), "gone"),
        (Answer("answered", code=403, description="Forbidden: bot was blocked by the user"), "gone"),
        (Answer("answered", code=400, description="Bad Request: chat not found"), "gone"),
        (Answer("answered", code=400, description="Bad Request: TOPIC_CLOSED"), "no_thread"),
        (
            Answer(
                "answered", code=400, description="Bad Request: not enough rights to send text messages to the chat"
            ),
            "no_rights",
        ),
        (Answer("answered", code=400, description="Bad Request: message is not modified: same content"), "sent"),
        (Answer("answered", code=400, description="Bad Request: message text is empty"), "refused"),
    ],
)
def test_fates(answer: Answer, fate: str) -> None:
    assert outcome_of(answer, 1).fate == fate


def test_telegram_says_how_long_to_wait() -> None:
    assert outcome_of(Answer("answered", code=429, retry_after=60), 1).seconds == 60


def test_an_unreachable_server_is_asked_ever_more_rarely_but_never_given_up() -> None:
    waits = [outcome_of(Answer("unsent"), attempt).seconds for attempt in (1, 2, 3, 10, 1000)]
    assert waits == sorted(waits)
    assert waits[0] <= 1
    assert waits[-1] == 60


def paced(chats: list[int], late: bool = False) -> list[tuple[int, float]]:
    """When messages for these chats go, each as early as it may, in seconds from the start."""
    pace, now, sent = Pace(), NOW, []
    for chat in chats:
        while wait := pace.wait(chat, now, late=late):
            now += wait
        pace.count(chat, now, late=late)
        sent.append((chat, (now - NOW).total_seconds()))
    return sent


def test_a_chat_gets_one_message_a_second_and_twenty_a_minute() -> None:
    moments = [moment for _, moment in paced([1] * 45)]
    assert all(later - earlier >= 1 for earlier, later in pairwise(moments))
    assert all(later - earlier >= 60 for earlier, later in zip(moments, moments[20:], strict=False))
    assert moments[19] < 25


def test_all_chats_together_get_less_than_thirty_a_second() -> None:
    moments = [moment for _, moment in paced(list(range(100)))]
    assert all(later - earlier >= 1 for earlier, later in zip(moments, moments[29:], strict=False))
    assert moments[-1] < 5


def test_old_links_leave_room() -> None:
    moments = [moment for _, moment in paced([1] * 5, late=True)]
    assert moments[-1] >= 45


def test_what_another_process_sent_counts() -> None:
    pace = Pace()
    pace.count_all([(1, NOW - timedelta(seconds=0.5))])
    assert timedelta(0) < pace.wait(1, NOW) < timedelta(seconds=1)
    assert pace.wait(2, NOW) == timedelta(0)


def test_a_minute_later_nothing_is_remembered() -> None:
    pace = Pace()
    for _ in range(30):
        pace.count(1, NOW)
    assert pace.wait(1, NOW + timedelta(seconds=62)) == timedelta(0)

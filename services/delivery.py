"""What Telegram answered, and what was sent when, go in; what becomes of a message, and when the next may go, come out.

Pure: it neither sends nor waits. Limits of the Bot API as its FAQ gives them (read 2026-11): one message a second and
20 a minute in a chat, about 30 a second in all.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Arrival = Literal["answered", "unsent", "unknown"]
"""Telegram answered; the request certainly didn't reach it; or nobody knows."""

# A little above what Telegram says: its clock is not ours, and a message may be slow on its way.
_SECOND = timedelta(seconds=1.05)
_MINUTE = timedelta(seconds=61)
_A_MINUTE = 20
_A_SECOND = 25
_LATE_EVERY = timedelta(seconds=15)
"""Old links are worked off quietly: four cards a minute leave a conversation room."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call to the Bot API. `result` is set where it is `ok`; `code` and `description` where it isn't."""

    arrival: Arrival
    ok: bool = False
    result: Any = None
    code: int = 0
    description: str = ""
    retry_after: float = 0
    migrated_to: int | None = None


Fate = Literal[
    "sent",
    "later",  # surely not arrived: again, soon
    "held",  # the chat gets nothing for `seconds`
    "moved",  # the chat has another id
    "no_thread",  # the forum topic is closed or gone
    "no_rights",  # not now, perhaps when an admin changed something
    "gone",  # the bot is out of the chat
    "refused",  # never
    "ambiguous",  # perhaps arrived
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a message; `seconds` until it may be tried again, `reason` in few words for the log."""

    fate: Fate
    seconds: float = 0
    reason: str = ""


_NO_RIGHTS = (
    "not enough rights",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_restricted",
    "need administrator rights",
    "chat_send_plain_forbidden",
)
CLOSED_THREAD = "topic closed"
_NO_THREAD = {"topic_closed": CLOSED_THREAD, "topic_deleted": "topic gone", "message thread not found": "topic gone"}
_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "group chat was deactivated")


def outcome_of(answer: Answer, attempts: int) -> Outcome:
    """What an answer means for the message that was sent, at the given number of attempts so far."""
    if answer.ok:
        return Outcome("sent")
    if answer.arrival != "answered":
        unsent = answer.arrival == "unsent"
        return (
            Outcome("later", _backoff(attempts), "unreachable") if unsent else Outcome("ambiguous", reason="no answer")
        )
    if answer.migrated_to is not None:
        return Outcome("moved", reason="migrated")
    if answer.code == 429:
        return Outcome("held", answer.retry_after or _backoff(attempts), "limit")
    if answer.code >= 500 or answer.code in (401, 404, 409):
        # Telegram itself says that it failed, or that it doesn't know this token: the message waits.
        return Outcome("later", _backoff(attempts), f"status {answer.code}")
    return _of_refusal(answer)


def _of_refusal(answer: Answer) -> Outcome:
    description = answer.description.lower()
    if "message is not modified" in description:
        return Outcome("sent")
    for part, reason in _NO_THREAD.items():
        if part in description:
            return Outcome("no_thread", reason=reason)
    if any(part in description for part in _NO_RIGHTS):
        return Outcome("no_rights", reason="no rights")
    if answer.code == 403 or any(part in description for part in _GONE):
        return Outcome("gone", reason="not in the chat")
    return Outcome("refused", reason=answer.description[:100])


def _backoff(attempts: int) -> float:
    return float(min(60.0, 0.5 * 2.0 ** min(attempts, 10)))


@dataclass
class Pace:
    """When something was sent, within the last minute."""

    _all: deque[datetime] = field(default_factory=deque)
    _chats: dict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _late: dict[int, datetime] = field(default_factory=dict)

    def count(self, chat_id: int, moment: datetime, *, late: bool = False) -> None:
        """Something was sent to a chat."""
        self._all.append(moment)
        self._chats[chat_id].append(moment)
        if late:
            self._late[chat_id] = moment

    def count_all(self, sent: Iterable[tuple[int, datetime]]) -> None:
        """What was sent before this process began."""
        for chat_id, moment in sent:
            self.count(chat_id, moment)

    def wait(self, chat_id: int, now: datetime, *, late: bool = False) -> timedelta:
        """How long until the next message may go to a chat; zero: now."""
        self._forget(now)
        sent = self._chats.get(chat_id, deque())
        earliest = [now]
        if sent:
            earliest.append(sent[-1] + _SECOND)
        if len(sent) >= _A_MINUTE:
            earliest.append(sent[-_A_MINUTE] + _MINUTE)
        if len(self._all) >= _A_SECOND:
            earliest.append(self._all[-_A_SECOND] + _SECOND)
        if late and chat_id in self._late:
            earliest.append(self._late[chat_id] + _LATE_EVERY)
        return max(earliest) - now

    def _forget(self, now: datetime) -> None:
        while self._all and self._all[0] < now - _MINUTE:
            self._all.popleft()
        for chat_id in [chat_id for chat_id, sent in self._chats.items() if sent[-1] < now - _MINUTE]:
            del self._chats[chat_id]
            self._late.pop(chat_id, None)
        for sent in self._chats.values():
            while sent and sent[0] < now - _MINUTE:
                sent.popleft()

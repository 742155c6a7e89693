"""Members of many chats share links with the real `warta`; what each link got comes out, and figures beside their bars.

For the benches of the chat. Telegram and the news sites are those of the tests, on loopback, and use the same cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # Telegram and the sites are the tests' own.

from botapi import Call, Chat, Message, RetryAfter, Sent, User
from newsroom import Bot, Newsroom, Story, newsroom, run_once

__all__ = [
    "Bot", "Call", "Figure", "Newsroom", "RetryAfter", "Share", "Team", "Traffic", "end_database", "find_database",
    "found_teams", "kill_all", "open_newsroom", "run_once",
]  # fmt: skip

_PLENTY = {"WARTA_CHAT_QUOTA": "1000000", "WARTA_MEMBER_QUOTA": "1000000"}


@dataclass(frozen=True)
class Figure:
    """A measured value and the most that it may be (None: no bar was set)."""

    name: str
    value: float
    most: float | None = None
    unit: str = ""

    def __str__(self) -> str:
        bar = "" if self.most is None else f"bar {self.most:g}{'' if self.value <= self.most else '   MISSED'}"
        value = f"{self.value:.0f}" if float(self.value).is_integer() else f"{self.value:.2f}"
        return f"{self.name:58} {value:>8} {self.unit:8} {bar}".rstrip()


@dataclass(frozen=True)
class Team:
    """A group and its one member who shares links."""

    chat: Chat
    member: User


@dataclass(eq=False)
class Share:
    """A link that a member shared, when (`time.monotonic`), and the messages that answered it."""

    story: Story
    message: Message
    moment: float
    answers: list[Sent] = field(default_factory=list)

    @property
    def is_card(self) -> bool:
        """Whether the link got its card, not a sentence that says why there is none."""
        return bool(self.answers) and self.story.title in self.answers[0].text


class Traffic:
    """Links that were shared since it was made; it follows what the bot sends."""

    def __init__(self, room: Newsroom) -> None:
        self._room = room
        self._sent, self._calls = len(room.telegram.sent), len(room.telegram.calls)
        self._next = self._sent
        self._shares: dict[tuple[int, int], Share] = {}
        self._unanswered: set[Share] = set()
        self.strays: list[Sent] = []
        """Messages of the bot that answer none of the links."""

    @property
    def shares(self) -> list[Share]:
        """All links, in the order in which they were shared."""
        return list(self._shares.values())

    def share(self, team: Team) -> Share:
        """Let a team share a new article."""
        story = self._room.story()
        share = Share(story, team.chat.say(team.member, story.url), time.monotonic())
        self._shares[team.chat.id, share.message.message_id] = share
        self._unanswered.add(share)
        return share

    def unanswered(self) -> set[Share]:
        """The links that wait for their first answer."""
        sent = self._room.telegram.sent
        for one in sent[self._next :]:
            share = self._shares.get((one.chat.id, one.reply_to or 0))
            (share.answers if share else self.strays).append(one)
            self._unanswered -= {share} if share else set()
        self._next = len(sent)
        return self._unanswered

    async def until_answered(self, seconds: float) -> None:
        """Wait until every link has an answer and the bot rests. Raises `AssertionError` when that takes longer."""
        await self._room.telegram.until(lambda: not self.unanswered(), seconds, "an answer to every link")
        await self._room.telegram.quiet(1)
        self.unanswered()

    def extra(self) -> int:
        """How many messages the bot sent beyond one a link."""
        self.unanswered()
        return len(self.strays) + sum(max(0, len(share.answers) - 1) for share in self.shares)

    def delays(self) -> list[float]:
        """Seconds from each link's message to the request that brought its answer, in the order of the links."""
        calls = self._room.telegram.calls[self._calls :]
        brought = [call for call in calls if call.method == "sendMessage" and call.answer.get("ok")]
        came = {(call.chat_id, call.answer["result"]["message_id"]): call.time for call in brought}
        return [came[share.message.chat.id, share.answers[0].message_id] - share.moment for share in self.shares]


def found_teams(room: Newsroom, count: int) -> list[Team]:
    """New groups."""
    teams = []
    for number in range(count):
        member = room.telegram.user(f"Ani {number}")
        teams.append(Team(room.telegram.group(f"Redaksi {number}", members=(member,)), member))
    return teams


@asynccontextmanager
async def open_newsroom() -> AsyncIterator[Newsroom]:
    """A newsroom whose `warta` runs its embedded database in a temporary folder; no database stays behind."""
    with _open_folder() as folder:
        async with newsroom("", folder) as room:
            room.environment |= _PLENTY
            try:
                yield room
            finally:
                end_database(room)


@contextmanager
def _open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="warta-bench-") as folder:
        Path(folder).chmod(0o711)  # Root's PostgreSQL runs as another user, who must get in.
        yield Path(folder)


def find_database(room: Newsroom) -> list[psutil.Process]:
    """The processes of the PostgreSQL servers in the newsroom's folder, each server before its children."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command: Sequence[str] = process.info["cmdline"] or ()
        if command[1:2] == ["-D"] and Path(command[2]).is_relative_to(room.folder):
            with suppress(psutil.NoSuchProcess):
                found += [process, *process.children(recursive=True)]
    return found


def end_database(room: Newsroom) -> None:
    """Kill what is left of the servers, and wait for it."""
    kill_all(found := find_database(room))
    psutil.wait_procs(found, timeout=10)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL to each that still runs."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()

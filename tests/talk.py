"""Conversations with the real `warta run`, in both languages: what a test needs to hold one, and to count its answers.

One process serves all tests of a module in a language; each test has chats of its own. What a chat was sent is counted
again at the end, so that an answer given twice fails even where it came late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio
from botapi import BotApi, Chat, Sent, User
from newsroom import Newsroom, Story, newsroom

from handlers.help import command_list
from handlers.texts import Texts, texts
from services.models import Language


@dataclass
class Talk:
    """What a test needs to hold a conversation."""

    room: Newsroom
    words: Texts
    expected: dict[Chat, int] = field(default_factory=dict)

    @property
    def telegram(self) -> BotApi:
        return self.room.telegram

    @property
    def language(self) -> Language:
        return self.words.language

    def command(self, name: str) -> str:
        """A command in the language: `name` is the Indonesian one."""
        names = [[one["command"] for one in command_list(texts(language))] for language in ("id", self.language)]
        return "/" + names[1][names[0].index(name)]

    def group(self, *members: User, **facts: object) -> Chat:
        return self.telegram.group("Redaksi", members=members, **facts)  # type: ignore[arg-type]

    def user(self, name: str = "Ani") -> User:
        return self.telegram.user(name, language=self.language)

    async def answers(self, chat: Chat, count: int) -> list[Sent]:
        """The chat's messages of the bot, once there are so many; it is never to get more."""
        await self.telegram.until(lambda: len(chat.sent) >= count, 15, f"message {count} of {chat.wire['type']}")
        self.expected[chat] = count
        return chat.sent

    async def card(self, chat: Chat, story: Story, count: int = 1) -> Sent:
        """The last of so many messages, which is the card of a story."""
        sent = (await self.answers(chat, count))[-1]
        assert is_card(sent, story), sent.text
        return sent

    async def edited(self, sent: Sent, condition: Callable[[Sent], object]) -> Sent:
        await self.telegram.until(lambda: condition(sent), 15, f"an edit of {sent.text[:60]!r}")
        return sent

    def says(self, sent: Sent, key: str, **values: object) -> bool:
        """Whether a message begins with one of our sentences."""
        return visible(sent.text).startswith(visible(self.words(key, **values)))


def visible(text: str) -> str:
    return text.replace("\u2063", "").replace("`", "")


def is_card(sent: Sent, story: Story) -> bool:
    """Whether a message is the whole card of a story."""
    return visible(sent.text).startswith(story.title) and "📍" in sent.text and "♻️" not in sent.text


def is_repetition(sent: Sent, story: Story) -> bool:
    return visible(sent.text).startswith(story.title) and "♻️" in sent.text


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=get_args(Language))
async def conversation(
    request: pytest.FixtureRequest, own_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talk]:
    folder: Path = tmp_path_factory.mktemp("chat")
    async with newsroom(own_database(), folder) as room, room.bot(WARTA_LANG=request.param) as bot:
        talk = Talk(room, texts(request.param))
        yield talk
        await room.telegram.quiet(1.5)
        assert {chat: len(chat.sent) for chat in talk.expected} == talk.expected, room.telegram.story()
        assert "Traceback" not in bot.told
        assert room.telegram.token not in bot.told


@pytest.fixture
def talk(conversation: Talk) -> Iterator[Talk]:
    """The conversation; Telegram must have nothing to complain about."""
    telegram = conversation.telegram
    before = len(telegram.complaints())
    yield conversation
    assert telegram.complaints()[before:] == []
    linked = [link for _, links in telegram.auto_linked for link in links if link.kind != "command"]
    assert linked == []

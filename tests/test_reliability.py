"""The real `warta run` when things go wrong: nothing lost, nothing twice, nothing told that is not to be told."""

from __future__ import annotations

import asyncio
import io
import math
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import LiteralString, get_args

import psutil
import psycopg
import pytest
from aiohttp import ClientSession
from botapi import BotApi, Chat, DropAfter, DropBefore, RetryAfter, Sent, Status, User
from newsroom import Newsroom, Story, newsroom, run_once

from handlers.texts import texts
from services.models import Language

WORDS = texts("id")
OWNER = "Pemilik"
in_both_languages = pytest.mark.parametrize("language", get_args(Language))


@pytest.fixture
async def room(database: str, tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(database, tmp_path) as room:
        yield room


def a_group(room: Newsroom, **facts: object) -> tuple[User, Chat]:
    ani = room.telegram.user("Ani")
    return ani, room.telegram.group("Redaksi", members=(ani,), **facts)  # type: ignore[arg-type]


def answered(chat: Chat, story: Story) -> list[Sent]:
    """The messages in which a chat got a story."""
    return [sent for sent in chat.sent if story.title in sent.text]


def plain(sent: Sent) -> str:
    """What a message says, without the separators that keep Telegram from linking parts of it."""
    return sent.text.replace("\u2063", "")


async def cards(room: Newsroom, chats: dict[Chat, list[Story]], seconds: float = 60) -> None:
    """Wait until every story was answered, and see that it was once."""
    stories = [(chat, story) for chat, shared in chats.items() for story in shared]
    await room.telegram.until(lambda: all(answered(*one) for one in stories), seconds, "all cards")
    await room.telegram.quiet(1)
    assert [len(answered(*one)) for one in stories] == [1] * len(stories)


def burst(room: Newsroom, chats: int, links: int) -> dict[Chat, list[Story]]:
    """Links in several chats, all at once."""
    shared = dict[Chat, list[Story]]()
    for _ in range(chats):
        ani, group = a_group(room)
        shared[group] = [room.story() for _ in range(links)]
        for story in shared[group]:
            group.say(ani, story.url)
    return shared


# Never twice, never lost


async def test_every_update_five_times_is_one_card(room: Newsroom) -> None:
    room.telegram.redeliver(5)
    shared = burst(room, 3, 2)
    async with room.bot():
        await cards(room, shared)
        await room.telegram.until(lambda: not len(room.telegram.updates), what="the last delivery")
        await room.telegram.quiet(1)
        assert sum(len(chat.sent) for chat in shared) == 6


async def test_cards_keep_the_order_of_the_links(room: Newsroom) -> None:
    shared = burst(room, 4, 5)
    async with room.bot():
        await cards(room, shared)
    for chat, stories in shared.items():
        assert [story.title for sent in chat.sent for story in stories if story.title in sent.text] == [
            story.title for story in stories
        ]
    assert room.telegram.complaints() == []


async def test_killed_again_and_again(room: Newsroom) -> None:
    """`bench/chat.py` does the same fifty times, with the database."""
    chance = random.Random(7)
    shared: dict[Chat, list[Story]] = {}
    for _ in range(5):
        shared |= burst(room, 4, 3)
        bot = await room.start()
        before = len(room.telegram.sent)
        await room.telegram.until(lambda before=before: len(room.telegram.sent) > before, 20, "a first card")  # type: ignore[misc]
        await asyncio.sleep(chance.uniform(0, 1.5))  # The moment of the kill is what is tried.
        await bot.kill()
    async with room.bot():
        async with asyncio.timeout(120):
            while await unsettled(room):
                await room.telegram.quiet(2)
    stories = [(chat, story) for chat, several in shared.items() for story in several]
    counts = [len(answered(*one)) for one in stories]
    unclear = await ambiguous(room)
    assert max(counts) == 1
    assert counts.count(0) <= unclear <= 5 * 8


async def ambiguous(room: Newsroom) -> int:
    return await count(room, "select count(*) from outbox where state = 'ambiguous'")


async def unsettled(room: Newsroom) -> int:
    """How much is still to be handled, read or sent."""
    return len(room.telegram.updates) + await count(
        room,
        "select (select count(*) from inbox where state = 'new') + (select count(*) from shares where state = 'queued')"
        " + (select count(*) from outbox where state in ('waiting', 'pending', 'sending'))",
    )


async def count(room: Newsroom, query: LiteralString) -> int:
    async with await psycopg.AsyncConnection.connect(room.environment["DATABASE_URL"]) as connection:
        row = await (await connection.execute(query)).fetchone()
    return int(row[0]) if row else 0


async def test_ending_in_peace_finishes_what_is_being_sent(room: Newsroom) -> None:
    room.telegram.latency = 0.5
    shared = burst(room, 6, 2)
    bot = await room.start()
    await room.telegram.until(lambda: room.telegram.sent, 20, "a first card")
    assert await bot.end() == 0
    async with room.bot():
        await cards(room, shared)
    assert await ambiguous(room) == 0


@pytest.mark.parametrize("kind", [DropBefore(), DropAfter(), Status(502, "Bad Gateway", json=False)])
async def test_what_may_have_arrived_is_listed_and_not_sent_again(room: Newsroom, kind: DropAfter) -> None:
    ani, group = a_group(room)
    lost, story = room.story(), room.story()
    room.telegram.fail("sendMessage", group, kind=kind)
    group.say(ani, lost.url)
    async with room.bot():
        await room.telegram.until(lambda: not room.telegram.faults[0].left, 20, "the fault")
        group.say(ani, story.url)
        await cards(room, {group: [story]})
        assert len(answered(group, lost)) == (1 if isinstance(kind, DropAfter) else 0)
    _, told = await run_once(room, "doctor")
    assert WORDS("doctor.ambiguous", count="1") in told
    assert str(group.id) in told


async def test_what_telegram_failed_to_do_is_done_again(room: Newsroom) -> None:
    ani, group = a_group(room)
    story = room.story()
    room.telegram.fail("sendMessage", group, times=2, kind=Status(500, "Internal Server Error"))
    group.say(ani, story.url)
    async with room.bot():
        await cards(room, {group: [story]})
    assert await ambiguous(room) == 0


async def test_a_limit_in_one_chat_holds_up_no_other(room: Newsroom) -> None:
    (ani, held), (budi, free) = a_group(room), a_group(room)
    room.telegram.fail("sendMessage", held, kind=RetryAfter(60))
    story, other = room.story(), room.story()
    held.say(ani, story.url)
    async with room.bot():
        await room.telegram.until(lambda: not room.telegram.faults[0].left, 20, "the limit")
        free.say(budi, other.url)
        await room.telegram.until(lambda: answered(free, other), 5, "the card of the other chat")
        await room.telegram.quiet(1)
        assert held.sent == []
    assert room.telegram.flooded == []


async def test_two_bots_on_one_database_answer_once(room: Newsroom) -> None:
    shared = burst(room, 3, 2)
    async with room.bot(), room.bot():
        await cards(room, shared)
    assert sum(len(chat.sent) for chat in shared) == 6


async def test_when_one_of_two_dies_the_other_goes_on(room: Newsroom) -> None:
    async with room.bot() as first:
        await cards(room, burst(room, 1, 1))
        async with room.bot():
            await first.kill()
            await cards(room, burst(room, 2, 1))


async def test_a_worker_alone_reads_for_the_bot(room: Newsroom) -> None:
    async with room.bot(), room.bot("worker") as worker:
        await cards(room, burst(room, 10, 1))
        assert "read" in worker.told


async def test_the_embedded_database_serves_as_well(reachable: Path) -> None:
    async with newsroom("", reachable) as room:
        shared = burst(room, 1, 1)
        async with room.bot():
            await cards(room, shared)
        async with room.bot():
            (group,) = shared
            group.say(room.telegram.user("Budi"), shared[group][0].url)
            await room.telegram.until(lambda: "♻️" in group.sent[-1].text, 20, "what it remembers")


async def test_the_embedded_database_is_started_again_when_it_dies(reachable: Path) -> None:
    async with newsroom("", reachable) as room, room.bot():
        await cards(room, burst(room, 1, 1))
        killed = 0
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == "postgres" and str(reachable) in " ".join(process.info["cmdline"] or ()):
                process.kill()
                killed += 1
        assert killed
        await cards(room, burst(room, 2, 1))


# Webhook


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def test_updates_brought_by_webhook(room: Newsroom) -> None:
    port = free_port()
    settings = {
        "WARTA_LISTEN": f"127.0.0.1:{port}",
        "WARTA_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "WARTA_WEBHOOK_SECRET": "rahasia-kita",
    }
    async with room.bot(**settings):
        shared = burst(room, 2, 2)
        await cards(room, shared)
        async with ClientSession() as session:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "lain"}):
                async with session.post(
                    settings["WARTA_WEBHOOK_URL"], json={"update_id": 1}, headers=headers
                ) as answer:
                    assert answer.status == 403
            headers = {"X-Telegram-Bot-Api-Secret-Token": "rahasia-kita"}
            for body, status in ((b"{", 400), (b"[]", 400), (b"x" * 2_000_000, 413)):
                async with session.post(
                    settings["WARTA_WEBHOOK_URL"], data=io.BytesIO(body), headers=headers
                ) as answer:
                    assert answer.status == status


async def test_health_and_figures(room: Newsroom) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with room.bot(WARTA_METRICS=address), ClientSession() as session:
        await cards(room, burst(room, 1, 1))
        async with session.get(f"http://{address}/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with session.get(f"http://{address}/metrics") as answer:
            lines = (await answer.text()).splitlines()
    assert 'warta_shares{state="done"} 1' in lines
    assert 'warta_messages{state="sent"} 1' in lines


# Who may use it


async def test_an_open_bot_says_so_loudly(room: Newsroom) -> None:
    async with room.bot() as bot:
        await cards(room, burst(room, 1, 1))
        assert "ANYONE" in bot.told


@in_both_languages
async def test_an_owner_lets_new_chats_in(room: Newsroom, language: Language) -> None:
    words = texts(language)
    owner = room.telegram.user(OWNER, language=language)
    private = room.telegram.private(owner)
    ani, group = a_group(room)
    story, other = room.story(), room.story()
    async with room.bot(WARTA_OWNERS=str(owner.id), WARTA_LANG=language) as bot:
        private.say(owner, "/start")
        await room.telegram.until(lambda: private.sent, 15, "help")
        group.say(ani, story.url)
        await room.telegram.until(lambda: len(private.sent) == 2 and group.sent, 15, "a request")
        assert group.sent[0].text == words("access.waiting")
        group.say(ani, story.url)
        press = private.press(ani, private.sent[1], words("access.yes")).id
        await room.telegram.until(lambda: room.telegram.presses[press].answer, 15, "an answer")
        assert words("access.owners_only") in str(room.telegram.presses[press].answer)
        private.press(owner, private.sent[1], words("access.yes"))
        await room.telegram.until(lambda: len(group.sent) == 2, 15, "the good news")
        group.say(ani, other.url)
        await cards(room, {group: [other]})
        assert "ANYONE" not in bot.told
    assert room.telegram.complaints() == []


@in_both_languages
async def test_an_owner_who_comes_later_finds_the_requests(room: Newsroom, language: Language) -> None:
    words = texts(language)
    owner = room.telegram.user(OWNER, language=language)
    private = room.telegram.private(owner)
    ani, group = a_group(room)
    async with room.bot(WARTA_OWNERS=str(owner.id), WARTA_LANG=language):
        group.say(ani, room.story().url)
        await room.telegram.until(lambda: group.sent, 15, "the sentence")
        private.say(owner, "/start")
        await room.telegram.until(lambda: len(private.sent) == 2, 15, "the request")
        private.press(owner, private.sent[1], words("access.no"))
        await room.telegram.until(lambda: len(group.sent) == 2, 15, "the refusal")
        assert plain(group.sent[1]) == words("access.refused")
        group.say(ani, room.story().url)
        group.say(ani, "/kartu")
        await room.telegram.until(lambda: len(group.sent) == 3, 15, "an answer to who asks")


@in_both_languages
async def test_only_listed_chats(room: Newsroom, language: Language) -> None:
    words = texts(language)
    (ani, mine), (budi, other) = a_group(room), a_group(room)
    story = room.story()
    async with room.bot(WARTA_CHATS=f"{mine.id}, 5", WARTA_LANG=language):
        other.say(budi, story.url)
        mine.say(ani, story.url)
        await cards(room, {mine: [story]})
        await room.telegram.until(lambda: other.sent, 15, "the sentence")
        assert plain(other.sent[0]) == words("access.closed", chat=str(other.id))


@in_both_languages
async def test_quotas_are_told_kindly_and_once(room: Newsroom, language: Language) -> None:
    words = texts(language)
    ani, group = a_group(room)
    stories = [room.story() for _ in range(4)]
    async with room.bot(WARTA_MEMBER_QUOTA="2", WARTA_LANG=language):
        for story in stories:
            group.say(ani, story.url)
        await cards(room, {group: stories[:2]})
        await room.telegram.until(lambda: len(group.sent) == 3, 15, "the sentence")
        assert words("share.member_quota", count="2") in map(plain, group.sent)
        budi = room.telegram.user("Budi")
        other = room.story()
        group.say(budi, other.url)
        await cards(room, {group: [other]})
        assert len(group.sent) == 4


# Privacy mode, logs, doctor


@in_both_languages
async def test_a_blind_bot_explains_itself_when_it_joins(database: str, tmp_path: Path, language: Language) -> None:
    api = BotApi(can_read_all=False)
    async with newsroom(database, tmp_path, api) as room, room.bot(WARTA_LANG=language):
        ani = room.telegram.user("Ani")
        group = room.telegram.group("Redaksi", admins=(ani,), bot="left")
        group.add_bot(ani)
        await room.telegram.until(lambda: group.sent, 15, "the greeting")
        assert "BotFather" in group.sent[0].text
        story = room.story()
        group.say(ani, f"/kartu {story.url}")
        await cards(room, {group: [story]})


async def test_nothing_private_is_logged(room: Newsroom) -> None:
    rahasia = room.telegram.user("Rahasiawati Tersembunyi")
    group = room.telegram.group("Grup Sangat Rahasia", members=(rahasia,))
    good, bad = room.story(), room.story(path="/berita/hilang", answer=None)
    del room.sites.routes["/berita/hilang"]
    group.say(rahasia, f"Jangan disebar: {good.url}")
    group.say(rahasia, bad.url)
    async with room.bot() as bot:
        await room.telegram.until(lambda: len(group.sent) == 2, 20, "both answers")
        told = bot.told
    for private in (
        "Rahasiawati",
        "Tersembunyi",
        "Sangat Rahasia",
        "Jangan disebar",
        "Hendra Wiguna",
        good.title,
        good.url,
    ):
        assert private not in told
    assert "job" in told


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
async def test_the_token_is_nowhere(room: Newsroom, level: str) -> None:
    shared = burst(room, 1, 1)
    (group,) = shared
    room.telegram.fail("sendMessage", group, kind=Status(401, "Unauthorized"))
    room.telegram.fail("getUpdates", kind=Status(401, "Unauthorized"))
    async with room.bot(WARTA_LOG_LEVEL=level) as bot:
        await cards(room, shared)
    assert room.telegram.token not in bot.told
    assert room.telegram.token.partition(":")[2] not in bot.told


async def test_a_refused_token_is_one_sentence(room: Newsroom) -> None:
    other = "110201543:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    for command in ("run", "doctor"):
        status, told = await run_once(room, command, WARTA_BOT_TOKEN=other, WARTA_LOG_LEVEL="DEBUG")
        assert status != 0
        assert WORDS("failures_precise.usage_token_refused" if command == "run" else "doctor.token_refused") in told
        assert other not in told
        assert "Traceback" not in told


async def test_a_missing_token_is_one_sentence(room: Newsroom) -> None:
    status, told = await run_once(room, "run", WARTA_BOT_TOKEN="")
    assert status == 2
    assert told.strip() == WORDS("failures_precise.usage_token_missing")


async def test_a_mistyped_token_is_not_repeated(room: Newsroom) -> None:
    status, told = await run_once(room, "run", WARTA_BOT_TOKEN="rahasia sekali")
    assert status == 2
    assert "rahasia" not in told
    assert "WARTA_BOT_TOKEN" in told


async def test_no_database_is_one_sentence(room: Newsroom) -> None:
    status, told = await run_once(room, "run", DATABASE_URL="postgresql://warta:sandi@127.0.0.1:1/warta")
    assert status == 2
    assert told.strip() == WORDS("failures_precise.usage_database")


async def test_the_doctor_finds_all_well(room: Newsroom) -> None:
    status, told = await run_once(room, "doctor", WARTA_OWNERS="5")
    assert (status, [line[0] for line in told.splitlines()]) == (0, ["✓"] * 8), told


async def test_the_doctor_says_what_to_mend(database: str, tmp_path: Path) -> None:
    async with newsroom(database, tmp_path, BotApi(can_read_all=False)) as room:
        status, told = await run_once(
            room, "doctor", WARTA_LANG="en", WARTA_MODEL="/nowhere", DATABASE_URL="postgresql://127.0.0.1:1/x"
        )
    assert status == 1
    assert [line[0] for line in told.splitlines()] == [*"✓✓✗✗✓!✓!"], told
    assert "/setprivacy" in told
    assert "DATABASE_URL" in told


async def test_an_unreachable_telegram_is_waited_for(room: Newsroom) -> None:
    shared = burst(room, 1, 1)
    room.telegram.fail("getMe", times=1, kind=DropBefore())
    fault = room.telegram.fail("getUpdates", times=math.inf, kind=DropBefore())
    async with room.bot():
        await room.telegram.until(lambda: sum(call.method == "getUpdates" for call in room.telegram.calls) >= 2, 20)
        fault.left = 0
        await cards(room, shared)

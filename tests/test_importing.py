"""`warta import`, run as an operator runs it: what a file shared is read, once, also when the command is run again."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from newsroom import newsroom, run_once

from handlers.texts import texts
from services.query import parse
from services.store import Store, chats, search

CHAT = -1_001_234_567_890


async def meet(store: Store) -> None:
    async with store.transaction() as transaction:
        await chats.meet(
            transaction, CHAT, "supergroup", "Redaksi", None, language="id", timezone="Asia/Jakarta", sure_from=0.6
        )


async def found(store: Store, query: str) -> int:
    async with store.transaction() as transaction:
        scope = transaction.scope(CHAT)
        team = await chats.get(transaction, CHAT)
        return (await search.counts(scope, await search.ask(scope, parse(query), ZoneInfo(team.timezone)))).total


async def test_an_archive_is_read_once(store: Store, database: str, tmp_path: Path) -> None:
    await meet(store)
    async with newsroom(database, tmp_path) as room:
        stories = [room.story() for _ in range(4)]
        file = tmp_path / "links.csv"
        lines = [f"{story.url};2026-05-0{day};Citra\n" for day, story in enumerate(stories, 1)]
        file.write_text("tautan;tanggal;oleh\n" + "".join(lines))
        arguments = "import", "--chat", str(CHAT), str(file)
        status, told = await run_once(room, *arguments)
        assert (status, told.strip()) == (0, texts("id")("import.read", new="4", known="0"))
        assert await found(store, "jembatan") == 4
        assert await found(store, "oleh:citra") == 4
        asked = len(room.sites.requests)
        status, told = await run_once(room, *arguments)
        assert (status, len(room.sites.requests)) == (0, asked), told
        assert await found(store, "jembatan") == 4


async def test_what_can_be_wrong_is_one_sentence(store: Store, database: str, tmp_path: Path) -> None:
    await meet(store)
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps({"chats": {"list": []}}))
    async with newsroom(database, tmp_path) as room:
        for chat, file in ((-5, whole), (CHAT, whole), (CHAT, tmp_path / "missing"), (CHAT, tmp_path)):
            status, told = await run_once(room, "import", "--chat", str(chat), str(file))
            assert status == 2, told
            assert len(told.strip().splitlines()) == 1, told

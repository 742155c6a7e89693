"""The team's memory on a real PostgreSQL: everything once, in order, and nothing of one chat in another."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest
from builders import Clock, a_share, a_team, an_annotation, an_article

from services.errors import UsageError
from services.models import Sharer
from services.store import Scope, Store, articles, chats, inbox, open_store, outbox, shares
from services.store.migrations import steps
from services.store.outbox import Outgoing


async def due(store: Store, *busy: int) -> list[Outgoing]:
    async with store.transaction() as transaction:
        return await outbox.due(transaction, busy)


async def send(store: Store, row: Outgoing, message_id: int = 100) -> str | None:
    """Send a row as Telegram would; gives what it said."""
    async with store.transaction() as transaction:
        payload = await outbox.take(transaction, row)
        await outbox.sent(transaction, row, message_id)
    return str(payload["text"]) if payload else None


async def texts_in_order(store: Store) -> list[str]:
    """What goes out to the only chat, first to last."""
    texts: list[str] = []
    while rows := await due(store):
        texts.append(str(await send(store, rows[0], len(texts) + 100)))
    return texts


# Migrations


async def test_migrating_again_changes_nothing(database: str) -> None:
    async with open_store(database), open_store(database):
        pass
    async with await psycopg.AsyncConnection.connect(database) as connection:
        row = await (await connection.execute("select count(*) from warta_steps")).fetchone()
    assert row == (len(steps()),)


async def test_a_newer_database_is_left_alone(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("insert into warta_steps values (999)")
    with pytest.raises(UsageError) as raised:
        async with open_store(database):
            pass
    assert raised.value.facts["reason"] == "newer_database"


async def test_no_database_is_a_sentence() -> None:
    with pytest.raises(UsageError) as raised:
        async with open_store("host=/nowhere dbname=warta connect_timeout=1"):
            pass
    assert raised.value.facts["reason"] == "database"


# Inbox


async def test_an_update_is_kept_once_and_handled_once(store: Store) -> None:
    update = {"update_id": 5, "message": {"chat": {"id": -7}, "text": "a\x00b \ud800"}}
    async with store.transaction() as transaction:
        assert await inbox.receive(transaction, [update, update]) == 1
        assert await inbox.receive(transaction, [update, {"no": "id"}]) == 0
        (row,) = await inbox.unhandled(transaction, 10)
        assert (row.update_id, row.chat_id) == (5, -7)
        assert await inbox.mark_handled(transaction, 5)
        assert not await inbox.mark_handled(transaction, 5)
        assert await inbox.unhandled(transaction, 10) == []
        assert await inbox.receive(transaction, [update]) == 0


async def test_a_failing_update_is_set_aside_in_the_end(store: Store) -> None:
    async with store.transaction() as transaction:
        await inbox.receive(transaction, [{"update_id": 1}, {"update_id": 2}])
        await inbox.mark_failed(transaction, 1, "KeyError", final=False)
        assert [row.update_id for row in await inbox.unhandled(transaction, 10)] == [1, 2]
        await inbox.mark_failed(transaction, 1, "KeyError", final=True)
        assert [row.update_id for row in await inbox.unhandled(transaction, 10)] == [2]


# Chats see only their own


async def test_a_query_that_names_no_chat_is_refused(store: Store) -> None:
    async with store.transaction() as transaction:
        with pytest.raises(ValueError, match="name its chat"):
            await transaction.scope(1).all("select * from shares")


async def test_nothing_of_one_chat_is_found_in_another(store: Store) -> None:
    async with store.transaction() as transaction:
        here, there = [transaction.scope((await a_team(transaction)).id) for _ in range(2)]
        share = await a_share(here)
        article, _ = await articles.keep(here, an_annotation(), ["a.example/berita/1"])
        await shares.finish(here, share.id, article.id)
        assert await articles.find(here, ["a.example/berita/1"])
        assert await articles.find(there, ["a.example/berita/1"]) is None
        assert await shares.get(there, share.id) is None
        assert await shares.of_message(there, share.message_id) == []
        assert await shares.first_of(there, article.id) is None
        assert await outbox.of_share(there, share.id) is None
        other, new = await articles.keep(there, an_annotation(), ["a.example/berita/1"])
        assert new
        assert other.id != article.id


async def test_the_same_article_is_kept_once_under_all_its_names(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        first, new = await articles.keep(scope, an_annotation(), ["t.co/x", "a.example/1"])
        assert new
        second, new = await articles.keep(scope, an_annotation(), ["bit.ly/y", "a.example/1"])
        assert (second.id, new) == (first.id, False)
        found = await articles.find(scope, ["bit.ly/y"])
        assert found is not None
        assert found.annotation == an_annotation()


async def test_a_second_share_of_an_article_knows_that_the_first_is_being_read(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        first, second = await a_share(scope), await a_share(scope)
        assert await shares.is_being_read(scope, second)
        assert not await shares.is_being_read(scope, first)
        await shares.fail(scope, first.id, "timeout")
        assert not await shares.is_being_read(scope, second)


async def test_the_vector_keeps_its_model(store: Store, database: str) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        await articles.keep(scope, an_annotation(vector=(0.5, -1.0)), ["a.example/1"])
    async with await psycopg.AsyncConnection.connect(database) as connection:
        row = await (await connection.execute("select vector::text, model from articles")).fetchone()
    assert row == ("[0.5,-1]", "test@1")


async def test_a_share_and_its_job_are_committed_together(store: Store, database: str) -> None:
    class Broken(Exception):
        pass

    async def broken() -> None:
        async with store.transaction() as transaction:
            await a_share(transaction.scope((await a_team(transaction)).id))
            raise Broken

    with pytest.raises(Broken):
        await broken()
    async with store.transaction() as transaction:
        await a_share(transaction.scope((await a_team(transaction)).id))
    async with await psycopg.AsyncConnection.connect(database) as connection:
        row = await (
            await connection.execute("select (select count(*) from shares), (select count(*) from procrastinate_jobs)")
        ).fetchone()
    assert row == (1, 1)


# Outbox


async def a_scope(store: Store) -> int:
    async with store.transaction() as transaction:
        return (await a_team(transaction)).id


async def fill(store: Store, chat: int, share_id: int, text: str) -> bool:
    async with store.transaction() as transaction:
        return await outbox.fill(transaction.scope(chat), share_id, {"text": text})


async def share_in(store: Store, chat: int, url: str = "https://a.example/1", *, late: bool = False) -> int:
    async with store.transaction() as transaction:
        return (await a_share(transaction.scope(chat), url, late=late)).id


async def say(store: Store, chat: int, text: str) -> int:
    async with store.transaction() as transaction:
        return await outbox.say(transaction.scope(chat), {"text": text})


async def test_cards_keep_the_order_in_which_articles_were_shared(store: Store) -> None:
    chat = await a_scope(store)
    first, second = await share_in(store, chat), await share_in(store, chat)
    assert await fill(store, chat, second, "second")
    assert await due(store) == []
    assert await fill(store, chat, first, "first")
    assert await texts_in_order(store) == ["first", "second"]


async def test_a_slow_article_holds_the_others_up_only_for_a_while(store: Store, clock: Clock) -> None:
    chat = await a_scope(store)
    slow, quick = await share_in(store, chat), await share_in(store, chat)
    await fill(store, chat, quick, "quick")
    clock.step(seconds=outbox.PATIENCE.total_seconds() + 1)
    assert await texts_in_order(store) == ["quick"]
    await fill(store, chat, slow, "slow")
    assert await texts_in_order(store) == ["slow"]


async def test_answers_to_commands_wait_for_no_card(store: Store) -> None:
    chat = await a_scope(store)
    done = await share_in(store, chat)
    await share_in(store, chat)
    await fill(store, chat, done, "card")
    await say(store, chat, "help")
    assert await texts_in_order(store) == ["help", "card"]


async def test_old_links_come_last_and_the_newest_of_them_first(store: Store, clock: Clock) -> None:
    chat = await a_scope(store)
    older = await share_in(store, chat, late=True)
    clock.step(minutes=1)
    newer, live = await share_in(store, chat, late=True), await share_in(store, chat)
    for share_id, text in ((older, "older"), (newer, "newer"), (live, "live")):
        await fill(store, chat, share_id, text)
    assert await texts_in_order(store) == ["live", "newer", "older"]


async def test_a_place_is_filled_once(store: Store) -> None:
    chat = await a_scope(store)
    share = await share_in(store, chat)
    assert await fill(store, chat, share, "card")
    assert not await fill(store, chat, share, "card again")
    assert await texts_in_order(store) == ["card"]


async def test_a_busy_or_held_chat_waits_alone(store: Store, clock: Clock) -> None:
    here, there = await a_scope(store), await a_scope(store)
    await say(store, here, "here")
    await say(store, there, "there")
    assert {row.chat_id for row in await due(store, here)} == {there}
    async with store.transaction() as transaction:
        await outbox.hold(transaction, there, clock() + timedelta(seconds=60))
    assert {row.chat_id for row in await due(store)} == {here}
    clock.step(seconds=61)
    assert {row.chat_id for row in await due(store)} == {here, there}


async def test_a_message_is_taken_once(store: Store) -> None:
    await say(store, await a_scope(store), "once")
    (row,) = await due(store)
    assert await send(store, row) == "once"
    assert await send(store, row) is None


async def test_editing_what_is_not_sent_yet_sends_the_change(store: Store) -> None:
    chat = await a_scope(store)
    row_id = await say(store, chat, "before")
    async with store.transaction() as transaction:
        await outbox.edit(transaction.scope(chat), row_id, {"text": "after"})
    assert await texts_in_order(store) == ["after"]


async def test_an_edit_follows_its_message_and_only_the_last_counts(store: Store) -> None:
    chat = await a_scope(store)
    row_id = await say(store, chat, "card")
    (row,) = await due(store)
    async with store.transaction() as transaction:
        await outbox.take(transaction, row)
    for text in ("one", "two"):
        async with store.transaction() as transaction:
            await outbox.edit(transaction.scope(chat), row_id, {"text": text})
    assert await due(store) == []
    async with store.transaction() as transaction:
        await outbox.sent(transaction, row, 55)
    (edit,) = await due(store)
    assert (edit.role, edit.message_id) == ("edit", 55)
    assert await texts_in_order(store) == ["two"]


async def test_taking_back_what_is_not_sent_yet_sends_nothing(store: Store) -> None:
    chat = await a_scope(store)
    row_id = await say(store, chat, "card")
    async with store.transaction() as transaction:
        await outbox.delete(transaction.scope(chat), row_id, {"text": "gone"})
    assert await due(store) == []


async def test_after_a_crash_what_was_being_sent_is_listed_and_not_sent_again(store: Store) -> None:
    chat = await a_scope(store)
    row_id = await say(store, chat, "card")
    (row,) = await due(store)
    async with store.transaction() as transaction:
        await outbox.take(transaction, row)
        await outbox.edit(transaction.scope(chat), row_id, {"text": "edit of it"})
    async with store.transaction() as transaction:
        assert await outbox.recover(transaction) == 1
        assert [one["id"] for one in await outbox.ambiguous(transaction)] == [row_id]
        assert await outbox.recover(transaction) == 0
    assert await due(store) == []


async def test_after_a_crash_an_edit_is_simply_done_again(store: Store) -> None:
    chat = await a_scope(store)
    row_id = await say(store, chat, "card")
    await texts_in_order(store)
    async with store.transaction() as transaction:
        await outbox.edit(transaction.scope(chat), row_id, {"text": "edit"})
    (row,) = await due(store)
    async with store.transaction() as transaction:
        await outbox.take(transaction, row)
    async with store.transaction() as transaction:
        assert await outbox.recover(transaction) == 0
    assert await texts_in_order(store) == ["edit"]


async def test_what_was_sent_keeps_no_text(store: Store, database: str) -> None:
    await say(store, await a_scope(store), "private words")
    await texts_in_order(store)
    async with await psycopg.AsyncConnection.connect(database) as connection:
        row = await (await connection.execute("select payload::text from outbox")).fetchone()
    assert row == ("{}",)


async def test_a_chat_that_is_left_gets_nothing_more(store: Store) -> None:
    chat = await a_scope(store)
    await say(store, chat, "late")
    async with store.transaction() as transaction:
        await chats.activate(transaction.scope(chat), active=False)
    assert await due(store) == []


# Moving and forgetting


async def remembered(scope: Scope, url: str = "https://a.example/1", sharer: int = 7) -> int:
    share = await a_share(scope, url, sharer=sharer)
    article, _ = await articles.keep(scope, an_annotation(article=an_article(url=url)), [str(share.key)])
    await shares.finish(scope, share.id, article.id)
    return share.id


@pytest.mark.parametrize("known", [False, True])
async def test_a_group_takes_everything_along_when_it_becomes_a_supergroup(store: Store, known: bool) -> None:
    old, new = -55, -1_001_234
    async with store.transaction() as transaction:
        await a_team(transaction, old)
        await chats.change(transaction.scope(old), "mode", "ask")
        share = await remembered(transaction.scope(old))
        if known:
            await a_team(transaction, new)
            await remembered(transaction.scope(new))
        await chats.move(transaction, old, new)
        await chats.move(transaction, old, new)
        team = await chats.find(transaction, new)
        assert team is not None
        assert (team.kind, team.mode) == ("supergroup", "ask")
        assert await chats.find(transaction, old) is None
        scope = transaction.scope(new)
        moved = await shares.get(scope, share)
        assert moved is not None
        assert await articles.find(scope, ["a.example/1"])


async def test_forgetting_a_member_forgets_the_shares_and_what_only_they_shared(store: Store) -> None:
    async with store.transaction() as transaction:
        scope = transaction.scope((await a_team(transaction)).id)
        await remembered(scope, "https://a.example/1", sharer=7)
        await remembered(scope, "https://a.example/2", sharer=7)
        await remembered(scope, "https://a.example/2", sharer=8)
        assert await shares.forget_sharer(scope, 7) == 2
        assert await articles.find(scope, ["a.example/1"]) is None
        kept = await articles.find(scope, ["a.example/2"])
        assert kept is not None
        first = await shares.first_of(scope, kept.id)
        assert first is not None
        assert first.sharer == Sharer(8, "Ani")


async def test_forgetting_a_chat_leaves_its_settings_and_other_chats_alone(store: Store, database: str) -> None:
    async with store.transaction() as transaction:
        here, there = [transaction.scope((await a_team(transaction)).id) for _ in range(2)]
        await remembered(here)
        await remembered(there)
        await chats.change(here, "mode", "ask")
        await chats.forget_content(here)
        team = await chats.find(transaction, here.chat_id)
        assert team is not None
        assert team.mode == "ask"
        assert await articles.find(there, ["a.example/1"])
    async with await psycopg.AsyncConnection.connect(database) as connection:
        for table in ("articles", "article_keys", "shares", "outbox"):
            rows = await (await connection.execute(f"select distinct chat_id from {table}")).fetchall()
            assert rows == [(there.chat_id,)], table


async def test_retention_is_each_chats_own(store: Store, clock: Clock) -> None:
    async with store.transaction() as transaction:
        here, there = [transaction.scope((await a_team(transaction)).id) for _ in range(2)]
        await remembered(here)
        await remembered(there)
        await chats.change(here, "retention_days", 30)
    clock.step(days=31)
    async with store.transaction() as transaction:
        assert await shares.expire(transaction) == 1
        assert await articles.find(transaction.scope(here.chat_id), ["a.example/1"]) is None
        assert await articles.find(transaction.scope(there.chat_id), ["a.example/1"])


# The queue


async def test_jobs_are_worked_off_by_priority(store: Store) -> None:
    chat = await a_scope(store)
    late, live = await share_in(store, chat, late=True), await share_in(store, chat)
    done: list[int] = []
    both = asyncio.Event()

    async def read(share_id: int, _: int) -> None:
        done.append(share_id)
        if len(done) == 2:
            both.set()

    worker = asyncio.create_task(store.jobs.work({"read_share": read}, 1, 1))
    async with asyncio.timeout(20):
        await both.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert done == [live, late]


async def test_only_one_process_holds_the_lock(store: Store) -> None:
    async with store.alone(1) as first, store.alone(1) as second, store.alone(2) as other:
        assert (first is not None, second, other is not None) == (True, None, True)
    async with store.alone(1) as again:
        assert again is not None

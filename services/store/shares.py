"""What members shared goes in; it comes out when it is read, looked up, counted or forgotten."""

from __future__ import annotations

from datetime import datetime

from services.models import NewShare, Share, Sharer, ShareState
from services.store import articles, corrections, outbox, topics
from services.store.scope import Row, Scope, Transaction

# Higher is sooner: what somebody waits for, then what nobody sees at once, then what was late, the newest first.
_LIVE, _QUIET, _LATE = 1_000_000, 500_000, 0
_MINUTES_BACK = 60 * 24 * 365


async def add(scope: Scope, new: NewShare, state: ShareState, gather_until: datetime | None = None) -> Share:
    """Remember a share."""
    row = await scope.only(
        "insert into shares (chat_id, message_id, thread_id, sharer_id, sharer_name, sharer_username, kind, state, url,"
        " key, text, file_id, file_name, asked, late, again, imported, origin_chat, origin_message, gather_until,"
        " shared_at, created_at)"
        " values (%(chat)s, %(message_id)s, %(thread_id)s, %(sharer_id)s, %(sharer_name)s, %(username)s, %(kind)s,"
        " %(state)s, %(url)s, %(key)s, %(text)s, %(file_id)s, %(file_name)s, %(asked)s, %(late)s, %(again)s,"
        " %(imported)s, %(origin_chat)s, %(origin_message)s, %(gather_until)s, %(shared_at)s, %(now)s) returning *",
        message_id=new.message_id,
        thread_id=new.thread_id,
        sharer_id=new.sharer and new.sharer.id,
        sharer_name=new.sharer and new.sharer.name.replace("\x00", ""),
        username=new.sharer and new.sharer.username,
        kind=new.kind,
        state=state,
        url=new.url,
        key=new.key,
        text=new.text and new.text.replace("\x00", ""),
        file_id=new.file_id,
        file_name=new.file_name,
        asked=new.asked,
        late=new.late,
        again=new.again,
        imported=new.imported,
        origin_chat=new.origin and new.origin[0],
        origin_message=new.origin and new.origin[1],
        gather_until=gather_until,
        shared_at=new.shared_at,
    )
    return _share(row)


async def was_imported(scope: Scope, new: NewShare) -> bool:
    """Whether the chat has this share already: of the same message, or, where none is known, of the same day."""
    row = await scope.one(
        "select 1 from shares where chat_id = %(chat)s and key = %(key)s and case when %(message)s = 0"
        " then message_id = 0 and shared_at::date = %(at)s::timestamptz::date else message_id = %(message)s end"
        " limit 1",
        key=new.key,
        message=new.message_id,
        at=new.shared_at,
    )
    return row is not None


async def unread_imports(scope: Scope) -> list[int]:
    """The numbers of shares that were brought in and not read yet, the newest last."""
    rows = await scope.all(
        "select id from shares where chat_id = %(chat)s and imported and state = 'held' and article_id is null"
        " order by shared_at, id"
    )
    return [row["id"] for row in rows]


async def queue(scope: Scope, share: Share, *, at: datetime | None = None, placed: bool = True) -> None:
    """Have a share read, in this transaction, not before `at`; `placed` keeps a place among the chat's cards for it."""
    if share.state != "gathering":
        await scope.run("update shares set state = 'queued' where chat_id = %(chat)s and id = %(id)s", id=share.id)
    if placed:
        await outbox.reserve(scope, share)
    await _defer(scope, share, _LATE - _minutes_old(scope, share) if share.late else _LIVE, at)


async def read_quietly(scope: Scope, share: Share, *, at: datetime | None = None) -> None:
    """Have a share read when there is time, whatever its state; nobody waits for the answer."""
    await _defer(scope, share, _QUIET, at)


async def locate(transaction: Transaction, share_id: int) -> Share | None:
    """A share by its number, held until the transaction ends: for a job, which knows nothing else.

    Its chat may have become another since the job began (a group becomes a supergroup).
    """
    row = await transaction.one("select * from shares where id = %(id)s for update", id=share_id)
    return _share(row) if row else None


async def begin(transaction: Transaction, share_id: int) -> Share | None:
    """Count an attempt to read a share; the share as it then is."""
    row = await transaction.one("update shares set attempts = attempts + 1 where id = %(id)s returning *", id=share_id)
    return _share(row) if row else None


async def get(scope: Scope, share_id: int) -> Share | None:
    """A share of the chat, held until the transaction ends."""
    row = await scope.one("select * from shares where chat_id = %(chat)s and id = %(id)s for update", id=share_id)
    return _share(row) if row else None


async def of_message(scope: Scope, message_id: int) -> list[Share]:
    """What a message shared, in the order of the message."""
    rows = await scope.all(
        "select * from shares where chat_id = %(chat)s and message_id = %(message)s and state <> 'removed'"
        " order by id for update",
        message=message_id,
    )
    return [_share(row) for row in rows]


async def first_of(scope: Scope, article_id: int) -> Share | None:
    """Who shared an article first."""
    row = await scope.one(
        "select * from shares where chat_id = %(chat)s and article_id = %(article)s and state = 'done'"
        " order by shared_at, id limit 1",
        article=article_id,
    )
    return _share(row) if row else None


async def is_being_read(scope: Scope, share: Share) -> bool:
    """Whether an earlier share of the same key is still on its way to becoming an article."""
    row = await scope.one(
        "select 1 from shares where chat_id = %(chat)s and key = %(key)s and id < %(id)s and state = 'queued'"
        " and created_at > %(now)s - interval '2 minutes'",
        key=share.key,
        id=share.id,
    )
    return row is not None


async def gathering(scope: Scope, sharer_id: int, thread_id: int | None) -> Share | None:
    """The text of which a sharer may be sending the next part."""
    row = await scope.one(
        "select * from shares where chat_id = %(chat)s and state = 'gathering' and sharer_id = %(sharer)s"
        " and thread_id is not distinct from %(thread)s order by id desc limit 1 for update",
        sharer=sharer_id,
        thread=thread_id,
    )
    return _share(row) if row else None


async def gather(scope: Scope, share_id: int, text: str, until: datetime) -> None:
    """Add a part to a text, and wait for the next until then."""
    await scope.run(
        "update shares set text = text || %(text)s, gather_until = %(until)s where chat_id = %(chat)s and id = %(id)s",
        text=text.replace("\x00", ""),
        until=until,
        id=share_id,
    )


async def gathered(scope: Scope, share_id: int) -> datetime | None:
    """Until when the next part of a text is waited for, if it is."""
    row = await scope.one(
        "select gather_until from shares where chat_id = %(chat)s and id = %(id)s and state = 'gathering'"
        " and gather_until > %(now)s",
        id=share_id,
    )
    return row["gather_until"] if row else None


async def held(scope: Scope, message_id: int, limit: int) -> tuple[list[Share], int]:
    """The next of a message's shares that were not shown, and how many there are in all."""
    shares = [share for share in await of_message(scope, message_id) if share.state == "held"]
    return shares[:limit], len(shares)


async def finish(scope: Scope, share_id: int, article_id: int, state: ShareState = "done") -> None:
    """The share became an article; its text, now part of that, is kept no longer."""
    await scope.run(
        "update shares set state = %(state)s, article_id = %(article)s, error = null, text = null, gather_until = null"
        " where chat_id = %(chat)s and id = %(id)s",
        state=state,
        article=article_id,
        id=share_id,
    )


async def fail(scope: Scope, share_id: int, error: str) -> None:
    """The share could not be read, for now."""
    await scope.run(
        "update shares set state = 'failed', error = %(error)s where chat_id = %(chat)s and id = %(id)s",
        error=error,
        id=share_id,
    )


async def give_text(scope: Scope, share_id: int, given: NewShare, gather_until: datetime | None) -> None:
    """Somebody supplied what the page would not give: the share is read from that, and answered where it came."""
    await scope.run(
        "update shares set text = %(text)s, file_id = %(file_id)s, file_name = %(file_name)s, kind = %(kind)s,"
        " message_id = %(message)s, thread_id = %(thread)s, asked = true, late = false, attempts = 0,"
        " gather_until = %(until)s, state = case when %(until)s::timestamptz is null then 'queued' else 'gathering' end"
        " where chat_id = %(chat)s and id = %(id)s",
        text=given.text and given.text.replace("\x00", ""),
        file_id=given.file_id,
        file_name=given.file_name,
        kind=given.kind,
        message=given.message_id,
        thread=given.thread_id,
        until=gather_until,
        id=share_id,
    )


async def remove(scope: Scope, share_id: int) -> None:
    """Forget a share, and its article with the last share of it; what is left says that there was one."""
    await scope.run(
        "update shares set state = 'removed', article_id = null, url = null, key = null, text = null, file_id = null,"
        " file_name = null where chat_id = %(chat)s and id = %(id)s",
        id=share_id,
    )
    await articles.forget_unshared(scope)


async def was_removed(scope: Scope, message_id: int) -> bool:
    """Whether a member removed what a message had shared."""
    row = await scope.one(
        "select 1 from shares where chat_id = %(chat)s and message_id = %(message)s and state = 'removed'",
        message=message_id,
    )
    return row is not None


async def forget(scope: Scope, share_id: int) -> None:
    """Forget a share altogether: its message says something else now."""
    await scope.run("delete from shares where chat_id = %(chat)s and id = %(id)s", id=share_id)
    await articles.forget_unshared(scope)


async def count(scope: Scope, since: datetime, sharer_id: int | None = None) -> int:
    """How much was shared since then, by the chat or by one of its members."""
    row = await scope.only(
        "select count(*) as count from shares where chat_id = %(chat)s and created_at >= %(since)s"
        " and (%(sharer)s::bigint is null or sharer_id = %(sharer)s)",
        since=since,
        sharer=sharer_id,
    )
    return int(row["count"])


async def claim_post(transaction: Transaction, post: tuple[int, int]) -> bool:
    """Whether a channel's post (chat, message) is still to be answered, in the channel or as its automatic copy.

    Whoever asks second waits for the first to be done. It crosses chats, but tells only that there is an answer.
    """
    key = f"post {post[0]} {post[1]}"
    await transaction.one("select pg_advisory_xact_lock(hashtextextended(%(key)s, 0))", key=key)
    row = await transaction.one(
        "select 1 from shares where (origin_chat = %(chat)s and origin_message = %(message)s)"
        " or (chat_id = %(chat)s and message_id = %(message)s)",
        chat=post[0],
        message=post[1],
    )
    return row is None


async def forget_sharer(scope: Scope, sharer_id: int) -> int:
    """Forget what one member shared, and the name with it; gives how many shares that were."""
    await scope.run(
        "update outbox set state = case when state in ('waiting', 'pending') then 'cancelled' else state end,"
        " payload = '{}' where chat_id = %(chat)s and share_id in"
        " (select id from shares where chat_id = %(chat)s and sharer_id = %(sharer)s)",
        sharer=sharer_id,
    )
    forgotten = await scope.run(
        "delete from shares where chat_id = %(chat)s and sharer_id = %(sharer)s", sharer=sharer_id
    )
    await articles.forget_unshared(scope)
    await corrections.forget_member(scope, sharer_id)
    await topics.forget_member(scope, sharer_id)
    await scope.run(
        "update errands set member_id = null where chat_id = %(chat)s and member_id = %(sharer)s", sharer=sharer_id
    )
    return forgotten


async def expire(transaction: Transaction) -> int:
    """Forget what is older than each chat's retention; gives how many shares that were."""
    forgotten = await transaction.run(
        "delete from shares s using chats c where s.chat_id = c.id"
        " and s.created_at < %(now)s - make_interval(days => c.retention_days)"
    )
    await transaction.run(
        "delete from articles a using chats c where a.chat_id = c.id"
        " and a.created_at < %(now)s - make_interval(days => c.retention_days)"
        " and not exists (select from shares s where s.article_id = a.id)"
    )
    return forgotten


async def forgotten_by_the_queue(transaction: Transaction, older_than: datetime) -> list[Share]:
    """Shares that wait although no job is left that would read them."""
    rows = await transaction.all(
        "select s.* from shares s where s.state in ('queued', 'gathering') and s.created_at < %(before)s and not exists"
        " (select from procrastinate_jobs j where j.status in ('todo', 'doing')"
        " and j.task_name = 'read_share' and (j.args->>'number')::bigint = s.id)",
        before=older_than,
    )
    return [_share(row) for row in rows]


async def _defer(scope: Scope, share: Share, priority: int, at: datetime | None) -> None:
    await scope.transaction.put("read_share", share.id, priority, at=at)


def _minutes_old(scope: Scope, share: Share) -> int:
    return int(min((scope.now - share.shared_at).total_seconds() // 60, _MINUTES_BACK))


def _share(row: Row) -> Share:
    sharer = None
    if row["sharer_id"] is not None:
        sharer = Sharer(row["sharer_id"], row["sharer_name"] or "", row["sharer_username"])
    return Share(
        id=row["id"],
        chat_id=row["chat_id"],
        message_id=row["message_id"],
        thread_id=row["thread_id"],
        sharer=sharer,
        kind=row["kind"],
        state=row["state"],
        shared_at=row["shared_at"],
        url=row["url"],
        key=row["key"],
        text=row["text"],
        file_id=row["file_id"],
        file_name=row["file_name"],
        asked=row["asked"],
        late=row["late"],
        attempts=row["attempts"],
        error=row["error"],
        article_id=row["article_id"],
        again=row["again"],
    )

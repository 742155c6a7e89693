"""A connection goes in, a database of today's shape comes out: the steps that were not yet taken are, once, in order.

`STEPS` is append-only: what has been released is never edited. The first step is procrastinate's own schema, taken from
the library (its version is held in `pyproject.toml`; a newer one brings its migrations as steps of ours).
"""

from __future__ import annotations

from typing import LiteralString

from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection

from services.errors import UsageError

_LOCK = 0x5741525441  # 'WARTA'; any number that nobody else locks.

_CHAT = """
create extension if not exists vector;

create table chats (
    id bigint primary key,
    kind text not null check (kind in ('private', 'group', 'supergroup', 'channel')),
    title text not null default '',
    username text,
    approved boolean,
    active boolean not null default true,
    language text not null,
    timezone text not null,
    mode text not null default 'auto' check (mode in ('auto', 'ask', 'command')),
    managers text not null default 'admins' check (managers in ('admins', 'everyone')),
    sure_from real not null,
    ignored text[] not null default '{}',
    retention_days int not null default 365 check (retention_days > 0),
    held_until timestamptz,
    created_at timestamptz not null
);

-- Raw updates. An id stays after it was handled, its text doesn't.
create table inbox (
    update_id bigint primary key,
    chat_id bigint,
    raw text,
    state text not null default 'new' check (state in ('new', 'done', 'aside')),
    error text,
    attempts int not null default 0,
    received_at timestamptz not null
);
create index inbox_new on inbox (update_id) where state = 'new';

-- What a chat's members shared belongs to the chat; an article without one came from a feed and is common.
create table articles (
    id bigint generated always as identity primary key,
    chat_id bigint references chats on update cascade on delete cascade,
    annotation jsonb not null,
    published timestamptz,
    model text not null,
    vector vector,
    created_at timestamptz not null
);
create index articles_chat on articles (chat_id, created_at);

-- All that an article was shared as or turned out to be: addresses as comparison keys, texts as digests.
create table article_keys (
    chat_id bigint references chats on update cascade on delete cascade,
    key text not null,
    article_id bigint not null references articles on delete cascade,
    unique nulls not distinct (chat_id, key)
);
create index article_keys_article on article_keys (article_id);

create table shares (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    message_id bigint not null,
    thread_id bigint,
    sharer_id bigint,
    sharer_name text,
    kind text not null check (kind in ('link', 'text', 'document')),
    state text not null check (state in ('offered', 'held', 'gathering', 'queued', 'done', 'failed', 'removed')),
    url text,
    key text,
    text text,
    file_id text,
    file_name text,
    asked boolean not null,
    late boolean not null,
    origin_chat bigint,
    origin_message bigint,
    error text,
    attempts int not null default 0,
    article_id bigint references articles on delete set null,
    gather_until timestamptz,
    shared_at timestamptz not null,
    created_at timestamptz not null
);
create index shares_key on shares (chat_id, key);
create index shares_message on shares (chat_id, message_id);
create index shares_article on shares (article_id);
create index shares_quota on shares (chat_id, created_at);
create index shares_origin on shares (origin_chat, origin_message) where origin_chat is not null;

-- Every message to Telegram. `waiting`: the place of a card that is still being made.
create table outbox (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    share_id bigint references shares on delete set null,
    role text not null check (role in ('card', 'reply', 'edit', 'delete')),
    state text not null
        check (state in ('waiting', 'pending', 'sending', 'sent', 'failed', 'ambiguous', 'cancelled')),
    lane smallint not null default 0,
    rank bigint not null default 0,
    target bigint references outbox on delete cascade,
    payload jsonb not null default '{}',
    message_id bigint,
    not_before timestamptz,
    attempts int not null default 0,
    error text,
    ready_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz not null
);
create index outbox_open on outbox (chat_id, lane, rank, id) where state in ('waiting', 'pending', 'sending');
create index outbox_share on outbox (share_id);
create index outbox_message on outbox (chat_id, message_id) where message_id is not null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;
create index outbox_ambiguous on outbox (id) where state = 'ambiguous';

create function tell_inbox() returns trigger language plpgsql as
$$ begin perform pg_notify('warta_inbox', ''); return null; end $$;
create trigger inbox_told after insert on inbox for each statement execute function tell_inbox();

create function tell_outbox() returns trigger language plpgsql as
$$ begin perform pg_notify('warta_outbox', ''); return null; end $$;
create trigger outbox_told after insert or update of state, payload, not_before on outbox
    for each row when (new.state = 'pending') execute function tell_outbox();
"""


def steps() -> tuple[LiteralString, ...]:
    """Every step ever taken, first to last."""
    return SchemaManager.get_schema(), _CHAT


async def migrate(connection: AsyncConnection) -> int:
    """Take the steps that are missing, each in a transaction of its own; gives how many were taken.

    Several processes may call it at once. Raises `UsageError` (reason `newer_database`) where a
    newer Warta was at work.
    """
    await connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    try:
        return await _migrate(connection)
    finally:
        await connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


async def _migrate(connection: AsyncConnection) -> int:
    await connection.execute("create table if not exists warta_steps (step int primary key)")
    row = await (await connection.execute("select coalesce(max(step), 0) from warta_steps")).fetchone()
    taken: int = row[0] if row else 0
    todo = steps()[taken:]
    if taken > len(steps()):
        raise UsageError("usage", reason="newer_database")
    for number, step in enumerate(todo, taken + 1):
        async with connection.transaction():
            await connection.execute(step)
            await connection.execute("insert into warta_steps values (%s)", (number,))
    return len(todo)

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

_MEMORY = """
-- What the analysis said, where members corrected it since; `annotation` is what everybody reads.
alter table articles add column analysed jsonb;

-- What an article is found by. `words` also holds its chat ('@-100…'), so that the index alone tells chats apart.
create table entries (
    article_id bigint primary key references articles on delete cascade,
    chat_id bigint not null references chats on update cascade on delete cascade,
    at timestamptz not null,
    tone text not null,
    media text not null,
    words tsvector not null,
    head tsvector not null
) with (toast_tuple_target = 256);
create index entries_at on entries (chat_id, at desc, article_id desc);
create index entries_words on entries using gin (words);

-- Everybody and everything that is named, once a chat; `main`: not only by an alias.
create table names (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    kind text not null check (kind in ('figure', 'place', 'province', 'country', 'organization', 'outlet')),
    key text not null,
    name text not null,
    main boolean not null,
    unique (chat_id, kind, key)
);

-- Who is named where. An alias has a row of its own, with `of_id` whom it means there.
create table mentions (
    name_id bigint not null references names on delete cascade,
    article_id bigint not null references entries on delete cascade,
    of_id bigint references names on delete cascade,
    mentions int not null,
    main boolean not null,
    role text,
    primary key (name_id, article_id)
);
create index mentions_article on mentions (article_id);
create index mentions_of on mentions (of_id) where of_id is not null;

create table amounts (
    article_id bigint not null references entries on delete cascade,
    chat_id bigint not null references chats on update cascade on delete cascade,
    value double precision not null,
    unit text
);
create index amounts_value on amounts (chat_id, value);
create index amounts_article on amounts (article_id);

-- What members corrected, in the order in which it applies. `about` is what later articles may learn from.
create table corrections (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    article_id bigint not null references articles on delete cascade,
    member_id bigint,
    member_name text,
    field text not null,
    about text,
    change jsonb not null,
    former text,
    made_at timestamptz not null,
    undone_at timestamptz,
    undone_by bigint
);
create index corrections_article on corrections (article_id);
create index corrections_about on corrections (chat_id, about) where about is not null and undone_at is null;

-- Searches whose further pages can be asked for by button.
create table searches (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    kind text not null,
    query text not null,
    created_at timestamptz not null
);
create index searches_chat on searches (chat_id, created_at);

-- Messages of ours to which a reply is the answer.
create table questions (
    outbox_id bigint primary key references outbox on delete cascade,
    chat_id bigint not null references chats on update cascade on delete cascade,
    article_id bigint not null references articles on delete cascade,
    asks text not null,
    about text,
    created_at timestamptz not null
);

-- Files on their way to Telegram.
create table files (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    name text not null,
    content bytea not null,
    created_at timestamptz not null
);
alter table files alter column content set storage external;

-- Work that takes longer than an answer may: exports and imports.
create table errands (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    kind text not null check (kind in ('export', 'import')),
    state text not null default 'queued' check (state in ('queued', 'done', 'failed')),
    member_id bigint,
    message_id bigint,
    thread_id bigint,
    outbox_id bigint references outbox on delete set null,
    details jsonb not null,
    attempts int not null default 0,
    created_at timestamptz not null
);

-- The article of a card that answers no share.
alter table outbox add column article_id bigint references articles on delete set null;

alter table shares add column sharer_username text;
-- `again`: to be analysed anew although the chat has the article. `imported`: brought from an archive.
alter table shares add column again boolean not null default false;
alter table shares add column imported boolean not null default false;
create index shares_sharer on shares (chat_id, sharer_id);
"""

_DIGEST = """
-- Jobs name what they are about in one way, and say in which queue they wait.
update procrastinate_jobs set queue_name = 'live',
    args = jsonb_build_object('number', coalesce(args->'share_id', args->'errand_id'))
    where task_name in ('read_share', 'run_errand');

-- What feeds bring belongs to no chat: it is kept in one that nobody is in, and searched like any other.
insert into chats (id, kind, title, approved, active, language, timezone, sure_from, retention_days, created_at)
    values (0, 'channel', '', false, false, 'id', 'UTC', 0.5, 45, now());

create table topics (
    id bigint generated always as identity primary key,
    chat_id bigint not null references chats on update cascade on delete cascade,
    name text not null,
    query text not null,
    vector vector,
    model text,
    paused boolean not null default false,
    member_id bigint,
    -- Our message that is to tell what the topic would have found.
    outbox_id bigint references outbox on delete set null,
    created_at timestamptz not null
);
create index topics_chat on topics (chat_id, id);

-- Members who want a topic of a chat in their private digest.
create table followers (
    topic_id bigint not null references topics on delete cascade,
    chat_id bigint not null references chats on update cascade on delete cascade,
    member_id bigint not null,
    created_at timestamptz not null,
    primary key (topic_id, member_id)
);
create index followers_member on followers (member_id);

create table digests (
    id bigint generated always as identity primary key,
    chat_id bigint not null unique references chats on update cascade on delete cascade,
    at time not null default '07:00',
    weekdays smallint[] not null default '{1,2,3,4,5,6,7}',
    thread_id bigint,
    when_empty text not null default 'line' check (when_empty in ('line', 'silence')),
    quiet_from time,
    quiet_until time,
    muted_until timestamptz,
    alerts boolean not null default false,
    alerts_a_day int not null default 3,
    topic_managers text not null default 'everyone' check (topic_managers in ('admins', 'everyone')),
    since timestamptz not null
);

-- Each digest that was made or is being made, once for a local date. It is about what came between two moments.
create table posts (
    id bigint generated always as identity primary key,
    digest_id bigint not null references digests on delete cascade,
    day date not null,
    state text not null default 'queued' check (state in ('queued', 'posted', 'silent', 'failed')),
    late boolean not null,
    begins timestamptz not null,
    ends timestamptz not null,
    attempts int not null default 0,
    taken_at timestamptz not null,
    unique (digest_id, day)
);
create index posts_queued on posts (taken_at) where state = 'queued';

-- The stories that a digest told, so that the next one knows what goes on and what is new in it.
create table told (
    id bigint generated always as identity primary key,
    post_id bigint not null references posts on delete cascade,
    topic_id bigint not null references topics on delete cascade,
    chat_id bigint not null references chats on update cascade on delete cascade,
    lead_id bigint not null references articles on delete cascade,
    article_ids bigint[] not null,
    began date not null,
    day date not null
);
create index told_topic on told (topic_id, day);

-- Articles of stories that were told as breaking.
create table alerts (
    digest_id bigint not null references digests on delete cascade,
    article_id bigint not null references articles on delete cascade,
    told_at timestamptz not null,
    leads boolean not null,
    primary key (digest_id, article_id)
);

create table feeds (
    id bigint generated always as identity primary key,
    url text not null unique,
    title text not null default '',
    etag text,
    modified text,
    next_at timestamptz not null,
    pause_seconds int not null,
    failures int not null default 0,
    error text,
    failing_since timestamptz,
    dead boolean not null default false,
    read_at timestamptz,
    created_at timestamptz not null
);
create index feeds_next on feeds (next_at) where not dead;

create table sources (
    chat_id bigint not null references chats on update cascade on delete cascade,
    feed_id bigint not null references feeds on delete cascade,
    -- Of a feed that others read before, a chat has what came since, and a little before.
    since timestamptz not null,
    told_dead boolean not null default false,
    primary key (chat_id, feed_id)
);
create index sources_feed on sources (feed_id);

create table items (
    id bigint generated always as identity primary key,
    feed_id bigint not null references feeds on delete cascade,
    key text not null,
    url text not null,
    published timestamptz,
    state text not null check (state in ('old', 'queued', 'done', 'failed')),
    error text,
    attempts int not null default 0,
    begun_at timestamptz,
    article_id bigint references articles on delete set null,
    found_at timestamptz not null,
    unique (feed_id, key)
);
create index items_article on items (article_id);
create index items_key on items (key);
create index items_queued on items (found_at) where state = 'queued';

create index articles_came on articles (chat_id, created_at, id);
drop index articles_chat;

alter table errands drop constraint errands_kind_check;
alter table errands add check (kind in ('export', 'import', 'source', 'digest'));

-- Messages of ours may also ask about a topic.
alter table questions alter column article_id drop not null;
alter table questions add column topic_id bigint references topics on delete cascade;
"""


def steps() -> tuple[LiteralString, ...]:
    """Every step ever taken, first to last."""
    return SchemaManager.get_schema(), _CHAT, _MEMORY, _DIGEST


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

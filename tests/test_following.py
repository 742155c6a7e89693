"""Topics, feeds and digests through the running bot, in both languages: followed, previewed, posted, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from botapi import Chat, Sent, User
from newsroom import Story, page
from talk import Talk, visible
from webserver import reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOOD = (
    "Banjir Rendam Ratusan Rumah di Kabupaten Demak",
    """
Banjir merendam ratusan rumah di Kabupaten Demak, Jawa Tengah, setelah tanggul Sungai Wulan jebol pada Senin malam.
Sebanyak 412 rumah terendam dan 1.300 warga mengungsi ke balai desa.

Bupati Demak Hendra Wiguna mengatakan air setinggi satu meter menggenangi enam desa. "Kami mengutamakan warga lanjut
usia dan anak-anak," kata Hendra di lokasi pengungsian.

Petugas menambal tanggul dengan karung pasir. Hujan lebat diperkirakan masih turun sampai Rabu, sehingga warga diminta
tidak kembali dahulu ke rumah masing-masing.
""",
)
RICE = (
    "Harga Beras Turun Menjelang Panen Raya di Karawang",
    """
Harga beras di pasar induk Karawang turun menjadi Rp 12.400 per kilogram menjelang panen raya pekan depan. Pedagang
mengatakan pasokan dari penggilingan bertambah sejak awal bulan.

Kepala Dinas Pertanian Karawang Siti Maesaroh memperkirakan panen mencapai 90 ribu ton. Pemerintah daerah menyiapkan
pembelian gabah supaya harga di tingkat petani tidak jatuh.

Petani berharap jalan menuju penggilingan segera diperbaiki, karena truk sering tertahan ketika hujan turun.
""",
)


def rss(stories: list[Story], now: datetime | None = None) -> bytes:
    """A feed of these stories, just published."""
    published = format_datetime(now or datetime.now(UTC))
    items = "".join(
        f"<item><title>{one.title}</title><link>{one.url}</link><pubDate>{published}</pubDate></item>"
        for one in stories
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Kabar Umpan</title>{items}</channel></rss>'.encode()
    )


def tell(talk: Talk, article: tuple[str, str], site: str = "Kabar Contoh") -> Story:
    """Publish an article on a site of its own."""
    title, body = article[0], article[1].strip()
    story = talk.room.story(
        reply(page(title, body, published=datetime.now(UTC)).replace(b"Kabar Contoh", site.encode()))
    )
    return Story(story.url, title, body)


def feed_of(talk: Talk, stories: list[Story], path: str) -> str:
    """Publish a feed; gives its address."""
    talk.room.sites.routes[path] = reply(rss(stories), content_type="application/rss+xml")
    host = talk.room.sites.hosts[len(path) % len(talk.room.sites.hosts)]
    return f"http://{host}:{talk.room.sites.port}{path}"


async def ask(talk: Talk, group: Chat, by: User, text: str, **circumstances: object) -> Sent:
    """A command, and the next answer of the bot."""
    name, _, rest = text.partition(" ")
    before = len(group.sent)
    group.say(by, f"{talk.command(name)} {rest}".strip(), **circumstances)  # type: ignore[arg-type]  # as `say` takes them
    return (await talk.answers(group, before + 1))[-1]


def database(talk: Talk) -> str:
    return talk.room.environment["DATABASE_URL"]


async def sql(talk: Talk, query: str, *values: object) -> list[tuple[object, ...]]:
    """What only time would bring about otherwise."""
    async with await psycopg.AsyncConnection.connect(database(talk), autocommit=True) as connection:
        cursor = await connection.execute(query, values)
        return await cursor.fetchall() if cursor.description else []


async def due_now(talk: Talk, chat: Chat) -> None:
    """Let the chat's digest be due: its hour was a minute ago, and it was followed since yesterday."""
    zone = ZoneInfo("Asia/Jakarta")
    at = (datetime.now(zone) - timedelta(minutes=1)).time().replace(microsecond=0)
    # What came within the last half minute is for the next digest.
    await sql(talk, "update articles set created_at = created_at - interval '1 minute'")
    await sql(talk, "update digests set at = %s, since = now() - interval '1 day' where chat_id = %s", at, chat.id)


async def until_row(talk: Talk, query: str, value: object, row: tuple[object, ...]) -> None:
    """Wait until the database says so."""
    async with asyncio.timeout(30):
        while row not in await sql(talk, query, value):  # noqa: ASYNC110 - it tells nobody by itself
            await asyncio.sleep(0.1)


async def until(talk: Talk, condition: Callable[[], object], what: str) -> None:
    await talk.telegram.until(condition, 30, what)


async def test_following_tells_what_it_would_have_found(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    flood, rice = tell(talk, FLOOD), tell(talk, RICE)
    for number, story in enumerate((flood, rice), 1):
        group.say(ani, story.url)
        await talk.card(group, story, number)
    told = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(told, lambda sent: flood.title in visible(sent.text))
    assert rice.title not in visible(told.text)
    assert talk.words("topics.would_find", count="1", days=7) in told.text
    assert talk.words("topics.all", days=7) in told.buttons
    again = await ask(talk, group, ani, "pantau banjir")
    assert talk.says(again, "topics.known")
    listed = await ask(talk, group, ani, "topik")
    assert talk.words("topics.lately", count="1", days=7) in listed.text


async def test_one_tap_under_a_card_follows(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    flood = tell(talk, FLOOD)
    group.say(ani, flood.url)
    card = await talk.card(group, flood, 1)
    group.press(ani, card, talk.words("topics.button"))
    choices = (await talk.answers(group, 2))[-1]
    assert any("Hendra Wiguna" in label for label in choices.buttons)
    assert any("Demak" in label for label in choices.buttons)
    assert any(label.endswith("banjir") for label in choices.buttons)
    group.press(ani, choices, next(label for label in choices.buttons if "Hendra" in label))
    told = (await talk.answers(group, 3))[-1]
    await talk.edited(told, lambda sent: flood.title in visible(sent.text))


async def test_a_topic_is_paused_renamed_and_removed_by_buttons(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    told = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(told, lambda sent: talk.words("topics.change") in sent.buttons)
    group.press(ani, told, talk.words("topics.change"))
    await talk.edited(told, lambda sent: talk.words("topics.pause") in sent.buttons)
    group.press(ani, told, talk.words("topics.pause"))
    await talk.edited(told, lambda sent: talk.words("topics.resume") in sent.buttons)
    assert talk.words("topics.is_paused") in told.text
    group.press(ani, told, talk.words("topics.rename"))
    question = (await talk.answers(group, 2))[-1]
    group.say(ani, "Banjir Jawa", reply_to=question)
    renamed = (await talk.answers(group, 3))[-1]
    assert talk.says(renamed, "topics.renamed", old="banjir", new="Banjir Jawa")
    group.press(ani, told, talk.words("topics.remove"))
    await talk.edited(told, lambda sent: talk.words("topics.sure") in sent.buttons)
    group.press(ani, told, talk.words("topics.sure"))
    await talk.edited(told, lambda sent: talk.says(sent, "topics.removed", name="Banjir Jawa"))
    assert talk.says(await ask(talk, group, ani, "topik"), "topics.none")


async def test_a_feed_is_attached_read_and_told_in_the_digest(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(admins=(ani,))
    flood, again, rice = tell(talk, FLOOD), tell(talk, FLOOD, "Harian Uji"), tell(talk, RICE)
    address = feed_of(talk, [flood, again, rice], "/umpan/satu.xml")
    attached = await ask(talk, group, ani, f"sumber {address}")
    await talk.edited(attached, lambda sent: "Kabar Umpan" in sent.text)
    followed = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)

    count = "select count(*) from items where state = 'done' and url = any(%s)"
    await until_row(talk, count, [flood.url, again.url, rice.url], (3,))
    await due_now(talk, group)
    digest, picture = (await talk.answers(group, 4))[2:]
    assert talk.words("digest.counts", articles="2", stories="1") in digest.text
    assert flood.title in visible(digest.text)
    assert rice.title not in visible(digest.text)
    assert any(entity.get("url") in (flood.url, again.url) for entity in digest.entities)
    assert picture.method == "sendPhoto"
    sources = await ask(talk, group, ani, "sumber")
    assert "Kabar Umpan" in sources.text
    assert talk.words("sources.well", count="3") in sources.text


async def test_a_digest_on_demand_and_its_plan(talk: Talk) -> None:
    ani, budi = talk.user(), talk.user("Budi")
    group = talk.group(budi, admins=(ani,))
    flood = tell(talk, FLOOD)
    group.say(ani, flood.url)
    await talk.card(group, flood, 1)
    assert talk.says(await ask(talk, group, ani, "ringkasan"), "topics.none")
    followed = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)
    made = await ask(talk, group, ani, "ringkasan")
    await talk.edited(made, lambda sent: flood.title in visible(sent.text))
    assert (await talk.answers(group, 5))[-1].method == "sendPhoto"
    refused = await ask(talk, group, budi, "ringkasan 06.30")
    assert talk.says(refused, "settings.admins_only")
    plan = await ask(talk, group, ani, "ringkasan 06.30")
    assert "06.30" in plan.text
    group.press(ani, plan, talk.words("digest_plan.quiet"))
    await talk.edited(plan, lambda sent: "22.00–05.00" in sent.buttons)
    group.press(ani, plan, "22.00–05.00")
    await talk.edited(plan, lambda sent: "22.00–05.00" in visible(sent.text))
    group.press(ani, plan, talk.words("daily.mute"))
    await talk.edited(plan, lambda sent: talk.words("daily.unmute") in sent.buttons)
    assert talk.says(await ask(talk, group, ani, "ringkasan entahlah"), "daily.usage")


async def test_a_private_digest_for_a_member_and_not_for_who_left(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    flood = tell(talk, FLOOD)
    group.say(ani, flood.url)
    await talk.card(group, flood, 1)
    followed = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)
    group.press(ani, followed, talk.words("topics.change"))
    await talk.edited(followed, lambda sent: talk.words("topics.follow") in sent.buttons)
    press = group.press(ani, followed, talk.words("topics.follow"))
    await until(talk, lambda: press.answer is not None, "an answer to the button")
    assert talk.telegram.username in (press.answer or {}).get("text", "")
    private = talk.telegram.private(ani)
    await ask(talk, private, ani, "topik")
    press = group.press(ani, followed, talk.words("topics.follow"))
    await until(talk, lambda: press.answer is not None, "an answer to the button")
    await due_now(talk, private)
    digest = (await talk.answers(private, 3))[1]
    assert flood.title in visible(digest.text)
    assert "Redaksi" in digest.text
    group.leave(ani)
    await sql(talk, "delete from posts p using digests d where d.id = p.digest_id and d.chat_id = %s", private.id)

    state = "select p.state from posts p join digests d on d.id = p.digest_id where d.chat_id = %s"
    await until_row(talk, state, private.id, ("silent",))
    assert len(private.sent) == 3


async def test_a_closed_forum_topic_and_a_removed_bot(talk: Talk) -> None:
    ani = talk.user()
    forum = talk.group(admins=(ani,), forum=True)
    desk = forum.topic("Meja")
    followed = await ask(talk, forum, ani, "pantau banjir", thread=desk)
    await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)
    plan = await ask(talk, forum, ani, "ringkasan 07.00", thread=desk)
    forum.press(ani, plan, talk.words("daily.here"))
    await talk.edited(plan, lambda sent: talk.words("daily.here") not in sent.buttons)
    forum.close_topic(desk)
    await due_now(talk, forum)
    digest = (await talk.answers(forum, 3))[-1]
    assert talk.words("digest.empty", topics="banjir") in digest.text
    assert digest.thread is None
    talk.telegram.refused.clear()  # That a topic is closed is learnt by trying.


async def test_a_card_says_which_topics_it_belongs_to(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    followed = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)
    flood, rice = tell(talk, FLOOD), tell(talk, RICE)
    group.say(ani, flood.url)
    assert "🔔 banjir" in (await talk.card(group, flood, 2)).text
    group.say(ani, rice.url)
    assert "🔔" not in (await talk.card(group, rice, 3)).text


async def test_who_was_removed_or_moved_house_gets_no_digest_twice(talk: Talk) -> None:
    ani = talk.user()
    kicked, moving = talk.group(admins=(ani,)), talk.telegram.group("Redaksi", kind="group", admins=(ani,))
    for chat in (kicked, moving):
        followed = await ask(talk, chat, ani, "pantau banjir")
        await talk.edited(followed, lambda sent: talk.words("topics.change") in sent.buttons)
    kicked.kick_bot(ani)
    moved = moving.migrate(ani)
    await until_row(talk, "select active from chats where id = %s", kicked.id, (False,))
    await until_row(talk, "select chat_id from topics where chat_id = %s", moved.id, (moved.id,))
    await due_now(talk, kicked)
    await due_now(talk, moved)
    (digest,) = await talk.answers(moved, 1)
    assert talk.words("digest.empty", topics="banjir") in digest.text
    assert (
        await sql(talk, "select 1 from posts p join digests d on d.id = p.digest_id where d.chat_id = %s", kicked.id)
        == []
    )
    assert len(kicked.sent) == 1
    talk.telegram.refused.clear()  # That a group moved is learnt by trying.


async def test_a_site_without_a_known_feed_is_looked_through_for_one(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(admins=(ani,))
    address = feed_of(talk, [], "/umpan/dua.xml")
    host = address.removeprefix("http://").partition("/")[0]
    talk.room.sites.routes["/depan"] = reply(
        b'<html><head><link rel="alternate" type="application/rss+xml" href="/umpan/dua.xml"></head>'
        b"<body>Situs</body></html>"
    )
    offered = await ask(talk, group, ani, f"sumber http://{host}/depan")
    await talk.edited(offered, lambda sent: any("umpan/dua.xml" in visible(label) for label in sent.buttons))
    press = group.press(ani, offered, offered.buttons[0])
    await until(talk, lambda: press.answer is not None, "an answer to the button")
    assert (press.answer or {})["text"] == talk.words("sources.added")
    known = await ask(talk, group, ani, "sumber kompas.com")
    assert any("Kompas" in label for label in known.buttons)
    wrong = await ask(talk, group, ani, "sumber bukan alamat")
    assert talk.says(wrong, "sources.usage")
    refused = await ask(talk, group, ani, "sumber http://10.0.0.1/rss")
    await talk.edited(refused, lambda sent: visible(talk.words("failures.refused_address"))[:30] in visible(sent.text))


async def test_only_managers_give_a_topic_its_new_name(talk: Talk) -> None:
    ani, budi = talk.user(), talk.user("Budi")
    group = talk.group(budi, admins=(ani,))
    told = await ask(talk, group, ani, "pantau banjir")
    await talk.edited(told, lambda sent: talk.words("topics.change") in sent.buttons)
    await sql(talk, "update digests set topic_managers = 'admins' where chat_id = %s", group.id)
    group.press(ani, told, talk.words("topics.change"))
    await talk.edited(told, lambda sent: talk.words("topics.rename") in sent.buttons)
    group.press(ani, told, talk.words("topics.rename"))
    question = (await talk.answers(group, 2))[-1]
    group.say(budi, "Punya Budi", reply_to=question)
    assert talk.says((await talk.answers(group, 3))[-1], "topics.admins_only")
    group.say(ani, "Banjir Jawa", reply_to=question)
    assert talk.says((await talk.answers(group, 4))[-1], "topics.renamed", old="banjir", new="Banjir Jawa")

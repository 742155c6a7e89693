"""Kills the running bot at random moments while it works off bursts of links; what was lost or came twice comes out.

Each round starts `warta run` and kills its process group, in half of the rounds with all processes of its database, up
to twenty seconds later, while it is still starting, too. A new burst comes whenever fewer links than one burst wait, so
every kill hits a burst. Telegram takes a tenth of a second for a request, so that some are under way at every moment.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import dict_row

from bench.traffic import (
    Figure,
    Newsroom,
    Share,
    Team,
    Traffic,
    find_database,
    found_teams,
    kill_all,
    open_newsroom,
    run_once,
)
from services.store.embedded import embedded_postgres

_TEAMS, _BURST, _TEAMS_IN_A_BURST = 100, 100, 20
_SOONEST, _LATEST = 0.5, 20.0
_LATENCY = 0.1
_LONGEST_FLIGHT = timedelta(seconds=1)
_SETTLED_WITHIN = 900.0
# Longer than the job of a dead worker waits to be taken over.
_REST = 12.0
_OPEN = """
select (select count(*) from inbox where state = 'new')
    + (select count(*) from shares where state in ('queued', 'gathering'))
    + (select count(*) from outbox where state in ('waiting', 'pending', 'sending')) as count
"""
_EVIDENCE = """
select s.id as share, s.state, s.attempts, s.error, s.late, o.id as row, o.role, o.state as row_state,
    o.attempts as row_attempts, o.error as row_error, o.sent_at, o.message_id
from shares s left join outbox o on o.share_id = s.id where s.chat_id = %s and s.message_id = %s order by s.id, o.id
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Kill:
    """A moment; whether the database died with it; how many links waited, and how many requests Telegram had open.

    `start` is how many seconds the bot had taken to its first poll, if it came so far.
    """

    moment: datetime
    database: bool
    unanswered: int
    open_requests: int
    start: float | None


async def kill_again_and_again(rounds: int, seed: int) -> AsyncIterator[Figure]:
    """Figures of so many kills."""
    began, chance = time.monotonic(), random.Random(seed)
    print(f"seed {seed}, {rounds} rounds")
    async with open_newsroom() as room:
        room.telegram.latency = _LATENCY
        traffic, teams = Traffic(room), found_teams(room, _TEAMS)
        kills = [await _round(room, traffic, teams, chance) for _ in range(rounds)]
        async with room.bot():
            await _until_settled(room, traffic)
        _, told = await run_once(room, "doctor")
        for figure in _figures(room, traffic, kills, told):
            yield figure
        yield Figure("in all", time.monotonic() - began, None, "s")


async def _round(room: Newsroom, traffic: Traffic, teams: list[Team], chance: random.Random) -> Kill:
    seconds, database = chance.uniform(_SOONEST, _LATEST), chance.random() < 0.5
    began, first_call = time.monotonic(), len(room.telegram.calls)
    bot, servers = await room.start(), list[psutil.Process]()
    try:
        while (left := began + seconds - time.monotonic()) > 0:
            if len(traffic.unanswered()) < _BURST:
                _share_burst(traffic, teams)
            await asyncio.sleep(min(left, 0.1))
        servers = find_database(room) if database else []
        calls = room.telegram.calls[first_call:]
        poll = next((call.time - began for call in calls if call.method == "getUpdates"), None)
        open_requests = sum(call.method == "sendMessage" and call.status == 0 for call in calls)
    finally:
        os.killpg(bot.process.pid, signal.SIGKILL)
        kill_all(servers)
        await bot.process.wait()
    kill = Kill(datetime.now(UTC), database, len(traffic.unanswered()), open_requests, poll)
    also, came = "and the database" if database else "", "-" if poll is None else f"{poll:.1f}"
    known = f"{kill.unanswered:3} wait, requests open: {kill.open_requests}"
    print(f"  after {seconds:4.1f} s (first poll {came:>4}) {also:16} {known}", flush=True)
    return kill


def _share_burst(traffic: Traffic, teams: list[Team]) -> None:
    """A hundred links at once; the teams take turns, so that Telegram's limit of a chat lets all through."""
    for number in range(_BURST):
        traffic.share(teams[number % _TEAMS_IN_A_BURST])
    teams[:] = [*teams[_TEAMS_IN_A_BURST:], *teams[:_TEAMS_IN_A_BURST]]


async def _until_settled(room: Newsroom, traffic: Traffic) -> None:
    """Wait until nothing is left to do: all read, all sent or given up."""
    end = time.monotonic() + _SETTLED_WITHIN
    with embedded_postgres(_home(room)) as conninfo:
        while time.monotonic() < end:
            await room.telegram.quiet(_REST if not traffic.unanswered() else 1)
            (row,) = _rows(conninfo, _OPEN)
            if not row["count"] and not len(room.telegram.updates):
                await room.telegram.quiet(_REST)
                return
        print(f"  not settled after {_SETTLED_WITHIN:.0f} s")


def _figures(room: Newsroom, traffic: Traffic, kills: Sequence[Kill], told: str) -> list[Figure]:
    unanswered = traffic.unanswered()
    with embedded_postgres(_home(room)) as conninfo:
        listed = _listed(conninfo, told)
        lost = [share for share in unanswered if _key(share) not in listed]
        twice = [share for share in traffic.shares if len(share.answers) > 1]
        sentences = [share for share in traffic.shares if share.answers and not share.is_card]
        for what, shares in (("lost", lost), ("twice", twice), ("no card", sentences)):
            _print_evidence(conninfo, what, shares[:10])
            taken_up = [
                row["sent_at"] for row in _rows(conninfo, "select sent_at from outbox where state = 'ambiguous'")
            ]
    in_doubt = Counter(_killed_by(moment, kills) for moment in taken_up)
    flights = [kill.moment - moment for moment in taken_up if (kill := _killed_by(moment, kills))]
    longest = max(flights, default=timedelta(0)).total_seconds()
    starts = [kill.start for kill in kills if kill.start is not None]
    return [
        Figure(f"links, in bursts of {_BURST} over {_TEAMS_IN_A_BURST} chats", len(traffic.shares)),
        Figure("kills", len(kills)),
        Figure("  of these with the database", sum(kill.database for kill in kills)),
        Figure("  with nothing to do at that moment", sum(not kill.unanswered for kill in kills), 0),
        Figure("links lost", len(lost), 0),
        Figure("links answered twice", len(twice), 0),
        Figure("links answered by a sentence, not a card", len(sentences), 0),
        Figure("messages that answer no link", len(traffic.strays), 0),
        Figure("listed by `warta doctor` as ambiguous", len(listed)),
        Figure("  of these arrived", sum(_key(share) in listed for share in traffic.shares if share.answers)),
        Figure("  most after one kill", max(in_doubt.values(), default=0)),
        Figure(
            "  not in flight: begun more than a second before a kill",
            len(taken_up) - sum(one < _LONGEST_FLIGHT for one in flights),
            0,
        ),
        Figure("  longest flight", longest, None, "s"),
        Figure("most requests open at a kill", max(kill.open_requests for kill in kills)),
        Figure("start after a kill, to the first poll: median", statistics.median(starts or [0]), None, "s"),
        Figure("  longest", max(starts, default=0), None, "s"),
        Figure("refused, too fast, mended by Telegram", len(room.telegram.complaints()), 0),
    ]


def _killed_by(moment: datetime, kills: Sequence[Kill]) -> Kill | None:
    """The kill that came next."""
    return next((kill for kill in kills if kill.moment >= moment), None)


def _listed(conninfo: str, told: str) -> set[tuple[int, int]]:
    """Chat and message of the links that `warta doctor` lists as ambiguous."""
    shares = [int(number) for number in re.findall(r"#\d+ chat -?\d+ share (\d+)", told)]
    rows = _rows(conninfo, "select chat_id, message_id from shares where id = any(%s)", shares)
    return {(row["chat_id"], row["message_id"]) for row in rows}


def _print_evidence(conninfo: str, what: str, shares: Sequence[Share]) -> None:
    for share in shares:
        print(f"  {what}: {share.story.url} {_key(share)} {[sent.text[:80] for sent in share.answers]}")
        for row in _rows(conninfo, _EVIDENCE, *_key(share)):
            print(f"    {row}")


def _key(share: Share) -> tuple[int, int]:
    return share.message.chat.id, share.message.message_id


def _rows(conninfo: str, query: str, *values: object) -> list[Row]:
    with psycopg.connect(conninfo, row_factory=dict_row, autocommit=True) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


def _home(room: Newsroom) -> Path:
    return Path(room.environment["WARTA_HOME"])

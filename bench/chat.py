"""Times the running bot: `python -m bench.chat` for its speed, `python -m bench.chat kills [--rounds N] [--seed N]`.

The real `warta run` with its embedded database in a temporary home, between a Telegram and news sites on loopback that
keep Telegram's limits and use the same cores. Delays are from the moment a message is there to be fetched until the
request that brings its card.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial

import psutil

from bench.chat_kills import kill_again_and_again
from bench.data import machine
from bench.traffic import Bot, Figure, Newsroom, RetryAfter, Team, Traffic, find_database, found_teams, open_newsroom

_REST = 10.0
_HELD_SECONDS = 60
_SEED = 7


async def speed() -> AsyncIterator[Figure]:
    """All figures of a bot that nobody kills, one after the other."""
    async with open_newsroom() as room:
        homes = [str(room.folder / f"home-{number}") for number in range(3)]
        for name, most in (("start with an empty home, to the first poll", 10), ("a later start", 4)):
            seconds = [await _seconds_to_first_poll(room, home) for home in homes]
            yield Figure(f"{name} (median of {len(homes)})", statistics.median(seconds), most, "s")
        async with room.bot(WARTA_HOME=homes[0]) as bot:
            at_first, at_last = partial(_memory, bot, "after 10 links"), partial(_memory, bot, "after all these")
            await _few(room)
            for measure in (at_first, _latency, _held, _redelivered, _burst, at_last):
                for figure in await measure(room):
                    yield figure
        yield Figure("all the while: refused, too fast, mended by Telegram", len(room.telegram.complaints()), 0)
        for complaint in room.telegram.complaints()[:10]:
            print(f"  {complaint}")


async def _seconds_to_first_poll(room: Newsroom, home: str) -> float:
    calls = room.telegram.calls
    before, began = len(calls), time.monotonic()
    async with room.bot(WARTA_HOME=home):
        await room.telegram.until(lambda: any(call.method == "getUpdates" for call in calls[before:]), 120, "a poll")
        return next(call.time for call in calls[before:] if call.method == "getUpdates") - began


async def _few(room: Newsroom) -> None:
    traffic = Traffic(room)
    for team in found_teams(room, 10):
        traffic.share(team)
    await traffic.until_answered(60)


async def _memory(bot: Bot, when: str, room: Newsroom) -> list[Figure]:
    """Proportional set sizes of all processes, after a rest."""
    await asyncio.sleep(_REST)
    own = psutil.Process(bot.process.pid)
    parts = {"the bot": [own], "parsing": own.children(recursive=True), "PostgreSQL": find_database(room)}
    sizes = {name: sum(one.memory_full_info().pss for one in part) / 1e6 for name, part in parts.items()}
    return [
        Figure(f"memory at rest, {when} (PSS)", sum(sizes.values()), 500, "MB"),
        *(Figure(f"  {name}, {len(parts[name])} processes", size, None, "MB") for name, size in sizes.items()),
    ]


async def _latency(room: Newsroom) -> list[Figure]:
    """120 links, one a second on average, at random moments."""
    traffic, teams, chance = Traffic(room), found_teams(room, 20), random.Random(_SEED)
    moment = time.monotonic()
    for number in range(120):
        moment += chance.expovariate(1)
        await asyncio.sleep(moment - time.monotonic())
        traffic.share(teams[number % len(teams)])
    await traffic.until_answered(60)
    delays = traffic.delays()
    return [
        Figure("message to card, 120 links at 1 a second: median", statistics.median(delays), 1.5, "s"),
        Figure("  95th percentile", statistics.quantiles(delays, n=20)[-1], 3, "s"),
        Figure("  longest", max(delays), None, "s"),
        Figure("  links without a card, or with more", _not_one_card(traffic), 0),
    ]


async def _held(room: Newsroom) -> list[Figure]:
    """How other chats fare while Telegram wants nothing for one of them."""
    free = found_teams(room, 10)
    before = await _one_by_one(room, free)
    held = Traffic(room)
    (team,) = found_teams(room, 1)
    fault = room.telegram.fail("sendMessage", team.chat, kind=RetryAfter(_HELD_SECONDS))
    held.share(team)
    await room.telegram.until(lambda: not fault.left, 20, "the limit")
    meanwhile = await _one_by_one(room, free)
    await held.until_answered(_HELD_SECONDS + 30)
    later = max(after - earlier for earlier, after in zip(before, meanwhile, strict=True))
    return [
        Figure(f"a limit of {_HELD_SECONDS} s in a chat: another chat's card, later by at most", later, 2, "s"),
        Figure("  in the median", statistics.median(meanwhile) - statistics.median(before), None, "s"),
        Figure("  the held chat's card", held.delays()[0], None, "s"),
    ]


async def _one_by_one(room: Newsroom, teams: Sequence[Team]) -> list[float]:
    traffic = Traffic(room)
    for team in teams:
        traffic.share(team)
        await room.telegram.until(lambda: not traffic.unanswered(), 30, "a card")
    return traffic.delays()


async def _redelivered(room: Newsroom) -> list[Figure]:
    room.telegram.redeliver(5)
    traffic = Traffic(room)
    for team in found_teams(room, 25):
        traffic.share(team)
        traffic.share(team)
    await traffic.until_answered(120)
    await room.telegram.until(lambda: not len(room.telegram.updates), what="the last delivery")
    await room.telegram.quiet(5)
    room.telegram.redeliver(1)
    return [Figure("every update delivered five times, 50 links: extra messages", traffic.extra(), 0)]


async def _burst(room: Newsroom) -> list[Figure]:
    """500 links at once over 50 chats."""
    traffic, teams = Traffic(room), found_teams(room, 50)
    for _ in range(10):
        for team in teams:
            traffic.share(team)
    await traffic.until_answered(400)
    seconds = max(traffic.delays())
    return [
        Figure("500 links at once over 50 chats: until the last card", seconds, None, "s"),
        Figure("  cards a second", len(traffic.shares) / seconds),
        Figure("  links without a card, or with more", _not_one_card(traffic), 0),
        Figure("  chats with cards out of order", _out_of_order(traffic), 0),
    ]


def _not_one_card(traffic: Traffic) -> int:
    odd = [share for share in traffic.shares if len(share.answers) != 1 or not share.is_card]
    for share in odd[:10]:
        print(f"  {share.story.url} got {[sent.text[:80] for sent in share.answers]}")
    return len(traffic.strays) + len(odd)


def _out_of_order(traffic: Traffic) -> int:
    """In how many chats an answer came before that to an earlier link."""
    chats = {share.message.chat for share in traffic.shares}
    orders = ([sent.reply_to or 0 for sent in chat.sent] for chat in chats)
    return sum(order != sorted(order) for order in orders)


async def main() -> None:
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.chat", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("speed", "kills"), default="speed")
    parser.add_argument("--rounds", type=int, default=50, help="how often it is killed")
    parser.add_argument("--seed", type=int, default=_SEED, help="of the random moments")
    options = parser.parse_args()
    print(f"chat, {options.what} ({machine()})")
    figures = speed() if options.what == "speed" else kill_again_and_again(options.rounds, options.seed)
    async for figure in figures:
        print(figure, flush=True)


if __name__ == "__main__":
    asyncio.run(main())

"""A digest's plan, the chat's zone, the moment and the days already taken go in; the day whose digest is due comes out.

Pure: it reads no clock. Each local date has one moment, whatever the zone does that day: a time that a spring night
leaves out counts by the offset before it (so it comes an hour later by the clock), one that an autumn night has twice
counts the first time (PEP 495, `fold=0`). Only the latest date that is due is made: after an outage there is one
digest, not one for each day. A taken date is never made again, nor is one before it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from services.models import DigestPlan

LATE = timedelta(minutes=30)
"""From how long after its time on a digest says that it is late."""
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is to be made: for which local date, when it was due, whether it comes late."""

    day: date
    at: datetime
    late: bool


def due(plan: DigestPlan, zone: tzinfo, now: datetime, taken: Collection[date]) -> Due | None:
    """The digest that is due by `now`, if there is one. `taken` are the local dates that were made, of two weeks."""
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=back) for back in range(_WEEK + 1)):
        at = moment(day, plan.at, zone)
        if day.isoweekday() not in plan.weekdays or at > now:
            continue
        # A date beyond today was taken by a clock that went ahead; it says nothing of today.
        if at <= plan.since or any(day <= one <= today for one in taken):
            return None
        late = now - at > LATE
        return None if late and is_quiet(plan, zone, now) else Due(day, at, late)
    return None


def next_due(plan: DigestPlan, zone: tzinfo, now: datetime) -> datetime | None:
    """When the next digest comes by the plan; None where it has no weekday."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(_WEEK + 1))
    moments = (moment(day, plan.at, zone) for day in days if day.isoweekday() in plan.weekdays)
    return next((at for at in moments if at > now), None)


def moment(day: date, at: time, zone: tzinfo) -> datetime:
    """When a local time comes on a local date, in UTC."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def is_quiet(plan: DigestPlan, zone: tzinfo, now: datetime) -> bool:
    """Whether nothing is to come unasked now."""
    if plan.quiet is None:
        return False
    begin, end = plan.quiet
    clock = now.astimezone(zone).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end

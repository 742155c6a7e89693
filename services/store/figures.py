"""What an operator watches: how much of everything there is, by its state."""

from __future__ import annotations

from services.store.scope import Transaction


async def counts(transaction: Transaction) -> list[tuple[str, str, str, int]]:
    """Rows of figure, label, the label's value, and count: updates, shares and messages by state, failures by kind."""
    rows = await transaction.all(
        "select 'updates' as name, 'state' as label, state as value, count(*) as count from inbox group by state"
        " union all select 'shares', 'state', state, count(*) from shares group by state"
        " union all select 'messages', 'state', state, count(*) from outbox group by state"
        " union all select 'failures', 'kind', error, count(*) from shares where state = 'failed' group by error"
        " order by 1, 3"
    )
    return [(row["name"], row["label"], row["value"], row["count"]) for row in rows]

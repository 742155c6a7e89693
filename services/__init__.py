"""The work: pages and texts go in, annotations come out; knows nothing of Telegram."""

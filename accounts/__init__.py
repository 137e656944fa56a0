"""Sign-in and its throttling, login links, single-use tokens, rate limits and permissions."""

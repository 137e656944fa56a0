"""Sign-in and its throttle, login links, single-use tokens, rate limits and permissions."""

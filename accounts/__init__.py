"""Sign-in, sessions, the account page, permissions, single-use tokens, throttle and rate limits."""

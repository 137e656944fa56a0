"""Limits on what a client may do: sign-in throttle, rate limits, and the client's IP address."""

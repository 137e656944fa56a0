"""Transports that keep one connection open for each run: sync, stream, websocket."""

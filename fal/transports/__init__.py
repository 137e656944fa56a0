"""The transports of a run: queue, sync, stream, WebSocket, realtime."""

"""The ways a run travels: queue, sync, stream, WebSocket, realtime."""

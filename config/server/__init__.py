"""The server: its thread pool, static files and process supervisor."""

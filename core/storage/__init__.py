"""Files in the configured Django storage."""

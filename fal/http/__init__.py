"""HTTP with fal's hosts: connections, the key, timeouts, retries, bodies."""

"""fal's hosts; `web` has their common code."""

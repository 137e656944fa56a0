"""fal's hosts, one module each; `web` has their common code."""

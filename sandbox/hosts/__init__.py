"""fal's hosts, one module each; `web` has what they share."""

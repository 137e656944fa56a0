"""The hosts of fal, one module each; `web` is what they share."""

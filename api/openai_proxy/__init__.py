"""The OpenAI-compatible API: chat completions of fal's router and of the catalogue's models."""

"""The OpenAI-compatible address: chat completions of fal's router and of the catalogue's models."""

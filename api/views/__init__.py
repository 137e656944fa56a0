"""The pages of the API: tokens."""

"""The commands that talk to the API; each is a function of the parsed options."""

"""The commands that call the API; each is a function of the client and the parsed options."""

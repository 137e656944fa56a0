"""The command line `vitrine`: a client of the JSON API, here or on another server."""

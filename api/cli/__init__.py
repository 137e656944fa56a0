"""The command line `vitrine`: a client of the JSON API of this machine or another server."""

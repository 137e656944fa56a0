"""The authorization server, allauth's: a program signs in by the browser and gets a token row."""

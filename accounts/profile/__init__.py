"""The account page: name, password and its reset, preferences, one's sessions."""

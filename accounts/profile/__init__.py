"""The account page: name, password and its reset, preferences, the user's sessions."""

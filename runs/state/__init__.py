"""The run's states: what news changes them, decided on the locked row."""

"""The run's states, and how news changes them, decided on the locked row."""

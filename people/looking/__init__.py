"""Looking at somebody's private work, with a reason that its user is told."""

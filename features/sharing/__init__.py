"""Shares and reviews; the app imports the apps whose rows it shows."""

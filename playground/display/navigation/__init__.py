"""Ways to other places: the command palette, the tray of runs, the menu of uses."""

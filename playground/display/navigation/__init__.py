"""Navigation: the command palette, the tray of runs, the "use as" menu."""

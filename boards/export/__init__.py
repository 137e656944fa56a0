"""Takes a board out: table, JSON, contact sheet, presets."""

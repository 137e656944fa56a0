"""The page of one model: its form, drafts, presets, notes and stage."""

"""The database below the models: prepared queries, transient errors, the shared clock."""

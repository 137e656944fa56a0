"""How far a run is, why it waits, and which pages may watch it."""

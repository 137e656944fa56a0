"""Film and sound: made, decoded and measured."""

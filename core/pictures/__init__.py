"""Pictures: how they are shown, without Django."""

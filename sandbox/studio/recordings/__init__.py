"""Video and audio: created, decoded and measured."""

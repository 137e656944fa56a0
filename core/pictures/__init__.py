"""How browsers show pictures, without Django."""

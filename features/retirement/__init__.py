"""What uses a model, and the press by which its deputy takes over; checks of models."""

"""Browser tests of flows, workflows and training."""

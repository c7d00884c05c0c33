"""Which clips carry the same recording, and whose voice each carries."""

"""The frames of clips: decoded once at a fixed rate, kept as 8-bit numbers, mapped from disk."""

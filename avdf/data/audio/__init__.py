"""Media files -> samples: decoding, and the store of decoded audio."""

"""FakeAVCeleb: its folder layout, its metadata list, and the clip table made from both."""

"""The stress test: test clips scored through named channels at the frozen threshold."""

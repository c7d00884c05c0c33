"""Settings of an experiment: the schema with defaults, units and bounds, and its loading from YAML."""

"""Score table + threshold -> what the errors cost and whom: audit.json, audit.html, figures."""

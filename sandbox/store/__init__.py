"""The SQL of the sandbox, one module per table."""

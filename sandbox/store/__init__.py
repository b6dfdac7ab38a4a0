"""SQL of the sandbox, one module a noun; what the rows mean is decided elsewhere."""

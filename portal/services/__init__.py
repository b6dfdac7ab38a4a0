"""Use cases, as verbs on nouns; no web framework, no HTTP, no SQL text."""

"""What the product means, in plain Python: no web, no database, no provider."""

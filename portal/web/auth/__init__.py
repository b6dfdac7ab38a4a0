"""Routes and messages for signing in and out with the company's identity provider."""

"""Request security: the access list, browser sessions, CSRF, response headers, rate limits and safe redirects."""

"""What a browser, a probe or the provider can reach; no rule of the business and no query lives here."""

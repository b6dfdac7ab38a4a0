"""What a browser, a probe or the provider can reach; no business rules and no queries."""

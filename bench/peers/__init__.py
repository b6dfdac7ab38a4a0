"""What the portal is measured beside: each a small server that does what its own documentation shows."""

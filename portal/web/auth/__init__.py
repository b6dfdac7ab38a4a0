"""Signing in and out with the company's identity provider; who may do what afterwards is decided elsewhere."""

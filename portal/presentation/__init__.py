"""Texts and formats for people, on pages and in mails. Independent of requests and responses."""

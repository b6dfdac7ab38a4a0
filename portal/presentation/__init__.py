"""Everything said to people on pages and in mails; knows no request and no response."""

"""The console: how the campaign stands and what needs somebody's hand; never a face before it was chosen."""

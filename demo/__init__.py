"""Runs the whole portal on one machine as child processes. Not used in production."""

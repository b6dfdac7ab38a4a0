"""The whole portal on one machine, as child processes; never used in production."""

"""The process: the only place where things are built."""

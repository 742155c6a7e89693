"""How the committed tables are made, end to end."""

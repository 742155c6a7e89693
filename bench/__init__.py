"""How we measure: scripts that print tables; see each."""

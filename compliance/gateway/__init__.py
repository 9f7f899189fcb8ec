"""The server side of what gateways ask: decisions, standings, and the log of what was answered."""

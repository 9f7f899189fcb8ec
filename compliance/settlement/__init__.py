"""Settlement by actual use where an agreement ended early by agreement or for our reason (clause 4.6)."""

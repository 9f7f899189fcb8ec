"""The clocks of both sides: what is owed, until when, and whether it was performed in time."""

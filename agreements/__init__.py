"""The contract side: what was agreed, by whom, and what applies on a given day."""

"""How long what is confidential is kept, what holds it longer, what survives an agreement (clauses 5.1, 5.2)."""

"""Breach cases: suspicion, confirmation, demand, suspension, reinstatement (clauses 4.4, 6.1, 6.2)."""

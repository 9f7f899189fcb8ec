"""Notices: the ledger, the letters, the outbox that puts them on the wire, and the proof that they arrived."""

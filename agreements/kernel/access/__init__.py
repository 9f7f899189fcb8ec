"""People, roles, sessions and keys; who may do what."""

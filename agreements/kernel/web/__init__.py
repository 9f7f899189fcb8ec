"""The web shell: who may reach what, sessions, headers, errors, language and the common parts of pages."""

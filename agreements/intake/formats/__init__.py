"""File formats: each reader yields one `SourceText`; whoever understands agreements never asks what a file was."""

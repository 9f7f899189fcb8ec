"""Paper: our own documents as sealed and signed PDFs, the vault of official copies, signature checks, seals."""

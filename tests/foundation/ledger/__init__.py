"""The ledger: what is recorded stays, and can be checked."""

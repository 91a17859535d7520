"""The region at the size of a real prefecture: what moved in from a predecessor system, written by COPY, deterministic and resumable."""

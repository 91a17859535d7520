"""The record of every act: append-only rows, sealed into a Merkle tree that anybody can check."""

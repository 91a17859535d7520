"""Tests of settings, processes and the embedded database."""

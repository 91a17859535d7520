"""The public pages, a file a topic."""

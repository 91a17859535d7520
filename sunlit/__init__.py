"""Sunlit (陽光採購雲): a government-procurement cloud whose every act can be verified."""

__version__ = "0.1.0"

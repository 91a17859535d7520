"""What the processes are started with."""

from __future__ import annotations

from sunlit.config.duties import LISTENERS_MOST
from sunlit.foundation.live import hub, room_hub


def test_the_live_process_keeps_more_lines_open_than_its_hubs_take() -> None:
    """Or a full room would leave no line to bid on."""
    assert hub.CLIENTS_MOST + room_hub.WATCHERS_MOST < LISTENERS_MOST

"""The town, for every test of the business."""

import pytest

from tests.town import Town, build


@pytest.fixture
def town(db: None) -> Town:
    return build()

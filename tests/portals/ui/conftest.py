"""The kit as pages use it: a template rendered from text, in Chinese unless the test says otherwise."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation
from jinja2 import Environment

from sunlit.foundation.kernel import refusals
from sunlit.foundation.kernel.refusals import Reason
from sunlit.portals.ui.environment import environment

Draw = Callable[..., str]


def reason_of_a_test(code: str, text: str, status: int) -> Reason:
    """A reason that the platform's own catalogue does not know."""
    made = Reason(code, text, status)
    del refusals._registry[code]
    return made


@pytest.fixture(scope="session")
def pages() -> Environment:
    return environment()


@pytest.fixture
def draw(pages: Environment) -> Draw:
    """`draw("{{ kit.price(amount) }}", amount=…)`: the HTML with white space folded."""

    def drawn(source: str, **facts: Any) -> str:
        html = pages.from_string('{% import "ui/kit.html" as kit %}' + source).render(**facts)
        return " ".join(html.split())

    return drawn


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def chinese() -> Iterator[None]:
    with translation.override("zh-hans"):
        yield

"""A person looks after the own account: two-step sign-in with an authenticator, switched on, used, and switched off."""

from __future__ import annotations

import time

import pyotp

from tests.journeys.conftest import People
from tests.journeys.people import Person

PASSWORD = "sunlit-demo"
STEP_SECONDS = 30


def sign_in(ma: Person, code: str = "") -> None:
    ma.page.fill("input[name=login]", "ma")
    ma.page.fill("input[name=password]", PASSWORD)
    ma.page.fill("input[name=code]", code)
    ma.page.click("form:has(input[name=password]) button")


def test_two_step_sign_in(people: People) -> None:
    ma = people("ma")
    ma.go("/account/totp/")
    authenticator = pyotp.TOTP(ma.page.locator("main .code").first.inner_text().strip())
    ma.page.fill("input[name=code]", "000000" if authenticator.now() != "000000" else "111111")
    ma.page.click("main form button")
    ma.refused("ACC-004")
    ma.page.fill("input[name=code]", authenticator.now())
    ma.page.click("main form button")
    ma.at("/account/")

    ma.page.click("summary:has(.avatar)")
    ma.page.click("form[action='/sign-out/'] button")
    ma.at("/")
    ma.go("/sign-in/?next=/account/")
    sign_in(ma)
    ma.refused("ACC-003")
    sign_in(ma, authenticator.at(int(time.time()) + STEP_SECONDS))  # the present one was used to switch it on
    ma.at("/account/")

    ma.page.click("a[href='/account/totp/off/']")
    ma.in_order()
    ma.page.fill("input[name=old]", "not-my-password")
    ma.page.click("main form button")
    ma.refused("ACC-012")
    ma.page.fill("input[name=old]", PASSWORD)
    ma.page.click("main form button")
    ma.at("/account/")

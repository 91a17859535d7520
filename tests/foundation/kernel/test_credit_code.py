"""The unified social credit code: shape, check character, codes for the demo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunlit.foundation.kernel import credit_code

GOOD = "91350100M000100Y43"  # the worked example of GB 32100


def test_the_example_of_the_standard_is_right() -> None:
    assert credit_code.validate(GOOD) is None
    assert credit_code.check_character(GOOD[:-1]) == "3"


@pytest.mark.parametrize(
    ("code", "reason", "params"),
    [
        ("", "USC-001", {"count": 0}),
        (GOOD[:-1], "USC-001", {"count": 17}),
        (GOOD + "0", "USC-001", {"count": 19}),
        ("91350100M000100I43", "USC-002", {"character": "I", "place": 16}),
        ("91350A00M000100Y43", "USC-002", {"character": "A", "place": 6}),
        ("91350100m000100Y43", "USC-002", {"character": "m", "place": 9}),
        ("９1350100M000100Y43", "USC-002", {"character": "９", "place": 1}),
        ("91350100M000100Y4\n", "USC-002", {"character": "\n", "place": 18}),
        ("91350100M000100Y44", "USC-003", {"code": "91350100M000100Y44"}),
        ("91350100M000100Y34", "USC-003", {"code": "91350100M000100Y34"}),
    ],
)
def test_what_is_wrong_is_told_with_its_place(code: str, reason: str, params: dict[str, object]) -> None:
    problem = credit_code.validate(code, on="code")
    assert problem is not None
    assert (problem.code, problem.params, problem.on) == (reason, params, "code")


def test_the_sentence_names_the_place_in_both_languages() -> None:
    problem = credit_code.validate("91350100M000100I43")
    assert problem is not None
    assert "16" in problem.message


def test_typed_blanks_and_small_letters_are_put_right() -> None:
    assert credit_code.normal(" 9135 0100 m000 100y 43\n") == GOOD


def test_the_same_seed_makes_the_same_code() -> None:
    assert credit_code.make(7) == credit_code.make(7) == "91652899000000078" + credit_code.check_character("91652899000000078")
    assert credit_code.make(7, authority="12", division="652801").startswith("12652801")


@given(st.integers(0, 10**8 - 1))
def test_made_codes_are_valid(seed: int) -> None:
    assert credit_code.validate(credit_code.make(seed)) is None


@given(st.integers(0, 10**8 - 1), st.integers(0, 16), st.sampled_from(credit_code.ALPHABET))
def test_one_mistyped_character_is_always_noticed(seed: int, place: int, other: str) -> None:
    code = credit_code.make(seed)
    typed = code[:place] + other + code[place + 1 :]
    assert (credit_code.validate(typed) is None) == (typed == code)


@given(st.integers(0, 10**8 - 1), st.integers(8, 16))
def test_neighbours_changed_about_are_always_noticed(seed: int, place: int) -> None:
    code = credit_code.make(seed)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (credit_code.validate(typed) is None) == (typed == code)

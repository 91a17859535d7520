"""Paths in the tree of regions."""

import pytest

from sunlit.foundation.kernel import regions

KORLA = "652800/652801"


def test_korla_lies_under_its_prefecture() -> None:
    assert regions.code_of(KORLA) == "652801"
    assert regions.parent(KORLA) == "652800"
    assert regions.parent("652800") == regions.parent("") == ""
    assert regions.ancestors("652800/652801/652801001") == (KORLA, "652800")
    assert regions.ancestors("652800") == regions.ancestors("") == ()
    assert regions.line(KORLA) == (KORLA, "652800", "")
    assert regions.line("") == ("",)
    assert (regions.depth(""), regions.depth("652800"), regions.depth(KORLA)) == (0, 1, 2)


def test_a_path_is_made_step_by_step() -> None:
    assert regions.join(regions.join("", "652800"), "652801") == KORLA
    with pytest.raises(AssertionError):
        regions.join("652800", "a/b")
    with pytest.raises(AssertionError):
        regions.join("652800", "")


@pytest.mark.parametrize(
    ("path", "top", "under"),
    [
        (KORLA, "652800", True),
        (KORLA, KORLA, True),
        (KORLA, "", True),
        ("", "", True),
        ("", "652800", False),
        ("652800", KORLA, False),
        ("6528001", "652800", False),
        (KORLA, "652800/652822", False),
    ],
)
def test_what_lies_under_what(path: str, top: str, under: bool) -> None:
    assert regions.is_under(path, top) is under

"""Mails can be read by who sees little: the colours of their style, as WCAG 2.2 AA counts them."""

import re
from importlib.resources import files

import pytest

_CSS = files("connectors.mailbox").joinpath("templates", "mail.css").read_text(encoding="utf-8")
_RULES = dict(re.findall(r"^([^{]+) \{ (.*) \}$", _CSS, re.MULTILINE))
_LABELS = (".CLEAR", ".GREEN", ".AMBER", ".RED")
_SHEETS = [".sheet", ".foot", ".mark", ".place"]


def _colour(rule: str, name: str) -> str | None:
    found = re.search(rf"(?:^|; ){name}: (#[0-9a-f]{{6}})", _RULES[rule])
    return found[1] if found else None


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("rule", [name for name in _RULES if _colour(name, "color") and name not in _LABELS])
def test_every_colour_is_read_on_every_ground_that_mails_have(rule: str) -> None:
    own, ground = _colour(rule, "color"), _colour(rule, "background-color")
    assert own is not None
    for under in [ground] if ground else [_colour(name, "background-color") for name in _SHEETS]:
        assert under is not None
        assert _contrast(own, under) >= 4.5, (rule, under)


@pytest.mark.parametrize("rule", _LABELS)
def test_every_label_is_read_on_its_black(rule: str) -> None:
    own, ground = _colour(rule, "color"), _colour(".tlp", "background-color")
    assert own is not None
    assert ground is not None
    assert _contrast(own, ground) >= 4.5

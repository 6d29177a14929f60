"""What a party may call the areas of a question in its reply."""

from hub.intake.mailed_answers import _names
from hub.words.language import is_dutch
from tests.registers import REGISTER


def test_an_area_is_called_as_a_mail_in_either_language_does() -> None:
    names = _names({"PV31", "GM0935"}, REGISTER)
    assert names == {"PV31": {"provincie Limburg", "the province of Limburg"}, "GM0935": {"Maastricht"}}
    assert is_dutch()

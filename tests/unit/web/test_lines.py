from connectors.web.lines import some_areas
from tests.registers import REGISTER


def test_a_list_shows_the_first_areas_and_counts_the_rest() -> None:
    register = REGISTER
    assert some_areas(["GM0935"], register) == "Maastricht"
    assert some_areas(["GM0935", "PV31", "NL"], register) == "Maastricht, provincie Limburg, Nederland"
    assert some_areas(["GM0935", "PV31", "NL", "GM0994", "GM0957"], register).endswith("Nederland en nog 2")

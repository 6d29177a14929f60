"""The picture of a chain: every function once, every arrow between boxes, nothing on top of another."""

from hypothesis import given

from connectors.web.chains import picture
from hub.rules.at_risk import at_risk
from schemas.catalogue import Event
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import events


@given(events(["bottleneck-found"]))
def test_the_picture_shows_each_function_once_and_inside_its_frame(told: Event) -> None:
    found = at_risk(told, REGISTER)
    drawn = picture(told.functions, found, REGISTER)
    assert (
        len(drawn.boxes) == len({(box.x, box.y) for box in drawn.boxes}) == len(told.functions) + len(found)
    )
    assert len(drawn.arrows) == len(found)
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - drawn.box_width
        assert 0 <= box.y <= drawn.height - drawn.box_height
    sides = {(box.x + drawn.box_width, box.y + drawn.box_height // 2) for box in drawn.boxes}
    assert {(arrow.x1, arrow.y1) for arrow in drawn.arrows} <= sides
    assert all(arrow.x1 < arrow.x2 for arrow in drawn.arrows)


@given(events(["bottleneck-found"]))
def test_who_is_at_risk_operates_that_function_there(told: Event) -> None:
    for one in at_risk(told, REGISTER):
        assert one.areas
        assert set(one.areas) <= set(told.areas)
        assert one.operators
        for operator in one.operators:
            assert REGISTER.meeting_area(REGISTER.parties[operator].areas, told.areas)


def test_a_power_cut_in_maastricht_puts_its_water_and_hospitals_at_risk() -> None:
    found = {str(one.harm.function): one for one in at_risk(event("bottleneck-found"), REGISTER)}
    assert "wml" in found["drinking-water"].operators
    assert found["health"].core_team == "kernteam-health"
    assert "nuclear" not in found

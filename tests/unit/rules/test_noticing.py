"""Of a request that waits, its asker hears and who coordinates it there; never who may not know it."""

import pytest

from hub.register.kinds import RoleKind
from hub.rules.noticing import coordinators_to_tell, told_of_waiting
from schemas.catalogue import Request
from schemas.terms import FunctionSlug
from tests.events import event
from tests.registers import REGISTER


def _request(**changes: object) -> Request:
    made = event("question-raised", **changes)
    assert isinstance(made, Request)
    return made


@pytest.mark.parametrize("function", FunctionSlug)
def test_the_coordinators_there_hear_or_else_the_core_team_and_both_may_confirm(
    function: FunctionSlug,
) -> None:
    request = _request(functions=str(function), areas="GM0935", tlp="GREEN")
    roles = REGISTER.roles_in(function, "GM0935")
    coordinators = {role.party for role in roles if role.kind is RoleKind.COORDINATOR}
    core_team = REGISTER.functions[function].core_team
    assert set(told_of_waiting(request, "gm0935", REGISTER)) == {"gm0935", *(coordinators or {core_team})}
    assert set(coordinators_to_tell(request, REGISTER)) == coordinators | {core_team}


def test_of_a_closed_request_the_asker_hears_alone() -> None:
    request = _request(functions="electricity", areas="GM0935", tlp="RED")
    assert told_of_waiting(request, "gm0935", REGISTER) == ("gm0935",)
    assert coordinators_to_tell(request, REGISTER) == ()

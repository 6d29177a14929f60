"""Why the register stays as it was."""

import pytest

from consumers.commands.changing import RegisterRefused, refuse


@pytest.mark.parametrize(("faults", "lines"), [(1, 2), (50, 51), (51, 52), (145_000, 52)])
def test_however_much_is_wrong_a_screen_tells_it(faults: int, lines: int) -> None:
    with pytest.raises(RegisterRefused) as refused:
        refuse(f"regel {n}" for n in range(faults))
    told = str(refused.value).splitlines()
    assert told[:2] == ["Het register is niet veranderd.", "  regel 0"]
    assert len(told) == lines
    assert (told[-1] == f"  en nog {faults - 50}") is (faults > 50)

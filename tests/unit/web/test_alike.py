"""A text in pieces is still that text."""

from connectors.web.alike import Piece, pieces
from hub.rules.differing import differences


def test_what_differs_is_a_piece_of_its_own_and_nothing_is_lost() -> None:
    one, other = "Bij 50 cm water?", "Bij 150 cm water?"
    cut = list(pieces(other, differences(one, other).other))
    assert "".join(piece.text for piece in cut) == other
    assert [piece.differs for piece in cut] == [False, True, False]
    assert list(pieces("", ())) == []
    assert list(pieces("Ja", ())) == [Piece("Ja", differs=False)]

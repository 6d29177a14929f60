"""A record that says what its columns say is passed without being read; any other is read."""

from hub.rules.ledger.checking import Kept, faults_of_record, says_plainly
from hub.rules.ledger.tree import leaf_hash

RECORD = b'{"event":null,"kind":"event-routed","register":4,"salt":"00"}'


def test_a_kind_that_takes_in_what_comes_after_it_is_not_what_the_record_says() -> None:
    doctored = 'event-routed","register":4,"salt'
    assert says_plainly(RECORD, "event-routed", None)
    assert not says_plainly(RECORD, doctored, None)
    leaf = leaf_hash(RECORD)
    kept = Kept(RECORD, doctored, None, leaf)
    assert list(faults_of_record(kept, leaf)) == ["heeft kolommen die iets anders zeggen"]

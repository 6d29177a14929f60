"""A key keeps its partition, whichever way its records are sent."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from hub.kafka.batches import partition_of


@given(st.binary(max_size=70), st.integers(1, 50))
def test_a_key_has_the_partition_that_other_clients_give_it(key: bytes, count: int) -> None:
    partitions = list(range(count))
    assert partition_of(key, partitions, partitions) == DefaultPartitioner()(key, partitions, partitions)


def test_what_has_no_key_goes_where_a_server_takes_it() -> None:
    assert {partition_of(None, [0, 1, 2], [2]) for _ in range(20)} == {2}
    assert partition_of(None, [1], []) == 1

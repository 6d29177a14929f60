"""A loop that takes records from several topics and produces them to one, in batches or one by one. Run by
`bench.kafka_intake`, which ends it."""

import asyncio
import sys

import aiokafka

from consumers.collecting import collect_rarely
from hub.kafka.access import for_aiokafka
from hub.settings import Settings


async def loop(settings: Settings, most: int) -> None:
    """Takes at most so many records, produces them with acks=all, commits; and again."""
    collect_rarely()
    where = for_aiokafka(settings)
    consumer = aiokafka.AIOKafkaConsumer(
        **where,
        group_id=f"{settings.topic_prefix}.bare-{most}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    consumer.subscribe(pattern=f"^bare-{most}-in-")
    async with (
        aiokafka.AIOKafkaProducer(**where, acks="all", enable_idempotence=True, linger_ms=1) as producer,
        consumer,
    ):
        while True:
            found = await consumer.getmany(timeout_ms=200, max_records=most)
            records = [record for some in found.values() for record in some]
            sent = [
                await producer.send(f"bare-{most}-out", r.value, key=r.key, headers=list(r.headers))
                for r in records
            ]
            await asyncio.gather(*sent)
            if records:
                await consumer.commit()


def main() -> None:
    asyncio.run(loop(Settings(), int(sys.argv[1])))


if __name__ == "__main__":
    main()

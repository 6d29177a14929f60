"""Publishes first-event.json to Kafka in structured mode: python publish_to_kafka.py HOST:PORT [TOPIC]."""

import asyncio
import json
import sys
from pathlib import Path

from aiokafka import AIOKafkaProducer


async def main(servers: str, topic: str) -> None:
    body = Path(__file__).with_name("first-event.json").read_bytes()
    event = json.loads(body)
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True) as producer:
        kept = await producer.send_and_wait(
            topic,
            body,
            key=event["subject"].encode(),
            headers=[("content-type", b"application/cloudevents+json")],
        )
    sys.stdout.write(f"{kept.topic} partition {kept.partition} offset {kept.offset}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *sys.argv[2:] or ["kernhub.function.electricity"]))

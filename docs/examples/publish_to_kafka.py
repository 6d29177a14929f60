"""Publishes first-event.json as a party: python publish_to_kafka.py ACCOUNT, a file with what
`kernhub party kafka open` printed."""

import asyncio
import json
import sys
from pathlib import Path

from aiokafka import AIOKafkaProducer


async def main(account: dict[str, str]) -> None:
    body = Path(__file__).with_name("first-event.json").read_bytes()
    async with AIOKafkaProducer(
        bootstrap_servers=account["servers"],
        security_protocol="SASL_PLAINTEXT",  # SASL_SSL on any network that is not yours alone
        sasl_mechanism=account["mechanism"],
        sasl_plain_username=account["username"],
        sasl_plain_password=account["password"],
        acks="all",
        enable_idempotence=True,
    ) as producer:
        kept = await producer.send_and_wait(
            account["write"], body, headers=[("content-type", b"application/cloudevents+json")]
        )
    sys.stdout.write(f"{kept.topic} partition {kept.partition} offset {kept.offset}\n")


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))

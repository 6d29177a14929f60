"""A web server whose only handler produces what comes in to Kafka. Run by `bench.intake`, which ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiokafka
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from hub.kafka.access import for_aiokafka
from hub.kafka.broker import function_topic
from hub.settings import Settings
from schemas.formats import STRUCTURED
from schemas.terms import FunctionSlug


def application(settings: Settings) -> FastAPI:
    """The same server, framework, topic and acknowledgement as the hub's."""
    topic = function_topic(settings, FunctionSlug.ELECTRICITY)
    producer: aiokafka.AIOKafkaProducer

    @asynccontextmanager
    async def producing(_: FastAPI) -> AsyncIterator[None]:
        nonlocal producer
        producer = aiokafka.AIOKafkaProducer(
            **for_aiokafka(settings), acks="all", enable_idempotence=True, linger_ms=1
        )
        await producer.start()
        yield
        await producer.stop()

    app = FastAPI(lifespan=producing)

    async def post_events(request: Request) -> JSONResponse:
        body = await request.body()
        await producer.send_and_wait(topic, body, headers=[("content-type", STRUCTURED.encode())])
        return JSONResponse({"outcome": "accepted"}, 202)

    app.add_api_route("/v1/events", post_events, methods=["POST"], response_model=None)
    return app


if __name__ == "__main__":
    own = Settings()
    config = uvicorn.Config(application(own), host="127.0.0.1", port=own.http_port, log_config=None)
    asyncio.run(uvicorn.Server(config).serve())

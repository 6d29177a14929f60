// Sends events as a party's own JavaScript would: made by the official SDK, in binary and in structured mode,
// over HTTP and over Kafka. Reads on stdin where to and which; writes the hub's answers over HTTP.

import { json } from "node:stream/consumers";

import { ProduceAcks, Producer, stringSerializer, stringSerializers } from "@platformatic/kafka";
import { CloudEvent, emitterFor, HTTP, httpTransport, Kafka, Mode } from "cloudevents";

const { url, token, servers, topic, events } = await json(process.stdin);
const producer = new Producer({
  bootstrapBrokers: servers.split(","),
  clientId: "party",
  // In binary mode the SDK leaves data as it is, for the client to write.
  serializers: { ...stringSerializers, value: (value) => stringSerializer(asText(value)) },
});

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

async function overHttp(message) {
  const { body } = await httpTransport(url)(message, { headers: { authorization: `Bearer ${token}` } });
  return JSON.parse(body);
}

async function overKafka({ key, value, headers, timestamp }) {
  const message = { topic, key, value, headers, timestamp: BigInt(timestamp) };
  await producer.send({ messages: [message], acks: ProduceAcks.ALL });
}

const answers = [];
for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
  const http = emitterFor(overHttp, { binding: HTTP, mode });
  const kafka = emitterFor(overKafka, { binding: Kafka, mode });
  answers.push(await http(new CloudEvent(events[`http-${mode}`])));
  await kafka(new CloudEvent(events[`kafka-${mode}`]));
}
await producer.close();
console.log(JSON.stringify(answers));

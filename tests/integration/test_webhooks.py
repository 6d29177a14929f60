"""Webhooks to a real receiver: signed, once by name, and however it fails."""

from typing import Any
from uuid import uuid4

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook

from connectors.webhook import sending as webhook_sending
from hub.outlets.channel import Target
from hub.outlets.handing import Handed
from hub.outlets.webhooks import resend
from hub.outside import asking
from hub.rules.outlets import Outcome, Sent, StopReason
from hub.store import tables
from hub.store.database import transaction
from hub.store.deliveries.stream import BEGIN
from tests.fed import NOW, Hub
from tests.outletted import ENEXIS, Sender, found, ledger, put_again
from tests.receiver import Answer, Receiver, raw, silent, status


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_what_arrives_verifies_with_the_published_library_and_is_a_cloudevent(
    hub: Hub, sender: Sender, receiver: Receiver, mode: str
) -> None:
    secret = await sender.webhook("enexis", receiver.url, mode=mode)
    await sender.go()
    (told,) = found("één", eigenveld='100% "zeker"')
    await hub.feed(told)
    await sender.go()
    greeting, posted = receiver.asked
    assert (greeting.method, greeting.headers["webhook-request-origin"]) == ("OPTIONS", "127.0.0.1")
    assert greeting.headers["webhook-request-rate"] == "1200"
    Webhook(secret).verify(posted.body, posted.headers)
    event = from_http_event(HTTPMessage(posted.headers, posted.body))
    assert (event.get_id(), event.get_data()) == ("één", told["data"])
    assert event.get_extension("eigenveld") == '100% "zeker"'
    assert event.get_extension("deliveryreason") == "operator;function=electricity;area=GM0935"
    assert event.get_extension("deliveryid") == posted.name
    (said,) = await ledger(hub, "delivery-sent")
    assert (said["party"], said["channel"], said["delivery"]) == ("enexis", "webhook:zaken", posted.name)


async def test_a_new_webhook_gets_what_comes_from_then_on_in_order(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await hub.feed(*found("ervoor"))
    await sender.webhook("enexis", receiver.url)
    await hub.feed(*found("a", "b"))
    await sender.go()
    await hub.feed(*found(*(f"n{number}" for number in range(100))))
    await sender.go()
    assert set(receiver.ids) == {"a", "b", *(f"n{number}" for number in range(100))}
    assert len(receiver.posted) == 102
    assert 1 < receiver.most_at_once <= 8
    outlet = await sender.outlet("enexis")
    assert (outlet.due_at, outlet.failures, outlet.state) == (None, 0, "active")
    await sender.later(days=1)
    assert len(receiver.posted) == 102


FAILING: list[tuple[str, Answer]] = [
    ("antwoordde met 500", status(500)),
    ("antwoordde met 404", status(404)),
    ("antwoordde met 302: de hub volgt geen verwijzing", status(302, "Location: /elders\r\n")),
    ("antwoordde met 429", status(429)),
    ("geen HTTP", raw(b"SMTP 220 hallo\r\n\r\n")),
    ("geen HTTP", raw(b"HTTP/1.1 2")),
    ("geen HTTP", raw(b"")),
    ("geen HTTP", raw(b"HTTP/1.1 204 OK\r\nContent-Length: min een\r\n\r\n")),
    ("geen HTTP", raw(b"HTTP/1.1 204 OK\r\n" + b"X: " + b"x" * 200_000 + b"\r\n\r\n")),
]


@pytest.mark.parametrize(("why", "answer"), FAILING)
async def test_what_is_not_taken_is_sent_again_under_the_same_name(
    hub: Hub, sender: Sender, receiver: Receiver, why: str, answer: Answer
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(answer)
    await hub.feed(*found("a"))
    await sender.go()
    assert receiver.taken == []
    assert why in (await sender.outlet("enexis")).last_error
    await sender.later(seconds=9)
    assert len(receiver.posted) == 1
    await sender.later(seconds=5)
    first, again = receiver.posted
    assert first.name == again.name
    assert receiver.ids == ["a"]
    outlet = await sender.outlet("enexis")
    assert (outlet.failures, outlet.last_error, await hub.rows(tables.unsent)) == (0, None, [])


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nmidden in", 200),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, 200),
        status(200, body="goed"),
    ],
)
async def test_who_says_that_it_took_it_has_it_whatever_comes_after(
    hub: Hub, sender: Sender, receiver: Receiver, answer: Answer
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(answer)
    await hub.feed(*found("a"))
    await hub.feed(*found("b"))
    await sender.go()
    await sender.later(days=1)
    assert [one.event["id"] for one in receiver.posted] == ["a", "b"]


async def test_who_answers_after_the_time_out_gets_it_again_and_knows_it_by_its_name(
    hub: Hub, sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(silent)
    await hub.feed(*found("a"))
    with monkeypatch.context() as patched:
        patched.setattr(asking, "SECONDS", 0.2)
        await sender.go()
    assert "gaf binnen" in (await sender.outlet("enexis")).last_error
    await sender.later(minutes=1)
    assert len(receiver.taken) == 2
    assert receiver.ids == ["a"]


async def test_gone_stops_at_once_and_the_owner_reads_it_and_starts_it_again(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(status(410))
    await hub.feed(*found("a"))
    await sender.go()
    await hub.feed(*found("b"))
    await sender.later(days=4)
    outlet = await sender.outlet("enexis")
    assert (outlet.state, outlet.stopped_why, len(receiver.posted)) == ("stopped", StopReason.GONE, 1)
    await hub.mailer.compose()
    await hub.change("gm0014", name="Gemeente Stad")
    await hub.send()
    await hub.mailer.compose()
    (mail,) = await hub.rows(tables.mail, tables.mail.c.party == "enexis", tables.mail.c.kind == "immediate")
    assert "Webhook 'zaken' is gestopt" in mail.subject
    assert "(410)" in mail.body
    assert "127.0.0.1" in mail.body

    async with transaction(hub.pool) as connection:
        await put_again(connection, receiver)
    await sender.go()
    assert receiver.ids == ["a", "b"]


async def test_who_asks_to_wait_is_left_alone_for_as_long(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.answers.append(status(429, "Retry-After: 7200\r\n"))
    await hub.feed(*found("a"))
    await sender.go()
    await hub.feed(*found("b"))
    await sender.later(hours=1.9)
    assert len(receiver.posted) == 1
    await sender.later(hours=0.2)
    assert set(receiver.ids) == {"a", "b"}


async def test_who_takes_nothing_for_three_days_is_stopped_and_misses_nothing(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    receiver.usual = status(500)
    names = [f"n{number}" for number in range(150)]
    await hub.feed(*found(*names))
    for _ in range(40):
        await sender.later(hours=2)
    outlet = await sender.outlet("enexis")
    assert (outlet.state, outlet.stopped_why) == ("stopped", StopReason.FAILING)
    waiting = await hub.rows(tables.unsent)
    assert 30 < len(waiting) <= 100
    assert not any(row.is_given_up for row in waiting)
    assert len(receiver.posted) < 500
    await hub.feed(*found("later"))
    receiver.usual = status(204)
    async with transaction(hub.pool) as connection:
        await put_again(connection, receiver)
    await sender.go()
    assert set(receiver.ids) == {*names, "later"}
    assert await hub.rows(tables.unsent) == []


async def test_one_delivery_that_is_never_taken_holds_up_no_other_and_is_given_up_and_sent_by_hand(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    broken = True

    async def picky(receiver: Receiver, request: Any, writer: Any) -> None:
        await status(500 if broken and request.event["id"] == "gif" else 204)(receiver, request, writer)

    receiver.usual = picky
    await sender.webhook("enexis", receiver.url)
    await sender.go()
    await hub.feed(*found("a", "gif", "b"))
    for day in range(9):
        await hub.feed(*found(f"dag{day}"))
        await sender.later(hours=12)
    await sender.later(minutes=1)
    assert set(receiver.ids) == {"a", "b", *(f"dag{day}" for day in range(9))}
    for _ in range(6):
        await hub.feed(*found(f"nog{_}"))
        await sender.later(days=1)
    (row,) = await hub.rows(tables.unsent)
    assert row.is_given_up
    (said,) = await ledger(hub, "delivery-given-up")
    assert said["party"] == "enexis"
    broken = False
    async with transaction(hub.pool) as connection:
        assert await resend(connection, ENEXIS, None, "enexis", NOW) == 1
    await sender.go()
    assert "gif" in receiver.ids
    assert await hub.rows(tables.unsent) == []


async def test_who_does_not_say_that_it_wants_them_is_sent_nothing_and_stopped_after_three_days(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    receiver.greeting = "WebHook-Allowed-Origin: iemand-anders.example\r\n"
    await sender.webhook("enexis", receiver.url)
    await hub.feed(*found("a"))
    for _ in range(10):
        await sender.later(hours=8)
    outlet = await sender.outlet("enexis")
    assert (outlet.state, outlet.stopped_why) == ("stopped", StopReason.REFUSED)
    assert receiver.posted == []


async def test_outside_an_exercise_this_machine_is_never_sent_to(hub: Hub, receiver: Receiver) -> None:
    public = webhook_sending.Webhooks(hub.settings)
    target = Target("enexis", "zaken", {"url": receiver.url, "mode": "structured"}, [])
    answer = await public.greet(target)
    await public.close()
    assert isinstance(answer, Sent)
    assert "eigen netwerk" in answer.why
    assert receiver.asked == []


async def test_an_exercise_never_reaches_a_system_that_is_in_use(hub: Hub, sender: Sender) -> None:
    (told,) = found("a")
    one = Handed(uuid4(), uuid4(), "mail", BEGIN, NOW, "gm0935", told)
    real = Target("enexis", "zaken", {"url": "https://haken.amsterdam.nl/", "mode": "structured"}, [])
    way = webhook_sending.Webhooks(hub.settings)
    (sent,) = await way.send(real, [one])
    await way.close()
    assert (sent.outcome, sent.why) == (Outcome.KEPT, "exercise")


async def test_two_webhooks_of_one_party_get_the_same_names(
    hub: Hub, sender: Sender, receiver: Receiver
) -> None:
    await sender.webhook("enexis", receiver.url)
    await sender.webhook("enexis", receiver.url + "/ook", name="ook")
    await sender.go()
    await hub.feed(*found("a"))
    await sender.go()
    one, other = receiver.posted
    assert one.path != other.path
    assert one.name == other.name

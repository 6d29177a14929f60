"""Programs show who they are: by API token, by access token of the hub, or of an issuer that it trusts."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import keys
from consumers.ways_in.http import application
from hub.identity.signing import Issuer, read_keys, write_keys
from hub.kafka.broker import Publisher
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store import tables
from hub.store.access import clients, tokens
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from tests.documented import as_described
from tests.elsewhere import Elsewhere, running_issuer
from tests.one_part import in_one_part
from tests.registers import HISTORY, REGISTER, save, without_party
from tests.samples import sample

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
ABOUT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@asynccontextmanager
async def _hub(settings: Settings, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with Publisher(settings) as publisher:
        app = application(settings, pool, Registers(pool, SystemClock()), publisher, SystemClock())
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(in_one_part(app), raise_app_exceptions=False),
            base_url="http://localhost",
            event_hooks={"response": [as_described()]},
        ) as client:
            yield client


@pytest.fixture
async def door(settings: Settings, pool: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with _hub(settings, pool) as client:
        yield client


@pytest.fixture
def issuer(settings: Settings) -> Issuer:
    """The hub as issuer, in another process than that which answers."""
    assert settings.signing_keys is not None
    return Issuer(settings.public_url, read_keys(settings.signing_keys))


async def _client(pool: AsyncEngine, *scopes: Scope, **more: Any) -> tuple[str, str]:
    now = datetime.now(UTC)
    async with transaction(pool) as connection:
        chosen = scopes or (Scope.PUBLISH, Scope.READ)
        client_id = await clients.new_client(connection, "gm0935", now, scopes=chosen, **more)
        return client_id, await clients.new_secret(connection, client_id, now)


async def _access_token(door: httpx.AsyncClient, client_id: str, secret: str, **form: str) -> str:
    asked = {"grant_type": "client_credentials", **form}
    response = await door.post("/oauth/token", data=asked, auth=(client_id, secret))
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    told = response.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 600
    return str(told["access_token"])


async def _reads(door: httpx.AsyncClient, token: str) -> httpx.Response:
    return await door.get("/v1/subscriptions", headers={"Authorization": f"Bearer {token}"})


async def _publishes(door: httpx.AsyncClient, token: str, event: dict[str, Any]) -> httpx.Response:
    headers = {**STRUCTURED, "Authorization": f"Bearer {token}"}
    return await door.post("/v1/events", content=json.dumps(event), headers=headers)


async def _records(pool: AsyncEngine) -> list[dict[str, Any]]:
    own = tables.ledger.c
    async with transaction(pool) as connection:
        rows = await connection.execute(select(own.record).where(own.kind.regexp_match("^(token|client)-")))
        return [json.loads(row.record) for row in rows]


async def test_a_key_does_what_its_scopes_say_and_nothing_else(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    now = datetime.now(UTC)
    async with transaction(pool) as connection:
        reads = await tokens.new_token(connection, "gm0935", now, scopes=[Scope.READ])
        asks = await tokens.new_token(connection, "gm0935", now, scopes=[Scope.ASK])
    assert (await _reads(door, reads)).status_code == 200
    refused = await _publishes(door, reads, sample("a"))
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/scope")
    assert "'publish'" in refused.json()["detail"]
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    assert (await _reads(door, asks)).status_code == 403
    assert (await _publishes(door, asks, sample("b", "question.raised"))).status_code == 202
    found = await _publishes(door, asks, sample("c", areas="GM9999"))
    assert found.status_code == 403
    codes = [error["code"] for error in found.json()["errors"]]
    assert codes == ["scope", "unknown_area"]
    async with transaction(pool) as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.claim)) == 1


async def test_a_key_ends_on_its_day_and_another_takes_over_without_a_gap(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    now = datetime.now(UTC)
    async with transaction(pool) as connection:
        ended = await tokens.new_token(connection, "gm0935", now, expires_at=now)
        first = await tokens.new_token(connection, "gm0935", now, name="oud")
        second = await tokens.new_token(connection, "gm0935", now, name="nieuw")
    assert [(await _reads(door, one)).status_code for one in (ended, first, second)] == [401, 200, 200]
    assert "verlopen" in (await _reads(door, ended)).json()["detail"]
    async with transaction(pool) as connection:
        listed = {one.name: one for one in await tokens.list_tokens(connection, "gm0935")}
        assert listed["oud"].used_at is not None
        await tokens.revoke_tokens(connection, "gm0935", now, number=listed["oud"].number)
    assert [(await _reads(door, one)).status_code for one in (first, second)] == [401, 200]


async def test_keys_of_a_party_that_ended_end_with_it_in_every_process(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine
) -> None:
    client_id, secret = await _client(pool)
    async with transaction(pool) as connection:
        key = await tokens.new_token(connection, "gm0935", datetime.now(UTC))
    shown = [key, await _access_token(door, client_id, secret)]
    async with _hub(settings, pool) as another:
        doors = [(each, token) for each in (door, another) for token in shown]
        assert [(await _reads(each, token)).status_code for each, token in doors] == [200] * 4
        for number, each in enumerate((door, another)):
            assert (await _publishes(each, key, sample(f"a-{number}"))).status_code == 202
        await save(pool, without_party(HISTORY, "gm0935"))
        published = [await _publishes(each, key, sample("b")) for each in (another, door)]
        assert [one.status_code for one in published] == [401, 401]
        answers = [await _reads(each, token) for each, token in doors]
    assert [one.status_code for one in answers] == [401] * 4
    assert "niet meer meedoet" in answers[0].json()["detail"]
    asked = await door.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    assert asked.status_code == 401


async def test_asking_for_access_tokens_counts_for_the_limits_of_the_party(
    settings: Settings, pool: AsyncEngine
) -> None:
    client_id, secret = await _client(pool)
    async with _hub(settings.model_copy(update={"limit_events": 3}), pool) as tight:
        form = {"grant_type": "client_credentials"}
        answers = [await tight.post("/oauth/token", data=form, auth=(client_id, secret)) for _ in range(3)]
        async with transaction(pool) as connection:
            assert await connection.scalar(select(tables.client_secret.c.used_at)) is not None
            await connection.execute(tables.client_secret.update().values(used_at=None))
        answers.append(await tight.post("/oauth/token", data=form, auth=(client_id, secret)))
        assert [one.status_code for one in answers] == [200] * 3 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        # Nothing was done for who asks too much.
        async with transaction(pool) as connection:
            assert await connection.scalar(select(tables.client_secret.c.used_at)) is None


async def test_one_client_that_asks_much_at_once_leaves_connections_to_others(
    door: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    client_id, secret = await _client(pool)
    async with transaction(pool) as connection:
        another = await tokens.new_token(connection, "enexis", datetime.now(UTC))
    async with transaction(pool) as connection:
        await connection.execute(tables.client.update().values(name="anders"))
        form = {"grant_type": "client_credentials"}
        # This transaction holds the row that each of them writes.
        asked = [
            asyncio.create_task(door.post("/oauth/token", data=form, auth=(client_id, secret)))
            for _ in range(6)
        ]
        async with asyncio.timeout(60):
            for _ in range(3):
                assert (await _reads(door, another)).status_code == 200
        assert not any(one.done() for one in asked)
    assert {(await one).status_code for one in asked} == {200}


async def test_wrong_secrets_must_wait_and_a_good_one_elsewhere_or_known_here_does_not(
    door: httpx.AsyncClient, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.identity.tries.time", SimpleNamespace(monotonic=lambda: 0.0))
    client_id, secret = await _client(pool)
    other_id, other_secret = await _client(pool)
    await _access_token(door, other_id, other_secret)
    form = {"grant_type": "client_credentials"}
    wrong = [await door.post("/oauth/token", data=form, auth=(client_id, f"ks_{n}")) for n in range(11)]
    assert [one.status_code for one in wrong] == [401] * 10 + [429]
    assert wrong[-1].json()["error"] == "temporarily_unavailable"
    assert wrong[-1].headers["retry-after"] == "6"
    assert (await door.post("/oauth/token", data=form, auth=(client_id, secret))).status_code == 429
    names = [await door.post("/oauth/token", data=form, auth=(f"wie-{n}", "ks_x")) for n in range(21)]
    assert [one.status_code for one in names] == [401] * 20 + [429]
    await _access_token(door, other_id, other_secret)
    transport = httpx.ASGITransport(door._transport.app, client=("198.51.100.7", 1))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as elsewhere:
        await _access_token(elsewhere, client_id, secret)


async def test_every_act_with_keys_is_in_the_ledger_and_no_secret_is(
    settings: Settings, pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await keys.make_token(settings, "enexis", scopes=[Scope.READ], days=30, name="proef") == 0
    token = capsys.readouterr().out.strip()
    assert await keys.list_tokens(settings, "enexis") == 0
    assert "proef" in capsys.readouterr().out
    made = {"scopes": [Scope.ASK], "days": 30, "name": "scada", "public_keys": None}
    assert await keys.make_client(settings, "enexis", **made) == 0
    client = json.loads(capsys.readouterr().out)
    assert await keys.make_secret(settings, client["client_id"]) == 0
    second = capsys.readouterr().out.strip()
    with pytest.raises(clients.TooManySecrets):
        await keys.make_secret(settings, client["client_id"])
    async with transaction(pool) as connection:
        (listed,) = await clients.list_clients(connection, "enexis")
        (number,) = (one.number for one in await tokens.list_tokens(connection, "enexis"))
    assert await keys.revoke_client(settings, client["client_id"], listed.secrets[0]) == 0
    assert await keys.revoke_client(settings, client["client_id"], None) == 0
    assert await keys.revoke_token(settings, "enexis", number) == 0
    with pytest.raises(keys.UnknownKey):
        await keys.revoke_token(settings, "enexis", number)
    with pytest.raises(keys.UnknownKey):
        await keys.revoke_client(settings, client["client_id"], None)
    records = await _records(pool)
    assert sorted(record["kind"] for record in records) == [
        "client-made",
        "client-revoked",
        "client-secret-made",
        "client-secret-made",
        "client-secret-revoked",
        "token-made",
        "token-revoked",
    ]
    assert {record["by"] for record in records} == {"administrator"}
    written = json.dumps(records)
    assert not any(secret in written for secret in (token, client["client_secret"], second))


@pytest.mark.parametrize(("party", "scope"), [("gm0935", Scope.ADMINISTER), ("kernhub", Scope.PUBLISH)])
async def test_what_a_party_can_never_do_no_key_of_it_allows(
    settings: Settings, party: str, scope: Scope
) -> None:
    with pytest.raises(keys.NotForThisParty):
        await keys.make_token(settings, party, scopes=[scope])


async def test_a_client_gets_a_token_that_ends_at_once_when_it_is_revoked(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine
) -> None:
    client_id, secret = await _client(pool, Scope.PUBLISH, Scope.READ)
    token = await _access_token(door, client_id, secret)
    only_reads = await _access_token(door, client_id, secret, scope="read")
    assert (await _publishes(door, token, sample("a"))).status_code == 202
    assert (await _publishes(door, only_reads, sample("b"))).status_code == 403
    async with _hub(settings, pool) as another:
        assert (await _reads(another, only_reads)).status_code == 200
        async with transaction(pool) as connection:
            assert await clients.revoke_client(connection, client_id, datetime.now(UTC))
        assert [(await _reads(each, token)).status_code for each in (door, another)] == [401, 401]
    again = await door.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


async def test_a_secret_is_replaced_without_a_gap(door: httpx.AsyncClient, pool: AsyncEngine) -> None:
    client_id, first = await _client(pool)
    async with transaction(pool) as connection:
        second = await clients.new_secret(connection, client_id, datetime.now(UTC))
    token = await _access_token(door, client_id, first)
    of_second = await _access_token(door, client_id, second)
    async with transaction(pool) as connection:
        (one,) = await clients.list_clients(connection)
        await clients.revoke_secret(connection, client_id, one.secrets[0], datetime.now(UTC))
    # What was gotten with a secret that may be in other hands ends with it, not minutes later.
    assert [(await _reads(door, one)).status_code for one in (token, of_second)] == [401, 200]
    form = {"grant_type": "client_credentials", "client_id": client_id}
    answers = [
        (await door.post("/oauth/token", data={**form, "client_secret": secret})).status_code
        for secret in (first, second)
    ]
    assert answers == [401, 200]


@pytest.mark.parametrize(
    ("form", "basic", "status", "error"),
    [
        ({"grant_type": "password"}, None, 400, "unsupported_grant_type"),
        ({}, None, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, None, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, b"x:y", 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, b"\xff", 401, "invalid_client"),
        (
            {"grant_type": "client_credentials", "client_id": "\0", "client_secret": "\0"},
            None,
            401,
            "invalid_client",
        ),
        ({"grant_type": "client_credentials", "client_secret": "y"}, b"x:y", 400, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "een-ander"}, "own", 400, "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, None, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "client_assertion": "a.b.c"}, None, 400, "invalid_request"),
        (
            {"grant_type": "client_credentials", "client_assertion": "a.b.c", "client_assertion_type": ABOUT},
            None,
            401,
            "invalid_client",
        ),
    ],
)
async def test_who_does_not_show_itself_gets_no_access_token(
    door: httpx.AsyncClient,
    pool: AsyncEngine,
    form: dict[str, Any],
    basic: bytes | Literal["own"] | None,
    status: int,
    error: str,
) -> None:
    if basic == "own":
        basic = ":".join(await _client(pool)).encode()
    headers = {"Authorization": f"Basic {base64.b64encode(basic).decode()}"} if basic else {}
    if not form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    response = await door.post("/oauth/token", data=form, headers=headers)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert ("www-authenticate" in response.headers) is (status == 401)
    assert response.headers["api-version"]


async def test_more_than_a_client_may_is_refused(door: httpx.AsyncClient, pool: AsyncEngine) -> None:
    client_id, secret = await _client(pool, Scope.READ)
    for scope in ("read publish", "read alles"):
        form = {"grant_type": "client_credentials", "scope": scope}
        response = await door.post("/oauth/token", data=form, auth=(client_id, secret))
        assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


async def test_a_client_with_a_key_of_its_own_signs_anew_each_time(
    door: httpx.AsyncClient, settings: Settings, pool: AsyncEngine
) -> None:
    key, other = (ECKey.generate_key("P-256", auto_kid=True) for _ in range(2))
    now = datetime.now(UTC)
    async with transaction(pool) as connection:
        client_id = await clients.new_client(
            connection, "gm0935", now, scopes=[Scope.READ], public_keys=KeySet([key]).as_dict(private=False)
        )

    def assertion(signed_with: ECKey = key, **changes: Any) -> str:
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": f"{settings.public_url}/oauth/token",
            "exp": int(now.timestamp()) + 60,
            "jti": str(uuid4()),
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid}, {**claims, **changes}, signed_with)

    async def shown(value: str) -> int:
        form = {"grant_type": "client_credentials", "client_assertion_type": ABOUT, "client_assertion": value}
        return (await door.post("/oauth/token", data=form)).status_code

    good = assertion()
    assert await shown(good) == 200
    assert await shown(good) == 401
    assert await shown(assertion(signed_with=other)) == 401
    for change in (
        {"aud": "http://elders"},
        {"exp": int(now.timestamp()) - 60},
        {"exp": int(now.timestamp()) + 3600},
        {"exp": 10**30},
        {"jti": None},
        {"iss": "een-ander"},
    ):
        assert await shown(assertion(**change)) == 401, change


async def test_the_hub_tells_how_to_get_and_check_its_tokens(
    door: httpx.AsyncClient, settings: Settings
) -> None:
    about = (await door.get("/.well-known/oauth-authorization-server")).json()
    assert about["issuer"] == settings.public_url
    told = (await door.get(about["jwks_uri"].removeprefix(settings.public_url))).json()
    assert {key["kty"] for key in told["keys"]} == {"EC"}
    assert not any("d" in key for key in told["keys"])


def _mended(token: str, part: int, **changes: Any) -> str:
    parts = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps({**said, **changes}).encode()).decode().rstrip("=")
    return ".".join(parts)


async def test_a_token_that_does_not_hold_is_refused_and_nothing_of_it_is_repeated(
    door: httpx.AsyncClient, pool: AsyncEngine, issuer: Issuer
) -> None:
    client_id, secret = await _client(pool)
    now = datetime.now(UTC)
    good = await _access_token(door, client_id, secret)
    stranger = Issuer(issuer.url, KeySet([ECKey.generate_key("P-256", auto_kid=True)]))
    elsewhere = Issuer("http://elders.example", issuer._keys)
    shared = json.dumps(issuer.public_keys()["keys"][0]).encode()
    header, claims, _ = good.split(".")
    bad = {
        "expired": issuer.issue(client_id, [Scope.READ], now - timedelta(hours=1)),
        "from the future": issuer.issue(client_id, [Scope.READ], now + timedelta(hours=1)),
        "of another key": stranger.issue(client_id, [Scope.READ], now),
        "of another issuer": elsewhere.issue(client_id, [Scope.READ], now),
        "of nobody": issuer.issue("niemand", [Scope.READ], now),
        "alg none": f"{_mended(good, 0, alg='none').rpartition('.')[0]}.",
        "alg none, unsigned": jwt_of({"alg": "none"}, good),
        "public key as a secret": jwt.encode(
            {"alg": "HS256"}, {"iss": issuer.url, "aud": issuer.url}, OctKey.import_key(shared)
        ),
        "other claims": _mended(good, 1, scope="administer"),
        "no signature": f"{header}.{claims}.",
        "not base64": "a.b.c",
        "deep": _deep(),
        "long": f"{header}.{claims}.{'A' * 20000}",
    }
    for name, token in bad.items():
        response = await _reads(door, token)
        assert response.status_code == 401, name
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["title"] == "Wij kennen deze sleutel niet"
        assert token[:40] not in response.text
        assert client_id not in response.text
    assert (await _reads(door, good)).status_code == 200


def jwt_of(header: dict[str, Any], like: str) -> str:
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{first}.{like.split('.')[1]}."


def _deep() -> str:
    nested = base64.urlsafe_b64encode(b'{"a":' * 3000 + b"1" + b"}" * 3000).decode().rstrip("=")
    return f"{nested}.{nested}.AAAA"


async def test_keys_with_which_the_hub_signs_are_replaced_without_ending_tokens(
    settings: Settings, pool: AsyncEngine, tmp_path: Any
) -> None:
    path = tmp_path / "keys.json"
    write_keys(path)
    assert path.stat().st_mode & 0o077 == 0
    own = settings.model_copy(update={"signing_keys": path})
    client_id, secret = await _client(pool)
    async with _hub(own, pool) as before:
        token = await _access_token(before, client_id, secret)
        write_keys(path)
        async with _hub(own, pool) as after:
            # Of two web servers, each reads what the other signed, whichever began first.
            fresh = await _access_token(after, client_id, secret)
            assert [(await _reads(one, token)).status_code for one in (before, after)] == [200, 200]
            assert [(await _reads(one, fresh)).status_code for one in (before, after)] == [200, 200]
            good = path.read_bytes()
            path.write_bytes(b"{")  # half copied: it goes on with the keys that it had
            assert (await _reads(after, await _access_token(before, client_id, secret))).status_code == 200
            path.write_bytes(good)
        write_keys(path)
        assert (await _reads(before, await _access_token(before, client_id, secret))).status_code == 200
        assert [(await _reads(before, one)).status_code for one in (token, fresh)] == [401, 200]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with running_issuer() as issuer:
        yield issuer


async def test_tokens_of_an_issuer_that_the_hub_trusts_are_for_the_party_with_that_number(
    settings: Settings, pool: AsyncEngine, elsewhere: Elsewhere
) -> None:
    own = settings.model_copy(update={"oidc_issuer": elsewhere.url, "oidc_audience": "kernhub"})
    now = int(datetime.now(UTC).timestamp())
    hub_oin = REGISTER.parties["kernhub"].oin
    async with _hub(own, pool) as door:
        good = [await _reads(door, elsewhere.token()) for _ in range(3)]
        assert [response.status_code for response in good] == [200, 200, 200]
        assert elsewhere.asked == 2
        assert (await _publishes(door, elsewhere.token(), sample("a"))).status_code == 403
        for changes in (
            {"aud": "een-ander"},
            {"exp": now - 60},
            {"nbf": now + 3600},
            {"oin": "00000099000000000000"},
            {"oin": hub_oin, "scope": "administer read"},
            {"oin": None},
            {"exp": None},
        ):
            assert (await _reads(door, elsewhere.token(**changes))).status_code == 401, changes
        assert (await _reads(door, elsewhere.token(scope=None))).status_code == 403
    async with _hub(settings, pool) as unknowing:
        assert (await _reads(unknowing, elsewhere.token())).status_code == 401


async def test_an_issuer_that_does_not_answer_is_no_reason_to_refuse_or_to_trust(
    settings: Settings, pool: AsyncEngine, elsewhere: Elsewhere
) -> None:
    own = settings.model_copy(update={"oidc_issuer": elsewhere.url, "oidc_audience": "kernhub"})
    token = elsewhere.token()
    await asyncio.to_thread(elsewhere.server.shutdown)
    elsewhere.server.server_close()
    async with _hub(own, pool) as door:
        response = await _reads(door, token)
    assert response.status_code == 503
    assert response.headers["retry-after"]

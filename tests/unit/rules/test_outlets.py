"""How a system is doing follows from its turns alone."""

from datetime import UTC, datetime, timedelta

from hub.rules.outlets import Health, Outcome, Sent, StopReason, after_turn, with_new_secret

NOW = datetime(2027, 6, 1, 10, tzinfo=UTC)
TAKEN, FAILED, BUSY = Sent(Outcome.TAKEN), Sent(Outcome.FAILED, "500"), Sent(Outcome.BUSY)


def test_one_that_is_taken_makes_it_healthy_whatever_else_failed() -> None:
    assert after_turn(Health(2, NOW), [FAILED, TAKEN, FAILED], NOW).health == Health()


def test_nothing_taken_counts_on_and_looks_later_each_time() -> None:
    health, looks = Health(), []
    for _ in range(5):
        after = after_turn(health, [FAILED], NOW)
        health = after.health
        assert after.not_before is not None
        looks.append(after.not_before)
    assert health == Health(5, NOW)
    assert looks == sorted(looks)


def test_a_way_that_is_closed_is_a_failure_of_nobody_s_delivery_but_waits() -> None:
    after = after_turn(Health(), [], NOW)
    assert (after.health.failures, after.not_before) == (1, NOW + timedelta(seconds=10))


def test_what_it_asks_itself_goes_before_our_own_waits() -> None:
    until = NOW + timedelta(hours=5)
    assert after_turn(Health(), [BUSY._replace(until=until)], NOW).not_before == until
    assert after_turn(Health(), [TAKEN, BUSY._replace(until=until)], NOW).not_before == until


def test_it_stops_when_it_is_gone_or_took_nothing_for_three_days() -> None:
    assert after_turn(Health(), [TAKEN, Sent(Outcome.GONE)], NOW).stop is StopReason.GONE
    since = NOW - timedelta(days=3)
    assert after_turn(Health(9, since), [FAILED], NOW).stop is StopReason.FAILING
    assert after_turn(Health(9, since + timedelta(seconds=1)), [FAILED], NOW).stop is None


def test_who_was_away_for_long_gets_all_at_once_and_one_hiccup_does_not() -> None:
    assert after_turn(Health(3, NOW), [TAKEN], NOW).is_back
    assert not after_turn(Health(1, NOW), [TAKEN], NOW).is_back


def test_two_secrets_are_valid_and_never_more() -> None:
    secrets = [{"secret": "a", "until": None}]
    for new in ("b", "c"):
        secrets, until = with_new_secret(secrets, new, NOW)
        assert until == NOW + timedelta(days=1)
    assert secrets == [{"secret": "c", "until": None}, {"secret": "b", "until": until.isoformat()}]

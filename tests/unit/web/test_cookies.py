from fastapi import Response

from connectors.web.cookies import cookie, form_mark, is_own_form


def test_on_https_a_cookie_is_for_this_very_host_alone() -> None:
    made = cookie("session", "https://kernhub.example")
    for act in (lambda to: made.put(to, "woord"), made.drop):
        response = Response()
        act(response)
        said = response.headers["set-cookie"]
        assert said.startswith("__Host-kernhub-session=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(said.split("; "))
        assert "Domain" not in said
    assert made.read({"kernhub-session": "woord"}) is None
    assert made.read({made.name: ""}) is None


def test_a_form_counts_only_with_the_cookie_that_it_was_made_for() -> None:
    assert is_own_form(form_mark("een"), "een")
    for mark in ("", "é", form_mark("ander"), "een"):
        assert not is_own_form(mark, "een")

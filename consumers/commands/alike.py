"""Which questions look like the one that you have in mind? What differs is told between [ ]."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx

from connectors.client.sending import HubUnavailable
from consumers.say import tell
from schemas.terms import FunctionSlug

_STATES = {"open": "staat open", "answered": "is al beantwoord"}
_NOT_THERE = "De hub is niet te bereiken. Probeer het later nog eens."


async def tell_alike(
    text: str, functions: Sequence[FunctionSlug], areas: Sequence[str], token: str, address: str
) -> int:
    """Tells the like questions that the party of the token may know, and how to join them; exit code 1 when
    the hub refuses. Raises HubUnavailable."""
    typed = {"text": text, "functions": list(functions), "areas": list(areas)}
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            answer = await client.post("/v1/questions/alike", json=typed, headers=headers)
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise HubUnavailable(_NOT_THERE) from error
    if answer.status_code != HTTPStatus.OK:
        tell("\n".join(refused(told)))
        return 1
    tell("\n".join(lines(told)))
    return 0


def lines(told: dict[str, Any]) -> list[str]:
    """What the hub found, for people."""
    said = []
    for one in told["questions"]:
        said += [f"Deze vraag {_STATES[one['state']]}:", f"  {_marked(one)}", *_joining(one["ask"])]
    for one in told["standardQuestions"]:
        said += [f"Standaardvraag {one['code']} ({one['function']}):", f"  {_marked(one)}"]
        if one["parameters"]:
            said.append(f"  Zelf in te vullen: {', '.join(one['parameters'])}")
    if not said:
        return ["Wij kennen geen vraag die op de uwe lijkt."]
    return [*said, "Tussen [ ] staat wat anders is dan in uw vraag. Lees zelf of het dezelfde vraag is."]


def refused(told: dict[str, Any]) -> list[str]:
    """Why the hub gives no answer, with all that is wrong."""
    problems = [f"  {one['field']}: {one['detail']}" for one in told.get("problems", ())]
    return [f"{told['title']}. {told['detail']}", *problems]


def _marked(one: dict[str, Any]) -> str:
    text = one["text"]
    for mark in reversed(one["differences"]["theirs"]):
        text = f"{text[: mark['start']]}[{text[mark['start'] : mark['end']]}]{text[mark['end'] :]}"
    return " ".join(text.split())


def _joining(ask: dict[str, Any] | None) -> list[str]:
    if ask is None:
        return ["  Aansluiten kan niet: het is uw eigen vraag, of zij is vertrouwelijk."]
    values = {
        "standaardvraag": ask["standardQuestion"],
        "parameters": ", ".join(f"{name}={value}" for name, value in ask["parameters"].items()),
        "functies": ", ".join(ask["functions"]),
        "gebieden": ", ".join(ask["areas"]),
        "gevraagd": ", ".join(ask["asked"]),
        "ontvangers": ", ".join(ask["recipients"]),
        "label": ask["tlp"],
    }
    return ["  Zo sluit u aan: " + "; ".join(f"{name} {value}" for name, value in values.items() if value)]

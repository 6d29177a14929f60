"""The published contract as files, made from the models: JSON Schemas, AsyncAPI, OpenAPI, the catalogues.

`python -m consumers.commands.contract` writes them to docs/contract; with `--check` it only compares. A
change that would break a released version is refused: give the type a next version instead.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from connectors.api.failing import API_VERSION
from consumers.commands.questions import page
from consumers.commands.released import FOLDER as RELEASED
from consumers.commands.released import History, broken_history, broken_releases, history_of, unreleased
from consumers.ways_in.http import application
from hub.kafka.broker import function_topic
from hub.rules.policy import POLICY, Mode
from hub.rules.relations import Relation
from hub.settings import Settings
from schemas import formats
from schemas.catalogue import CATALOGUE, Answer, ByOperator, EventType, Request
from schemas.envelope import SCHEMA_BASE, schema_uri
from schemas.library import AnswerDeposited
from schemas.published import changed_meanings, example, json_schema, questions
from schemas.terms import FunctionSlug

FOLDER = Path("docs/contract")
_QUESTIONS = "standard-questions.json"
_INVISIBLE = re.compile(r"[^\S \n]|[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_RELATIONS = {
    Relation.NAMED: "wie de afzender noemt",
    Relation.ASKER: "wie het vroeg",
    Relation.CORE_TEAM: "het kernteam",
    Relation.COORDINATOR: "de coördinator",
    Relation.MINISTRY: "het verantwoordelijke ministerie",
    Relation.OPERATOR: "beheerders van de functie in het gebied",
    Relation.MUNICIPALITY: "gemeenten in het gebied",
    Relation.PROVINCE: "de provincie",
    Relation.WATER_BOARD: "het waterschap",
    Relation.SAFETY_REGION: "de veiligheidsregio",
    Relation.UMBRELLA: "koepelorganisaties",
    Relation.SUPERVISOR: "toezichthouders",
    Relation.ADVISER: "adviseurs",
    Relation.DEPENDENT_CORE_TEAM: "kernteams van functies die ervan afhangen",
    Relation.PARTLY_DEPENDENT_CORE_TEAM: "kernteams van functies die er voor een deel van afhangen",
    Relation.OVERALL_CORE_TEAM: "het overkoepelend kernteam",
}


def contract() -> dict[str, str]:
    """Every file of the contract, by its path in the folder."""
    schemas = {f"json-schema/{_file(row)}": json_schema(row) for row in CATALOGUE}
    documents: Mapping[str, Any] = {
        **schemas,
        "asyncapi.json": asyncapi(),
        "openapi.json": _openapi(),
        _QUESTIONS: questions(),
    }
    texts = {path: _as_text(document) for path, document in documents.items()}
    return {**texts, "catalogus.md": _catalogue(), "standaardvragen.md": page(_templates())}


def _as_text(document: Any) -> str:
    """JSON in which nothing is invisible."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3: a channel per function, each carrying every type."""
    settings = Settings.model_construct(topic_prefix="kernhub")
    messages = {row.short: {"$ref": f"#/components/messages/{row.short}"} for row in CATALOGUE}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kernhub",
            "version": API_VERSION,
            "description": "Gebeurtenissen tussen kernteams, als CloudEvents 1.0 "
            "in het NL GOV-profiel. De eerste functie kiest het topic; de sleutel is het onderwerp.",
        },
        "defaultContentType": formats.STRUCTURED,
        "channels": {
            function.value: {"address": function_topic(settings, function), "messages": messages}
            for function in FunctionSlug
        },
        "operations": {
            f"publish-{function}": {"action": "receive", "channel": {"$ref": f"#/channels/{function}"}}
            for function in FunctionSlug
        },
        "components": {"messages": {row.short: _message(row) for row in CATALOGUE}},
    }


def _message(row: EventType) -> dict[str, Any]:
    return {
        "name": row.type,
        "title": row.name_nl,
        "contentType": formats.STRUCTURED,
        "payload": {"$ref": f"json-schema/{_file(row)}"},
        "examples": [{"payload": example(row)}],
    }


def _file(row: EventType) -> str:
    return schema_uri(row.type).removeprefix(SCHEMA_BASE)


def _openapi() -> dict[str, Any]:
    # Describing the API touches none of the parts behind it.
    nothing: Any = None
    settings = Settings.model_construct(public_url="https://kernhub.example")
    return application(settings, nothing, nothing, nothing, nothing).openapi()


def _catalogue() -> str:
    rows = [
        {
            "name": row.name_nl,
            "type": row.type,
            "file": _file(row),
            "by_hub": row.by_hub,
            "asks": issubclass(row.model, Request),
            "at_once": _who(row, Mode.IMMEDIATE),
            "in_digest": _who(row, Mode.DIGEST),
            "example": json.dumps(example(row), indent=2, ensure_ascii=False),
        }
        for row in CATALOGUE
    ]
    return _templates().get_template("catalogus.md").render(rows=rows)


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("consumers.commands"),
        autoescape=False,  # noqa: S701 - Markdown for people who read it in the repository
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _who(row: EventType, mode: Mode) -> list[str]:
    return [
        words
        for relation, words in _RELATIONS.items()
        if POLICY[row.short].get(relation) is mode
        and (relation is not Relation.ASKER or issubclass(row.model, Answer | AnswerDeposited | ByOperator))
    ]


def differences(folder: Path) -> Iterator[str]:
    """Every file that is not as the models say."""
    wanted = contract()
    present = _files(folder)
    for name in sorted(wanted.keys() | present.keys()):
        if name not in present:
            yield f"{name} ontbreekt"
        elif name not in wanted:
            yield f"{name} hoort hier niet"
        elif present[name].read_text("utf-8") != wanted[name]:
            yield f"{name} is verouderd"


def _files(folder: Path) -> dict[str, Path]:
    """Every file of the contract that is there, by its path in the folder, but for what was released."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent != folder / RELEASED.name)
    return {str(path.relative_to(folder)): path for path in files}


def _refusals(folder: Path, history: History) -> Iterator[str]:
    yield from broken_history(RELEASED, history)
    yield from broken_releases(RELEASED)
    yield from unreleased(RELEASED)
    path = folder / _QUESTIONS
    if path.exists():
        yield from changed_meanings(json.loads(path.read_text("utf-8")), questions())


def write(folder: Path) -> None:
    """Writes the contract; what is no part of it any more goes."""
    wanted = contract()
    for name, path in _files(folder).items():
        if name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the published contract, or check that it is fresh.")
    parser.add_argument("--check", action="store_true", help="compare only; exit code 1 when it differs")
    chosen = parser.parse_args()
    history = history_of(RELEASED)
    if history.gap:
        sys.stdout.write(f"{history.gap}\n")
    if refusals := list(_refusals(FOLDER, history)):
        sys.exit(
            "These changes break what is published; make a next version, or a new code, instead:\n"
            + "\n".join(refusals)
        )
    if not chosen.check:
        write(FOLDER)
    elif stale := list(differences(FOLDER)):
        sys.exit("The contract is stale, run `make contract`:\n" + "\n".join(stale))


if __name__ == "__main__":
    main()

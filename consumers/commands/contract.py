"""The published contract as files, made from the models: JSON Schemas, AsyncAPI, OpenAPI, the catalogue.

`python -m consumers.commands.contract` writes them to docs/contract; with `--check` it only compares. A
change that would break a version is refused: give the type a next version instead.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from connectors.api.failing import API_VERSION
from consumers.http import application
from hub.broker import function_topic
from hub.rules.policy import POLICY, Mode
from hub.rules.relations import Relation
from hub.settings import Settings
from schemas import formats
from schemas.catalogue import CATALOGUE, Answer, EventType, Request
from schemas.envelope import SCHEMA_BASE, schema_uri
from schemas.published import breaking_changes, example, json_schema
from schemas.terms import FunctionSlug

FOLDER = Path("docs/contract")
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
    documents: Mapping[str, Any] = {**schemas, "asyncapi.json": asyncapi(), "openapi.json": _openapi()}
    texts = {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in documents.items()
    }
    return {**texts, "catalogus.md": _catalogue()}


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
    environment = Environment(
        loader=PackageLoader("consumers.commands"),
        autoescape=False,  # noqa: S701 - Markdown for people who read it in the repository
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
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
    return environment.get_template("catalogus.md").render(rows=rows)


def _who(row: EventType, mode: Mode) -> list[str]:
    return [
        words
        for relation, words in _RELATIONS.items()
        if POLICY[row.short].get(relation) is mode
        and (relation is not Relation.ASKER or issubclass(row.model, Answer))
    ]


def differences(folder: Path) -> Iterator[str]:
    """Every file that is not as the models say."""
    wanted = contract()
    present = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(wanted.keys() | present.keys()):
        if name not in present:
            yield f"{name} ontbreekt"
        elif name not in wanted:
            yield f"{name} hoort hier niet"
        elif present[name].read_text("utf-8") != wanted[name]:
            yield f"{name} is verouderd"


def _refusals(folder: Path) -> Iterator[str]:
    for row in CATALOGUE:
        path = folder / "json-schema" / _file(row)
        if path.exists():
            for change in breaking_changes(json.loads(path.read_text("utf-8")), json_schema(row)):
                yield f"{row.type}{change}"


def write(folder: Path) -> None:
    """Writes the contract; what is no part of it any more goes."""
    wanted = contract()
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if str(path.relative_to(folder)) not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the published contract, or check that it is fresh.")
    parser.add_argument("--check", action="store_true", help="compare only; exit code 1 when it differs")
    chosen = parser.parse_args()
    if refusals := list(_refusals(FOLDER)):
        sys.exit(
            "These changes break a published version; make a next version instead:\n" + "\n".join(refusals)
        )
    if not chosen.check:
        write(FOLDER)
    elif stale := list(differences(FOLDER)):
        sys.exit("The contract is stale, run `make contract`:\n" + "\n".join(stale))


if __name__ == "__main__":
    main()

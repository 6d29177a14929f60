"""Other rules, to try out: a sheet with the cells of the policy that differ."""

import csv
import io
from collections.abc import Mapping

from hub.rules.policy import POLICY, Mode, Policy
from hub.rules.relations import Relation
from schemas.problems import Problem, Refused

COLUMNS = ("soort", "relatie", "hoe")
_HOW: Mapping[str, Mode | None] = {"direct": Mode.IMMEDIATE, "overzicht": Mode.DIGEST, "niet": None}


def policy_in(content: bytes) -> Policy:
    """The policy with the cells of a sheet (CSV, `soort;relatie;hoe`) in place of its own. Raises Refused
    with everything that is wrong, by line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([Problem("regel 1", "encoding", "het bestand is niet in UTF-8")]) from None
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = {short: dict(cells) for short, cells in POLICY.items()}
    problems: list[Problem] = []
    for values in reader:
        cells = [value.strip().casefold() for value in values]
        if reader.line_num == 1:
            if tuple(cells) != COLUMNS:
                problems.append(Problem("regel 1", "columns", f"moet zijn: {';'.join(COLUMNS)}"))
        elif any(cells):
            where = f"regel {reader.line_num}"
            found = [Problem(where, code, detail) for code, detail in _faults(cells)]
            if not found:
                short, relation, how = cells
                rows[short][Relation(relation)] = _HOW[how]
            problems += found
    if problems or reader.line_num < 1:
        raise Refused(problems or [Problem("regel 1", "columns", f"moet zijn: {';'.join(COLUMNS)}")])
    return Policy(rows)


def _faults(cells: list[str]) -> list[tuple[str, str]]:
    if len(cells) != len(COLUMNS):
        return [("cells", f"heeft {len(cells)} cellen; dat moeten er {len(COLUMNS)} zijn")]
    short, relation, how = cells
    faults = []
    if short not in POLICY:
        faults.append(("kind", f"'{short}' is geen soort gebeurtenis: kies uit {', '.join(POLICY)}"))
    known = POLICY.get(short, POLICY["bottleneck-found"])
    if relation not in known:
        faults.append(("relation", f"'{relation}' is geen relatie: kies uit {', '.join(known)}"))
    if how not in _HOW:
        faults.append(("how", f"'{how}': kies uit {', '.join(_HOW)}"))
    return faults

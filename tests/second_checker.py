"""A checker of exports that shares nothing with the hub: written from docs/explanation/ledger-format.md.

    python tests/second_checker.py FILE [FIRST-KEY]
    python tests/second_checker.py FILE FIRST-KEY EVENT ANSWER

The second form also shows that the export tells of an event that you sent: EVENT, and the ANSWER of the hub
with its receipt and salt, are files with JSON. Prints what is wrong; exit code 1 when anything is."""

import base64
import hashlib
import json
import sys
from decimal import Decimal
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """What is wrong, in words."""


_BROKEN = (Wrong, ValueError, KeyError, TypeError, IndexError)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaf: bytes, number: int, size: int, proof: list[bytes]) -> bytes:
    """The root that a proof of inclusion leads to, by going down the tree and back."""
    sides, low, high = [], 0, size
    while high - low > 1:
        left = 1
        while left * 2 < high - low:
            left *= 2
        is_left = number < low + left
        sides.append(is_left)
        low, high = (low, low + left) if is_left else (low + left, high)
    if len(sides) != len(proof):
        raise Wrong("the proof has another length")
    node = leaf
    for is_left, sibling in zip(reversed(sides), proof, strict=True):
        node = sha(b"\x01", node, sibling) if is_left else sha(b"\x01", sibling, node)
    return node


def read_key(written: str) -> tuple[str, bytes, bytes]:
    """The name, the four bytes and the key."""
    try:
        name, digits, encoded = written.split("+", 2)
        value = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise Wrong(f"no key: {written}") from error
    mark = sha(name.encode(), b"\n", value)[:4]
    if len(value) != 33 or value[0] != 1 or mark.hex() != digits:
        raise Wrong(f"no key: {written}")
    return name, mark, value[1:]


def open_note(note: str, keys: list[str]) -> tuple[list[str], list[str]]:
    """The lines of a note, and the keys that signed it."""
    text, empty, signatures = note.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise Wrong("no signed note")
    signed = []
    for line in signatures[:-1].split("\n"):
        dash, name, encoded = [*line.split(" "), "", ""][:3]
        try:
            value = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Wrong("no signature") from error
        if dash != "\u2014":
            raise Wrong("no signature")
        for key in keys:
            if read_key(key)[:2] == (name, value[:4]):
                try:
                    Ed25519PublicKey.from_public_bytes(read_key(key)[2]).verify(
                        value[4:], (text + "\n").encode()
                    )
                except InvalidSignature as error:
                    raise Wrong("a false signature") from error
                signed.append(key)
    if not signed:
        raise Wrong("signed by nobody that is known")
    return text.split("\n"), signed


def hand_over(record: str, keys: list[str]) -> str:
    """The key that a record introduces."""
    try:
        note = json.loads(record)["note"]
        new = note.split("\n")[1]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Wrong("no handover") from error
    needed = [new, *keys[-1:]]
    lines, signed = open_note(note, needed)
    names = {read_key(key)[0] for key in needed}
    if set(signed) != set(needed) or len(names) != 1 or lines != [f"{names.pop()}/key", new, *keys[-1:]]:
        raise Wrong("the handover is not signed with both keys")
    return new


def proven(said: dict[str, object], size: int, root: bytes) -> None:
    """Raises Wrong unless a record has a true proof."""
    record, number, proof = said.get("record"), said.get("number"), said.get("proof")
    if not isinstance(record, str) or not isinstance(number, int) or not isinstance(proof, list):
        raise Wrong("no record")
    if not 0 <= number < size:
        raise Wrong("not in this tree")
    nodes = [base64.b64decode(node, validate=True) for node in proof]
    if root_of(sha(b"\x00", record.encode()), number, size, nodes) != root:
        raise Wrong("the proof is false")


def numbers_in(written: str) -> list[int]:
    """The numbers in `0-5,7`."""
    found: list[int] = []
    for one in written.split(",") if written != "-" else []:
        first, _, last = one.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def begun(first: bytes, first_key: str | None) -> tuple[list[str], str, int, bytes]:
    """The keys, the ledger's name, its size and its root, from line 1."""
    said = json.loads(first)
    keys: list[str] = []
    for one in said["keys"]:
        keys.append(hand_over(one["record"], keys))
    if said["format"] != "kernhub-ledger/1" or (first_key and keys[0] != first_key):
        raise Wrong("another format or another first key")
    head, _ = open_note(said["head"], keys)
    in_force = [key for key, one in zip(keys, said["keys"], strict=True) if one["number"] < int(head[1])][-1]
    (name, size, root, at), _ = open_note(said["head"], [in_force])
    if name != read_key(in_force)[0] or not at.startswith("at "):
        raise Wrong("the head is of another ledger")
    for one in said["keys"]:
        proven(one, int(size), base64.b64decode(root))
    return keys, name, int(size), base64.b64decode(root)


def unsealed(lines: list[bytes], numbers: list[int], keys: list[str], name: str) -> list[str]:
    """What the seal says against the lines before it."""
    (first, count, digest, ranges, _), _ = open_note(json.loads(lines[-1])["seal"], keys)
    sealed = set(numbers_in(ranges))
    wrong = [f"record {n} is missing" for n in sorted(sealed - set(numbers))]
    wrong += [f"record {n} was put in" for n in sorted(set(numbers) - sealed)]
    held = base64.b64encode(sha(b"\n".join(lines[:-1]) + b"\n")).decode()
    if (first, count, digest) != (f"{name}/export", str(len(numbers)), held):
        wrong.append("the seal is of another content")
    return wrong


def number(value: float) -> str:
    """A number as RFC 8785 has it, which is as JavaScript writes it."""
    if value != value or abs(value) == float("inf") or (isinstance(value, int) and abs(value) >= 2**53):
        raise Wrong("a number that not everybody reads alike")
    if isinstance(value, int) or value == 0:
        return str(int(value))
    _, digits, exponent = Decimal(repr(abs(value))).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    point = len(written) + int(exponent)
    written = written.rstrip("0")
    if 0 < point <= 21:
        text = written.ljust(point, "0")
        text = text[:point] + ("." + text[point:] if text[point:] else "")
    elif -6 < point <= 0:
        text = "0." + "0" * -point + written
    else:
        text = written[0] + ("." + written[1:] if written[1:] else "") + f"e{point - 1:+d}"
    return "-" * (value < 0) + text


def canonical(value: object) -> str:
    """JSON in the form of RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def content_of(event: dict[str, object], salt: str | None) -> str:
    """What a record says under `content` of an event; without a salt: as schemas 1 and 2 have it."""
    kept = {name: value for name, value in event.items() if value is not None}
    digest = sha(canonical(kept).encode())
    return (digest if salt is None else sha(bytes.fromhex(salt), digest)).hex()


def told_of(content: bytes, event: dict[str, object], answer: dict[str, str]) -> list[str]:
    """All that is wrong with what an export, itself in order, tells of an event that its publisher sent."""
    lines = content.split(b"\n")
    keys, name, _, _ = begun(lines[0], None)
    try:
        (first, leaf, *_), _ = open_note(answer["receipt"], keys)
    except _BROKEN as error:
        return [f"the receipt: {error}"]
    if first != f"{name}/receipt":
        return ["the receipt is of another ledger"]
    texts = [json.loads(line)["record"] for line in lines[1:-2]]
    records = [text for text in texts if base64.b64encode(sha(b"\x00", text.encode())).decode() == leaf]
    if not records:
        return ["what the receipt promised is not in this export"]
    said = json.loads(records[0])
    gone = [one for one in map(json.loads, texts) if one.get("event") == said["event"]]
    if any(one["kind"] == "content-removed" for one in gone):
        return ["the content was removed: the hash proves nothing any more"]
    if said["content"] != content_of(event, answer["salt"] if said["schema"] >= 3 else None):
        return ["the record is about another content"]
    return []


def check(content: bytes, first_key: str | None = None) -> list[str]:
    """All that is wrong with an export."""
    lines = content.split(b"\n")
    if lines.pop() != b"" or len(lines) < 2:
        return ["the file was cut off"]
    try:
        keys, name, size, root = begun(lines[0], first_key)
    except _BROKEN as error:
        return [f"line 1: {error}"]
    wrong: list[str] = []
    numbers: list[int] = []
    for place, line in enumerate(lines[1:-1], 2):
        try:
            said = json.loads(line)
            numbers.append(said["number"])
            proven(said, size, root)
        except _BROKEN as error:
            wrong.append(f"line {place}, record {numbers[-1:]}: {error}")
    if numbers != sorted(set(numbers)):
        wrong.append("the numbers do not rise")
    try:
        wrong += unsealed(lines, numbers, keys, name)
    except _BROKEN as error:
        wrong.append(f"the seal: {error}")
    return wrong


if __name__ == "__main__":
    exported = Path(sys.argv[1]).read_bytes()
    found = check(exported, *sys.argv[2:3])
    if len(sys.argv) == 5 and not found:
        found = told_of(exported, *(json.loads(Path(one).read_bytes()) for one in sys.argv[3:]))
    sys.stdout.write("\n".join(found or ["the export holds"]) + "\n")
    sys.exit(bool(found))

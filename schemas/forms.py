"""What a code looks like, in words with an example: people read no patterns."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.terms import AREA_CODE, PARTY_SLUG, URL


class Form(NamedTuple):
    """The right form of a value, in Dutch and in English."""

    nl: str
    en: str


FORMS: Mapping[str, Form] = {
    f"^({AREA_CODE})$": Form(
        "is geen code van een gebied. Schrijf 'NL', of PV of VR met twee cijfers, of GM of WS met vier, in "
        "hoofdletters: bijvoorbeeld 'GM0935' of 'PV31'",
        "is not the code of an area. Write 'NL', or PV or VR with two digits, or GM or WS with four, in "
        "capitals: for example 'GM0935' or 'PV31'",
    ),
    f"^{PARTY_SLUG}$": Form(
        "mag alleen kleine letters en cijfers hebben, met losse streepjes ertussen: bijvoorbeeld 'gm0935', "
        "'enexis' of 'stations-in-flood-zone'",
        "may only have small letters and digits, with single hyphens between them: for example 'gm0935', "
        "'enexis' or 'stations-in-flood-zone'",
    ),
    r"^[1-9][0-9]{0,9}$": Form(
        "moet een getal zijn van 1 tot 10 cijfers, zonder nul vooraan: bijvoorbeeld '17'",
        "must be a number of 1 to 10 digits, without a zero in front: for example '17'",
    ),
    r"^[0-9]{8}$": Form(
        "moet een nummer van de KvK zijn: 8 cijfers, bijvoorbeeld '12345678'",
        "must be a KvK number: 8 digits, for example '12345678'",
    ),
    URL: Form(
        "moet een adres op internet zijn, zonder spaties: bijvoorbeeld 'https://www.voorbeeld.nl/rapport'",
        "must be an address on the internet, without spaces: for example 'https://www.voorbeeld.nl/rapport'",
    ),
}
"""By the pattern that checks the value; the names of parties and of standard questions have one pattern."""

"""The hub's own words in English, by how they are written in Dutch. A test looks that none is forgotten."""

from collections.abc import Mapping

from hub.words.english_asked import ASKED
from hub.words.english_labels import LABELS
from hub.words.english_mails import MAILS
from hub.words.english_notices import NOTICES
from hub.words.english_pages import PAGES

_DATES = {
    "januari": "January",
    "februari": "February",
    "maart": "March",
    "april": "April",
    "mei": "May",
    "juni": "June",
    "juli": "July",
    "augustus": "August",
    "september": "September",
    "oktober": "October",
    "november": "November",
    "december": "December",
    "maandag": "Monday",
    "dinsdag": "Tuesday",
    "woensdag": "Wednesday",
    "donderdag": "Thursday",
    "vrijdag": "Friday",
    "zaterdag": "Saturday",
    "zondag": "Sunday",
    "{day}, {time} uur": "{day}, {time}",
    "{first} tot en met {last}": "{first} up to and including {last}",
    "{hours} uur": "{hours} hours",
}
_TLP = {
    "mag iedereen weten": "anyone may know this",
    "alleen voor partijen die meedoen aan deze aanpak": "only for parties that take part in this approach",
    "alleen voor wie het nodig heeft: uw organisatie en haar klanten": (
        "only for who needs it: your organisation and its clients"
    ),
    "alleen voor wie het nodig heeft in uw eigen organisatie": (
        "only for who needs it in your own organisation"
    ),
    "alleen voor de ontvangers die met naam genoemd zijn": "only for the recipients that are named",
}
_WHY = {
    "de afzender noemt u als ontvanger": "the sender names you as a recipient",
    "deze vraag is aan u gesteld": "this question was put to you",
    "u stelde deze vraag": "you asked this question",
    "u kreeg het antwoord dat niet meer geldt": "you received the answer that no longer holds",
    "u bent het kernteam van {function}": "you are the core team of {function}",
    "u coördineert {function}": "you coordinate {function}",
    "u bent verantwoordelijk voor {function}": "you are responsible for {function}",
    "u beheert {function} in {area}": "you operate {function} in {area}",
    "u bent koepel voor {function}": "you are an umbrella organisation for {function}",
    "u houdt toezicht op {function}": "you supervise {function}",
    "u adviseert over {function}": "you advise on {function}",
    "het gaat over uw gemeente ({area})": "it is about your municipality ({area})",
    "het gaat over uw provincie ({area})": "it is about your province ({area})",
    "het gaat over uw waterschap ({area})": "it is about your water board ({area})",
    "het gaat over uw veiligheidsregio ({area})": "it is about your safety region ({area})",
    "het gaat over {area}, en dus ook over uw gemeente": "it is about {area}, and so about your municipality",
    "het gaat over {area}, en dus ook over uw provincie": "it is about {area}, and so about your province",
    "het gaat over {area}, en dus ook over uw waterschap": (
        "it is about {area}, and so about your water board"
    ),
    "het gaat over {area}, en dus ook over uw veiligheidsregio": (
        "it is about {area}, and so about your safety region"
    ),
    "{function} hangt hiervan af (keteneffect)": "{function} depends on this (chain effect)",
    "{function} hangt hier voor een deel van af (keteneffect)": (
        "{function} depends on this in part (chain effect)"
    ),
    "u hebt zich hierop geabonneerd": "you subscribed to this",
    "u bent het overkoepelend kernteam": "you are the overall core team",
    "provincie {name}": "the province of {name}",
    "veiligheidsregio {name}": "the safety region {name}",
    "{names} en nog {more}": "{names} and {more} more",
}
_REQUESTS = {
    "wacht op de volgende bundel": "waits for the next bundle",
    "loopt mee met een vraag die de beheerder al heeft": "goes with a question that the operator already has",
    "ligt bij de beheerder": "is with the operator",
    "beantwoord": "answered",
    "beantwoord aan een ander; dit antwoord is niet met u gedeeld": (
        "answered to somebody else; this answer was not shared with you"
    ),
    "afgewezen door de beheerder": "declined by the operator",
    "verlopen": "expired",
    "ingetrokken": "withdrawn",
    "niet gesteld: de beheerder mag dit niet ontvangen of doet niet meer mee": (
        "not asked: the operator may not receive this, or no longer takes part"
    ),
    "dat is het eerste moment waarop het kan": "that is the first moment at which it can",
    "andere vragers zijn eerst aan de beurt": "it is the turn of other askers first",
    "vragen gaan samen weg, zodra er genoeg zijn of één niet langer kan wachten": (
        "questions leave together, once there are enough or one can wait no longer"
    ),
    "de beheerder krijgt niet te vaak een bundel": "the operator does not receive bundles too often",
    "de beheerder heeft om rust gevraagd": "the operator has asked for quiet",
    "de beheerder ontvangt nu geen gewone vragen": "the operator receives no ordinary questions now",
    "de beheerder heeft geen plaats voor vragen met dit label": (
        "the operator has no place for questions with this label"
    ),
    "de vraag telt nu nog niet mee": "the question does not count yet",
    "de vraag verloopt voordat zij aan de beurt kan zijn": "the question expires before it can have its turn",
    "Wanneer de vraag naar de beheerder gaat, is niet te zeggen: {why}.": (
        "When the question goes to the operator cannot be said: {why}."
    ),
    "Gaat uiterlijk {by} naar de beheerder, als er niets bijkomt: {why}.": (
        "Goes to the operator by {by}, if nothing is added: {why}."
    ),
    "De vraag wacht op de volgende bundel.": "The question waits for the next bundle.",
    "De vraag ligt bij de beheerder.": "The question is with the operator.",
    "De helft van de tijd is om en de vraag is nog niet beantwoord.": (
        "Half of the time is over and the question is not answered yet."
    ),
    "De vraag is verlopen: de tijd ervoor is om, en de hub vraagt het niet meer.": (
        "The question has expired: its time is over, and the hub asks it no more."
    ),
    "De vraag is niet gesteld: de beheerder mag dit niet ontvangen of doet niet meer mee.": (
        "The question was not asked: the operator may not receive this, or no longer takes part."
    ),
    "De vraag is met spoed naar de beheerder gegaan.": "The question went to the operator with urgency.",
    "De vraag gaat niet met spoed, en wacht op de gewone bundel.": (
        "The question does not go with urgency, and waits for the ordinary bundle."
    ),
    "De vraag loopt mee met het situatieblad van deze crisis.": (
        "The question goes with the situation sheet of this crisis."
    ),
    "De vraag is eerder afgewezen, en wordt nog niet opnieuw gesteld.": (
        "The question was declined before, and is not asked again yet."
    ),
    "de vrager zei niet waarom het niet kan wachten": "the asker did not say why it cannot wait",
    "de eerstvolgende bundel is op tijd, of er staat niet bij wanneer het nodig is": (
        "the next bundle is in time, or it does not say when the answer is needed"
    ),
    "de vrager had zijn spoedvraag al; de coördinator kan deze bevestigen": (
        "the asker has had its urgent question; the coordinator can confirm this one"
    ),
    "de spoedplaatsen zijn op; de coördinator kan deze bevestigen": (
        "the urgent places are taken; the coordinator can confirm this one"
    ),
    "de spoedplaatsen zijn op; bel het nummer van de wachtdienst van de beheerder": (
        "the urgent places are taken; call the duty number of the operator"
    ),
    "er is nog geen antwoord, en de hub heeft de beheerder eraan herinnerd": (
        "there is no answer yet, and the hub has reminded the operator of it"
    ),
    "de beheerder heeft deze vraag al": "the operator already has this question",
    "het situatieblad is gesloten, en gaf nog geen antwoord op de vraag": (
        "the situation sheet is closed, and gave no answer to the question yet"
    ),
    "geef een reden om het opnieuw te vragen": "give a reason to ask it again",
    "geef een andere reden dan de vorige keer": "give another reason than last time",
    "de coördinator moet het bevestigen": "the coordinator has to confirm it",
}
_CHOICES = {
    "overstroming": "flood",
    "wateroverlast": "excess water",
    "droogte": "drought",
    "hitte": "heat",
    "laag": "low",
    "midden": "medium",
    "hoog": "high",
    "openbaar": "public",
    "alleen voor partners": "only for partners",
    "vertrouwelijk": "confidential",
    "weten": "know",
    "willen": "want",
    "werken": "work",
    "stresstest": "stress test",
    "risicodialoog": "risk dialogue",
    "hoog: stopt binnen uren tot dagen": "high: stops within hours to days",
    "midden: raakt een deel, of pas later": "medium: harms a part, or only later",
    "laag: alleen in bijzondere gevallen": "low: only in special cases",
    "Er is een knelpunt in een functie waar de uwe van afhangt, in dit gebied. "
    "Wat het is, mag de hub u niet vertellen.": (
        "There is a bottleneck in a function that yours depends on, in this area. "
        "The hub may not tell you what it is."
    ),
    "Het knelpunt waarover de hub u eerder een signaal gaf, is opgelost.": (
        "The bottleneck about which the hub gave you a signal before is resolved."
    ),
    "Een knelpunt kan uw functie raken": "A bottleneck can harm your function",
    "Een knelpunt is opgelost": "A bottleneck is resolved",
    "Vraag het aan {party}.": "Ask {party}.",
    "Dit gaat niet door.": "This is called off.",
    "toegevoegd aan het register": "added to the register",
    "gewijzigd in het register": "changed in the register",
    "einde vastgelegd in het register": "its end was recorded in the register",
    "verwijderd uit het register": "removed from the register",
    "naam": "name",
    "Engelse naam": "English name",
    "soort": "kind",
    "postbus": "mailbox",
    "OIN": "OIN",
    "KvK-nummer": "KvK number",
    "gebieden": "areas",
    "hoogste label": "highest label",
    "ligt in": "lies in",
    "opgegaan in": "merged into",
    "begin": "start",
    "einde": "end",
    "sterkte": "strength",
    "bron": "source",
    "kernteam": "core team",
    "coördinatie": "coordination",
    "nummer": "number",
    "wens": "wish",
    "functies": "functions",
    "filters": "filters",
    "coördinator": "coordinator",
    "verantwoordelijk ministerie": "responsible ministry",
    "beheerder": "operator",
    "koepelorganisatie": "umbrella organisation",
    "toezichthouder": "supervisor",
    "adviseur": "adviser",
}
ENGLISH: Mapping[str, str] = {
    **_DATES,
    **_TLP,
    **_WHY,
    **_REQUESTS,
    **_CHOICES,
    **ASKED,
    **MAILS,
    **NOTICES,
    **PAGES,
    **LABELS,
}

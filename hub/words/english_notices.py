"""What mails about mail, systems and signing in say in English, by how it is written in Dutch."""

from collections.abc import Mapping

NOTICES: Mapping[str, str] = {
    "Wat kunt u doen?": "What can you do?",
    "Mail aan {party} komt niet aan": "Mail to {party} does not arrive",
    "Mail van de hub aan {party} komt niet aan": "Mail of the hub to {party} does not arrive",
    "Postbus": "Mailbox",
    "Teruggekomen": "Came back",
    "zonder reden": "without a reason",
    "Kijk of de postbus nog bestaat en niet vol is. Heeft de organisatie een andere postbus, geef "
    "die dan door aan de beheerder van de hub. Wat teruggekomen is, stuurt de beheerder daarna "
    "opnieuw.": (
        "See whether the mailbox is still there and not full. If the organisation has another "
        "mailbox, tell the administrator of the hub. The administrator then sends again what came "
        "back."
    ),
    "Het is een postbus van uw organisatie, of u coördineert een functie waarin {party} een rol heeft. U "
    "krijgt dit hoogstens één keer per dag.": (
        "It is a mailbox of your organisation, or you coordinate a function in which {party} has a role. You "
        "get this at most once a day."
    ),
    "{what} is gestopt": "{what} has stopped",
    "De hub stuurt niets meer naar uw {what}": "The hub sends nothing more to your {what}",
    "webhook": "webhook",
    "topic op Kafka": "topic on Kafka",
    "kamer op Matrix": "room on Matrix",
    "Server": "Server",
    "Gestopt op": "Stopped on",
    "De laatste keer: de server {error}.": "The last time, in Dutch: de server {error}.",
    "Er gaat niets verloren: wat voor u is, blijft voor u klaarliggen, en u kunt het ook ophalen "
    "met GET /v1/deliveries.": (
        "Nothing is lost: what is for you stays ready for you, and you can also fetch it with GET "
        "/v1/deliveries."
    ),
    "Daarna komt alles wat nog wachtte vanzelf.": "After that, all that still waited comes by itself.",
    "Dit systeem is van uw organisatie.": "This system is of your organisation.",
    "Uw systeem antwoordde dat dit adres niet meer bestaat (410).": (
        "Your system answered that this address no longer exists (410)."
    ),
    "Uw systeem nam drie dagen lang niets aan.": "Your system took nothing in for three days.",
    "Uw systeem gaf drie dagen lang geen toestemming om gebeurtenissen te sturen.": (
        "Your system gave no permission to send events for three days."
    ),
    "Herstel uw systeem en zet de webhook weer aan: stuur hem opnieuw met PUT /v1/webhooks/{name}.": (
        "Repair your system and switch the webhook on again: send it anew with PUT /v1/webhooks/{name}."
    ),
    "Vraag de beheerder van de hub om het topic weer aan te zetten.": (
        "Ask the administrator of the hub to switch the topic on again."
    ),
    "Herstel uw systeem en zet het weer aan: stuur het opnieuw met PUT /v1/outlets/{channel}/{name}.": (
        "Repair your system and switch it on again: send it anew with PUT /v1/outlets/{channel}/{name}."
    ),
    "Uw organisatie beantwoordde deze vraag al. Dit antwoord is niet doorgegeven aan wie haar stelde.": (
        "Your organisation answered this question before. This answer was not passed on to who asked it."
    ),
    "De hub heeft u geen vraag met dit kenmerk gesteld. Uw antwoord is aan niemand doorgegeven.": (
        "The hub asked you no question with this reference. Your answer was passed on to nobody."
    ),
    "Is dit antwoord beter? Stuur het opnieuw, en noem in data.supersedes het antwoord dat het vervangt. "
    "Ieder die dat kreeg, krijgt dan het nieuwe.": (
        "Is this answer better? Send it anew, and name in data.supersedes the answer that it replaces. "
        "Everybody who got that then gets the new one."
    ),
    "Kijk of het kenmerk in uw antwoord klopt: het staat bij de vraag in uw bundel. Krijgt u die vraag nog, "
    "dan telt uw antwoord vanzelf.": (
        "See whether the reference in your answer is right: it stands with the question in your bundle. If "
        "you still get that question, your answer counts by itself."
    ),
    "{part} van {parts}": "{part} of {parts}",
    "nodig op {day}": "needed on {day}",
    "Uw link om in te loggen": "Your link to sign in",
    "Inloggen bij Kernhub": "Sign in to Kernhub",
    "Iemand wil inloggen bij Kernhub voor {party}. Bent u dat? Open dan deze link, in de browser "
    "waarin u hem vroeg:": (
        "Somebody wants to sign in to Kernhub for {party}. Is it you? Then open this link, in the "
        "browser in which you asked for it:"
    ),
    "Iemand wil inloggen voor {party}. Bent u dat? Open dan deze link, in de browser waarin u hem vroeg.": (
        "Somebody wants to sign in for {party}. Is it you? Then open this link, in the browser in "
        "which you asked for it."
    ),
    "De link werkt tot {until}, één keer.": "The link works until {until}, once.",
    "Iemand vulde het adres van deze postbus in om in te loggen. Was u dat niet, en ook geen "
    "collega? Dan hoeft u niets te doen: zonder deze mail kan niemand inloggen. Stuur de mail niet "
    "door.": (
        "Somebody filled in the address of this mailbox to sign in. Was it not you, nor a "
        "colleague? Then you need do nothing: nobody can sign in without this mail. Do not forward "
        "it."
    ),
}

"""What mails of events say in English, by how it is written in Dutch."""

from collections.abc import Mapping

MAILS: Mapping[str, str] = {
    "Kernhub, uitwisseling tussen kernteams vitale en kwetsbare functies.": (
        "Kernhub, exchange between core teams of vital and vulnerable functions."
    ),
    "Dit is werk voor rustige tijd. Is er een crisis, gebruik dan LCMS.": (
        "This is work for quiet times. In a crisis, use LCMS."
    ),
    "Kies welke mail u krijgt, en wanneer": "Choose which mail you get, and when",
    "Geen mail meer over {kind}": "No more mail about {kind}",
    "het overzicht": "the digest",
    "Grootboek: {size} regels, {root}": "Ledger: {size} lines, {root}",
    "OEFENING: dit is niet echt.": "EXERCISE: this is not real.",
    "OEFENING": "EXERCISE",
    "Van": "From",
    "Functie": "Function",
    "Gemeld op": "Reported on",
    "Zaak": "Case",
    "Waarom krijgt u dit?": "Why do you get this?",
    "Bekijk deze gebeurtenis": "See this event",
    "Gaat niet door": "Called off",
    "Haal het uit uw agenda: dat kan met het agendabericht bij deze mail.": (
        "Take it out of your calendar: the calendar message with this mail does that."
    ),
    "Zet het in uw agenda: dat kan met het agendabericht bij deze mail. Hoe lang het duurt, staat er niet "
    "bij. Meedoen of afzeggen regelt u met de afzender.": (
        "Put it in your calendar: the calendar message with this mail does that. It does not say how long it "
        "takes. Whether you take part or not you settle with the sender."
    ),
    "Hoe lang het duurt, staat er niet bij.": "It does not say how long it takes.",
    "De afspraken in deze mail zitten er als bijlage bij: open die om ze in uw agenda te zetten.": (
        "The meetings in this mail are attached: open that to put them in your calendar."
    ),
    "afspraken.ics": "meetings.ics",
    "{party} via Kernhub": "{party} by way of Kernhub",
    "Antwoord geldt niet meer: {title}": "Answer no longer holds: {title}",
    "U kreeg dit antwoord. Het geldt niet meer: gebruik het niet langer. Hebt u het nog nodig, stel uw vraag "
    "dan opnieuw.": (
        "You received this answer. It no longer holds: use it no longer. Do you still need it, then ask your "
        "question again."
    ),
    "Bekijk dat antwoord": "See that answer",
    "Dit heeft haast.": "This is urgent.",
    "Dit is ernstig.": "This is serious.",
    "Andere berichten": "Other messages",
    "Overzicht": "Digest",
    "Overzicht voor {party}": "Digest for {party}",
    "Overzicht: {many}": "Digest: {many}",
    "Nagezonden: {many}": "Sent on: {many}",
    "1 bericht": "1 message",
    "{count} berichten": "{count} messages",
    " ({number} van {parts})": " ({number} of {parts})",
    "Tot en met {until}": "Up to and including {until}",
    "Deel {number} van {parts}": "Part {number} of {parts}",
    "Deze berichten worden nagezonden: u kreeg ze eerder niet, of er is gevraagd ze nog eens te sturen.": (
        "These messages are sent on: you did not get them before, or somebody asked to send them once more."
    ),
    "Dit is het strengste label in dit overzicht; bij elk bericht staat het eigen label.": (
        "This is the strictest label in this digest; each message shows its own."
    ),
    "TLP:{tlp} is het strengste label in dit overzicht; bij elk bericht staat het eigen label.": (
        "TLP:{tlp} is the strictest label in this digest; each message shows its own."
    ),
    "Dit is het strengste label; bij elk bericht staat het eigen label.": (
        "This is the strictest label; each message shows its own."
    ),
    "TLP:{tlp} is het strengste label; bij elk bericht staat het eigen label.": (
        "TLP:{tlp} is the strictest label; each message shows its own."
    ),
    "Lees meer": "Read more",
    "Lees meer over bericht {number}": "Read more about message {number}",
    "Uw open vragen": "Your open questions",
    "Aan {operator}: {state}.": "To {operator}: {state}.",
    "Veel tegelijk voor {party}": "Much at once for {party}",
    "Veel tegelijk: {many}": "Much at once: {many}",
    ", {urgent} met haast": ", {urgent} urgent",
    "Sinds {since} kwam er meer dan u los gemaild krijgt. Daarom staat 1 bericht hier in één mail": (
        "Since {since} more came than you are mailed one by one. So 1 message is here in one mail"
    ),
    "Sinds {since} kwam er meer dan u los gemaild krijgt. Daarom staan {count} berichten hier in één mail": (
        "Since {since} more came than you are mailed one by one. So {count} messages are here in one mail"
    ),
    ", wat haast heeft bovenaan": ", what is urgent on top",
    "Er ontbreekt niets.": "Nothing is missing.",
    "Dit is deel {number} van {parts}.": "This is part {number} of {parts}.",
    "{about}. Van {publisher}.": "{about}. From {publisher}.",
    "Uw keuze voor mail is veranderd": "Your choice of mail has changed",
    "Iemand veranderde welke mail uw organisatie krijgt. Zo is het nu:": (
        "Somebody changed which mail your organisation gets. This is how it is now:"
    ),
    "Wie bij naam genoemd is, krijgt die mail altijd.": "Who is named always gets that mail.",
    "Koos niemand bij u dit?": "Did nobody with you choose this?",
    "Zet het terug met de link onder deze mail, en meld het aan de beheerder van de hub: dan heeft iemand "
    "anders een mail of een sleutel van u.": (
        "Put it back with the link below this mail, and tell the administrator of the hub: then somebody "
        "else has a mail or a key of yours."
    ),
    "Taal": "Language",
    "Nederlands": "Dutch",
    "Engels": "English",
    "Meteen": "At once",
    "In overzicht": "In digest",
    "Geen mail": "No mail",
    "niets": "nothing",
    "Functies": "Functions",
    "Gebieden": "Areas",
    "Hoe dringend": "How urgent",
    "Afwezig": "Away",
    "Waarnemer": "Deputy",
    ", ook op feestdagen": ", on holidays too",
    "alles": "everything",
    "wat ernstig is of haast heeft": "what is serious or urgent",
    "alleen wat haast heeft": "only what is urgent",
}

"""What the pages behind the links in mails say in English, by how it is written in Dutch."""

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "Kies uw mail": "Choose your mail",
    "Welke mail krijgt {party}, en wanneer?": "Which mail does {party} get, and when?",
    "Bewaard. Dit geldt voor mail die nog wordt gemaakt.": (
        "Saved. This holds for mail that is still to be made."
    ),
    "Er is niets bewaard:": "Nothing was saved:",
    "Dit geldt voor iedereen die deze postbus leest.": ("This holds for everybody who reads this mailbox."),
    "Deze mail krijgt u altijd:": "This mail you always get:",
    "wat aan u bij naam gericht is, en uitnodigingen": ("what is addressed to you by name, and invitations"),
    "vragen aan u als beheerder": "questions to you as an operator",
    "dat een antwoord dat u kreeg, niet meer geldt": ("that an answer which you received no longer holds"),
    "Wanneer komt uw overzicht?": "When does your digest come?",
    "Vanaf": "From",
    "{time} uur": "{time}",
    "Alleen op werkdagen; anders op de eerste werkdag erna": (
        "Only on working days; else on the first working day after"
    ),
    "Bent u er even niet?": "Are you away for a while?",
    "Dan wacht uw overzicht: wat u miste, staat in het eerste overzicht daarna. Neemt een andere "
    "postbus van uw organisatie waar, dan wacht er niets: die krijgt al uw mail ook.": (
        "Then your digest waits: what you missed is in the first digest after. If another mailbox "
        "of your organisation stands in, nothing waits: it gets all your mail too."
    ),
    "Tot en met": "Up to and including",
    "Waarnemer": "Deputy",
    "Waarover krijgt u mail?": "About what do you get mail?",
    "Kies niets om over alles mail te krijgen.": "Choose nothing to get mail about everything.",
    "Gebieden (codes, zoals GM0935 PV31)": "Areas (codes, such as GM0935 PV31)",
    "In welke taal?": "In which language?",
    "In het Engels komt alle mail van de hub, en deze pagina. Alleen in het Nederlands: wat u als "
    "beheerder gevraagd wordt (bundels, herinneringen, situatiebladen), wat de hub met uw "
    "antwoorden per mail deed, en wat mensen zelf schrijven.": (
        "All mail of the hub comes in English, and this page. Only in Dutch: what you are asked as "
        "an operator (bundles, reminders, situation sheets), what the hub did with your answers by "
        "mail, and what people write themselves."
    ),
    "Taal van uw mail": "Language of your mail",
    "Hoe krijgt u welke berichten?": "How do you get which messages?",
    "Wat haast heeft, komt altijd direct.": "What is urgent always comes at once.",
    "Het overzicht": "The digest",
    "zoals gebruikelijk": "as usual",
    "niet": "not",
    "direct": "at once",
    "in het overzicht": "in the digest",
    "Bewaar": "Save",
    "Gestopt": "Stopped",
    "Mail stoppen": "Stop mail",
    "{party} krijgt geen mail meer over {what}. Wat aan u bij naam gericht is, krijgt u nog wel.": (
        "{party} gets no more mail about {what}. What is addressed to you by name you still get."
    ),
    "Wilt u het toch weer? Kies dan de link '{link}' onder een andere mail van Kernhub.": (
        "Do you want it after all? Then take the link '{link}' below another mail of Kernhub."
    ),
    "Geen mail meer over {what}?": "No more mail about {what}?",
    "{party} krijgt dan geen mail meer over {what}. Wat aan u bij naam gericht is, krijgt u nog "
    "wel. Dit geldt voor iedereen die deze postbus leest.": (
        "{party} then gets no more mail about {what}. What is addressed to you by name you still "
        "get. This holds for everybody who reads this mailbox."
    ),
    "Stop deze mail": "Stop this mail",
}

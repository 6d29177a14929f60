"""What the pages behind the links in mails say in English, by how it is written in Dutch."""

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "Kies uw mail": "Choose your mail",
    "Welke mail krijgt {party}, en wanneer?": "Which mail does {party} get, and when?",
    "Bewaard. Dit geldt voor mail die nog wordt gemaakt.": (
        "Saved. This holds for mail that is still to be made."
    ),
    "Er is niets bewaard:": "Nothing was saved:",
    "Dit lukt niet": "This does not work",
    "Bewaard": "Saved",
    "Deze link werkt niet (meer). Neem de link uit uw nieuwste mail van Kernhub.": (
        "This link does not work (any more). Take the link from your newest mail of Kernhub."
    ),
    "Niet alles kwam binnen. Probeer het opnieuw.": "Not everything came in. Try again.",
    "Dit formulier is niet te lezen. Ga terug, kies opnieuw en bewaar nog eens.": (
        "This form cannot be read. Go back, choose anew and save once more."
    ),
    "U hebt na deze mail gekozen welke mail u krijgt. Die keuze telt. Neem de link uit een nieuwere mail.": (
        "You chose which mail you get after this mail. That choice counts. Take the link from a newer mail."
    ),
    "Vandaag is uw keuze al zo vaak veranderd als op een dag mag. Probeer het morgen opnieuw, of vraag de "
    "beheerder van de hub.": (
        "Today your choice was changed as often as it may be on a day. Try again tomorrow, or ask the "
        "administrator of the hub."
    ),
    "noemt een of meer dagen, van 0 (maandag) tot en met 6 (zondag)": (
        "names one day or more, from 0 (Monday) up to and including 6 (Sunday)"
    ),
    "moet een heel uur zijn, van 0 tot en met 23": "must be a whole hour, from 0 up to and including 23",
    "noemt een functie die er niet is": "names a function that is not there",
    "noemt een gebied dat er niet is": "names an area that is not there",
    "noemt meer gebieden dan het hoogste aantal": "names more areas than the highest number",
    "kan zijn": "can be",
    "noemt een soort die er niet is": "names a kind that is not there",
    "noemt wat altijd direct gemaild wordt": "names what is always mailed at once",
    "staat ook in atOnce of inDigest": "is in atOnce or inDigest too",
    "geef de eerste en de laatste dag dat u er niet bent, of geen van beide": (
        "give the first and the last day on which you are away, or neither"
    ),
    "ligt voor de eerste dag dat u er niet bent": ("is before the first day on which you are away"),
    "ligt meer dan een jaar na de eerste dag dat u er niet bent": (
        "is more than a year after the first day on which you are away"
    ),
    "geef ook de eerste en de laatste dag dat u er niet bent": (
        "give the first and the last day on which you are away too"
    ),
    "moet een andere postbus van uw organisatie zijn, waar niemand anders een postbus mag hebben": (
        "must be another mailbox of your organisation, where nobody else may have a mailbox"
    ),
    "Wat antwoordt deze mail?": "What does this mail answer?",
    "Wat antwoordt deze mail van {party}?": "What does this mail of {party} answer?",
    "Er is niets bewaard.": "Nothing was saved.",
    "De hub kreeg deze mail op {at}, van {sender}.": "The hub received this mail on {at}, from {sender}.",
    "De hub kreeg deze mail op {at}.": "The hub received this mail on {at}.",
    "De mail": "The mail",
    "(geen tekst)": "(no text)",
    "Bijlagen, die de hub niet doorgeeft": "Attachments, which the hub does not pass on",
    "zonder naam": "without a name",
    "Zet in uw antwoord wat de vragers moeten weten.": "Put in your answer what the askers have to know.",
    "Uw antwoorden": "Your answers",
    "Vul in wat de vragers krijgen. Wat u leeg laat, blijft open. De vragen staan in de mail met dit "
    "nummer.": (
        "Fill in what the askers get. What you leave empty stays open. The questions are in the mail with "
        "this number."
    ),
    "Vraag {number}": "Question {number}",
    "Neem deze antwoorden aan": "Take these answers",
    "Er staat geen vraag aan u open.": "No question to you is open.",
    "Dit is geen antwoord": "This is no answer",
    "Hierover is al beslist. Wat ervan is aangenomen, staat in een mail aan uw postbus.": (
        "This was decided already. What was taken of it is in a mail to your mailbox."
    ),
    "U hebt bij geen enkele vraag iets ingevuld.": "You filled in nothing at any question.",
    "Uw antwoorden worden nu aangenomen. U krijgt een mail die zegt wat is aangenomen.": (
        "Your answers are taken in now. You get a mail that says what was taken."
    ),
    "De hub doet niets met deze mail.": "The hub does nothing with this mail.",
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
    "In het Engels komt alle mail van de hub, en deze pagina. Wat mensen zelf schrijven, blijft zoals zij "
    "het schreven.": (
        "All mail of the hub comes in English, and this page. What people write themselves stays as they "
        "wrote it."
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

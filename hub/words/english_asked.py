"""What mails about requests to operators and their replies say in English, by how it is written in Dutch."""

from collections.abc import Mapping

from hub.rules.mail_in.own_text import ABOVE, ABOVE_IN_ENGLISH, HOW_TO_REPLY

ASKED: Mapping[str, str] = {
    ABOVE: ABOVE_IN_ENGLISH,
    HOW_TO_REPLY: (
        "You can reply to this mail. Begin each answer with the number that stands with the question, such "
        "as '24-3:'. Who asks gets your answer as you write it; it has the label of the question."
    ),
    "Bundel {number}": "Bundle {number}",
    "Spoed, bundel {number}": "Urgent, bundle {number}",
    "{bundle} voor {party}": "{bundle} for {party}",
    "{bundle}: {questions} van {parties}": "{bundle}: {questions} from {parties}",
    "{questions} van {parties}, samengevoegd uit {requests}.": (
        "{questions} from {parties}, merged from {requests}."
    ),
    "1 vraag": "1 question",
    "{count} vragen": "{count} questions",
    "1 partij": "1 party",
    "{count} partijen": "{count} parties",
    "1 verzoek": "1 request",
    "{count} verzoeken": "{count} requests",
    "De vrager geeft aan dat dit niet kan wachten op uw volgende bundel.": (
        "The asker says that this cannot wait for your next bundle."
    ),
    "Dit kan niet wachten op uw volgende bundel: de coördinator heeft dat bevestigd.": (
        "This cannot wait for your next bundle: the coordinator has confirmed that."
    ),
    "Spoed telt niet mee voor uw gewone bundels.": (
        "What is urgent does not count among your ordinary bundles."
    ),
    "Dit is bundel {sent} van hoogstens {most} in een week.": (
        "This is bundle {sent} of at most {most} in a week."
    ),
    "Dit is bundel {sent} van hoogstens {most} in {weeks} weken.": (
        "This is bundle {sent} of at most {most} in {weeks} weeks."
    ),
    "In een jaar is u {asked} keer iets gevraagd; u kreeg daarover, met dit, {contacts} keer bericht.": (
        "In a year you were asked something {asked} times; you got {contacts} messages about it, with this."
    ),
    "Uw volgende bundel komt op zijn vroegst {when}.": "Your next bundle comes on {when} at the earliest.",
    "Uw volgende gewone bundel komt op zijn vroegst {when}.": (
        "Your next ordinary bundle comes on {when} at the earliest."
    ),
    "Er is geen volgende bundel gepland: u wilt geen gewone vragen ontvangen.": (
        "No next bundle is planned: you do not want to receive ordinary questions."
    ),
    "Er is geen volgende gewone bundel gepland: u wilt geen gewone vragen ontvangen.": (
        "No next ordinary bundle is planned: you do not want to receive ordinary questions."
    ),
    "Gevraagd door": "Asked by",
    "nodig voor {day}": "needed by {day}",
    "Waarom u": "Why you",
    "Nummer": "Number",
    "Antwoord eenmaal. Met label CLEAR of GREEN krijgen al deze vragers het; met een strenger label noemt u "
    "in data.recipients wie het mag weten.": (
        "Answer once. With the label CLEAR or GREEN all these askers get it; with a stricter label you name "
        "in data.recipients who may know it."
    ),
    "Verwijs in uw antwoord naar": "Refer in your answer to",
    "Bekijk": "See",
    "Bekijk vraag {number}": "See question {number}",
    "Bekijk dit antwoord": "See this answer",
    "Standaardvraag": "Standard question",
    "Vraagt het zo": "Asks it so",
    "Waarom wij dit vragen": "Why we ask this",
    "Tabel voor uw antwoord": "Table for your answer",
    "Een regel per gebied, met: {columns}.": "A row per area, with: {columns}.",
    "Een goed antwoord": "A good answer",
    "Ons advies": "Our advice",
    "Label {tlp}; {days} dagen geldig (data.valid_until).": (
        "Label {tlp}; valid for {days} days (data.valid_until)."
    ),
    "In eigen woorden": "In own words",
    "Nog open": "Still open",
    "Dit kreeg u eerder, en het staat nog open. De vragers wachten op u.": (
        "You got this before, and it is still open. The askers wait for you."
    ),
    "Uit bundel {number}, van {day}": "From bundle {number}, of {day}",
    "Gevraagd door {askers}, over {areas}.": "Asked by {askers}, about {areas}.",
    "Nodig voor {day}.": "Needed by {day}.",
    "Loopt af, graag vernieuwen": "Ends soon, please renew",
    "Deze antwoorden van u geeft de hub nu nog aan wie hetzelfde vraagt. Daarna vraagt hij het u weer. U "
    "krijgt deze oproep één keer.": (
        "These answers of yours the hub now still gives to who asks the same. After that it asks you again. "
        "You get this call once."
    ),
    "Geldt tot en met {until}, voor {areas}.": "Holds up to and including {until}, for {areas}.",
    "Vernieuwen: publiceer 'Antwoord in de bibliotheek gezet' bij dezelfde standaardvraag, met deze "
    "verwijzing in data.supersedes.": (
        "To renew: publish 'Answer deposited' to the same standard question, with this reference in "
        "data.supersedes."
    ),
    "Vernieuwen: publiceer 'Vraag beantwoord' bij dezelfde vraag, met deze verwijzing in data.supersedes.": (
        "To renew: publish 'Question answered' to the same question, with this reference in data.supersedes."
    ),
    "Hoe antwoordt u?": "How do you answer?",
    "Met een systeem of bestand: publiceer een gebeurtenis 'Vraag beantwoord', met de verwijzing die bij de "
    "vraag staat in data.question. Geef bij voorkeur een regel per gebied (data.per_area): dan kan uw "
    "antwoord later ook anderen helpen.": (
        "With a system or file: publish an event 'Question answered', with the reference that stands with "
        "the question in data.question. Preferably give a row per area (data.per_area): then your answer can "
        "help others later too."
    ),
    "Een standaardvraag beantwoordt u met een tabel: een regel per gebied, met de kolommen die erbij staan, "
    "in die volgorde en met een puntkomma ertussen.": (
        "A standard question you answer with a table: a row per area, with the columns that stand with it, "
        "in that order and with a semicolon between them."
    ),
    "Op een uitnodiging antwoordt u met 'Deelname toegezegd' of 'Deelname afgezegd', met de verwijzing die "
    "erbij staat in data.request.": (
        "An invitation you answer with 'Participation accepted' or 'Participation declined', with the "
        "reference that stands with it in data.request."
    ),
    "Kunt u niet of nu niet antwoorden? Publiceer 'Verzoek afgewezen', 'Verzoek uitgesteld' of 'Verzoek "
    "doorverwezen', met de verwijzing die bij de vraag staat in data.request, en zeg waarom: de vragers "
    "lezen uw reden.": (
        "Can you not answer, or not now? Publish 'Request declined', 'Request postponed' or 'Request "
        "referred', with the reference that stands with the question in data.request, and say why: the "
        "askers read your reason."
    ),
    "Hebt u het met iemand over een vraag? Noem dan haar nummer, zoals {number}.": (
        "Do you talk with somebody about a question? Then name its number, such as {number}."
    ),
    "Herinnering voor {party}": "Reminder for {party}",
    "Herinnering: {what}": "Reminder: {what}",
    "1 vraag staat nog open": "1 question is still open",
    "{count} vragen staan nog open": "{count} questions are still open",
    "De vragers wachten op u. Een herinnering telt niet mee voor uw bundels; over een bundel krijgt u er "
    "hoogstens {most}.": (
        "The askers wait for you. A reminder does not count among your bundles; of a bundle you get {most} "
        "at most."
    ),
    "Situatieblad voor {party}": "Situation sheet for {party}",
    "deze crisis": "this crisis",
    "Voor deze crisis vult u één blad in, in uw eigen tempo. Wie in dit gebied met deze crisis te maken "
    "heeft, leest het daar en stuurt u geen vragen. U krijgt hierover geen tweede bericht. Het blad is open "
    "tot {until}, tenzij de coördinator het verlengt.": (
        "For this crisis you fill in one sheet, in your own time. Who deals with this crisis in this area "
        "reads it there and sends you no questions. You get no second message about it. The sheet is open "
        "until {until}, unless the coordinator extends it."
    ),
    "Code": "Code",
    "Hoe meldt u hoe het staat?": "How do you report how it stands?",
    "Publiceer een gebeurtenis 'Situatie gemeld' met in data.situation": (
        "Publish an event 'Situation reported' with in data.situation"
    ),
    "Zet in data.text hoe het staat. Hebt u meer, zet dan in data.rows per vraag de code "
    "(standard_question), het gebied (area) en uw antwoord (text). U hoeft niet alles in te vullen. Een "
    "nieuwe melding vervangt de vorige.": (
        "Put in data.text how it stands. If you have more, put in data.rows for each question the code "
        "(standard_question), the area (area) and your answer (text). You need not fill in all. A new report "
        "takes the place of the one before."
    ),
    "Bekijk de situatie": "See the situation",
    "Uw antwoord per mail": "Your answer by mail",
    "Uw antwoord per mail: wilt u ernaar kijken?": "Your answer by mail: would you look at it?",
    "Ontvangen: 1 antwoord per mail": "Received: 1 answer by mail",
    "Ontvangen: {count} antwoorden per mail": "Received: {count} answers by mail",
    "De hub kreeg een mail van u op {at}.": "The hub received a mail from you on {at}.",
    "Dit antwoord is aangenomen": "This answer was taken in",
    "Deze antwoorden zijn aangenomen": "These answers were taken in",
    "Niet aangenomen": "Not taken in",
    "Wat u schreef, is bewaard. Kijk ernaar en kies wat ermee moet gebeuren.": (
        "What you wrote is kept. Look at it and choose what is to happen with it."
    ),
    "Kijk naar uw mail": "Look at your mail",
    "Iemand beantwoordde een mail van de hub aan deze postbus. Was u dat niet? Meld het aan de beheerder van "
    "de hub. U kunt deze mail zelf niet beantwoorden.": (
        "Somebody replied to a mail of the hub to this mailbox. Was it not you? Report it to the "
        "administrator of the hub. You cannot reply to this mail itself."
    ),
    "De hub kan deze mail niet lezen.": "The hub cannot read this mail.",
    "Het adres waaraan dit gestuurd is, is niet het antwoordadres van een mail van de hub.": (
        "The address that this was sent to is not the reply address of a mail of the hub."
    ),
    "De afzender hoort niet bij de postbus van deze partij in het register.": (
        "The sender does not belong to the mailbox of this party in the register."
    ),
    "Er zitten bijlagen bij; de hub geeft die niet door.": (
        "There are attachments; the hub does not pass those on."
    ),
    "Er staat geen antwoord in dat de hub kan lezen.": "There is no answer in it that the hub can read.",
    "Bij dit nummer staat geen antwoord": "With this number there is no answer",
    "Er staat ook tekst tussen of onder wat u aanhaalt; die kan bij een antwoord horen.": (
        "There is also text between or below what you quote; it may belong to an answer."
    ),
    "Voor het eerste nummer staat nog tekst; die kan bij een antwoord horen.": (
        "There is text before the first number; it may belong to an answer."
    ),
    "Achter dit nummer staat geen dubbele punt; het kan een ander antwoord zijn": (
        "There is no colon after this number; it may be another answer"
    ),
    "Er staat niet bij welke vraag dit antwoord hoort (een nummer zoals 24-3).": (
        "It does not say to which question this answer belongs (a number such as 24-3)."
    ),
    "Onder dit nummer staat geen vraag aan deze partij open": (
        "Under this number no question to this party is open"
    ),
    "Deze vraag is al beantwoord; een verbetering stuurt u als gebeurtenis, met in data.supersedes het "
    "antwoord dat zij vervangt": (
        "This question was answered before; send a correction as an event, with in data.supersedes the "
        "answer that it replaces"
    ),
    "Er staan twee antwoorden bij hetzelfde nummer": "There are two answers with the same number",
    "Dit is een uitnodiging: uit een mail weet de hub niet of de partij toezegt of afzegt": (
        "This is an invitation: from a mail the hub does not know whether the party accepts or declines"
    ),
    "De hub neemt dit antwoord niet aan": "The hub does not take this answer",
}

"""Dutch names of kinds, roles, ledger records and reasons, as the pages show them."""

from hub.register.kinds import PartyKind, RoleKind, Strength
from hub.store.views.asked import LOST
from hub.words import wording

PARTY_KINDS = {
    PartyKind.CORE_TEAM: "Kernteam",
    PartyKind.MINISTRY: "Ministerie",
    PartyKind.OPERATOR: "Beheerder",
    PartyKind.UMBRELLA: "Koepelorganisatie",
    PartyKind.SUPERVISOR: "Toezichthouder",
    PartyKind.KNOWLEDGE_INSTITUTE: "Kennisinstelling",
    PartyKind.MUNICIPALITY: "Gemeente",
    PartyKind.PROVINCE: "Provincie",
    PartyKind.WATER_BOARD: "Waterschap",
    PartyKind.SAFETY_REGION: "Veiligheidsregio",
    PartyKind.HUB: "Deze hub",
}
PARTY_KINDS_PLURAL = {
    PartyKind.CORE_TEAM: "Kernteams",
    PartyKind.MINISTRY: "Ministeries",
    PartyKind.OPERATOR: "Beheerders",
    PartyKind.UMBRELLA: "Koepelorganisaties",
    PartyKind.SUPERVISOR: "Toezichthouders",
    PartyKind.KNOWLEDGE_INSTITUTE: "Kennisinstellingen",
    PartyKind.MUNICIPALITY: "Gemeenten",
    PartyKind.PROVINCE: "Provincies",
    PartyKind.WATER_BOARD: "Waterschappen",
    PartyKind.SAFETY_REGION: "Veiligheidsregio's",
    PartyKind.HUB: "Deze hub",
}
ROLE_KINDS = {
    RoleKind.CORE_TEAM: "Kernteam",
    RoleKind.COORDINATOR: "Coördinator",
    RoleKind.RESPONSIBLE_MINISTRY: "Verantwoordelijk ministerie",
    RoleKind.OPERATOR: "Beheerder",
    RoleKind.UMBRELLA: "Koepelorganisatie",
    RoleKind.SUPERVISOR: "Toezichthouder",
    RoleKind.ADVISER: "Adviseur",
}
STRENGTHS = {Strength.HIGH: "hoog", Strength.MEDIUM: "midden", Strength.LOW: "laag"}
MAIL_KINDS = {
    "immediate": "Direct bericht",
    "together": "Veel tegelijk",
    "digest": "Overzicht",
    "bundle": "Bundel",
    "reminder": "Herinnering",
    "confirmation": "Bevestiging van een antwoord per mail",
    "notice": "Bericht over een postbus",
    "sign-in": "Link om in te loggen",
}
BUNDLE_KINDS = {"routine": "Gewone bundel", "urgent": "Spoed", "crisis": "Situatieblad"}
MODES = {"immediate": "direct", "digest": "in het overzicht", "together": "direct, in één mail met andere"}
WAYS = {
    "mail": "per mail",
    "digest": "in een overzicht",
    "reminder": "in een herinnering",
    "bundle": "in een bundel",
    "pull": "haalde het op",
    "feed": "las een feed",
    "page": "las het op een pagina",
    "bottlenecks": "las de lijst van knelpunten",
    "situations": "las de situatiebladen",
    "alike-questions": "vond het als vraag die lijkt",
    "topic": "op topic",
    "webhook": "naar webhook",
}


def way_told(way: str) -> str:
    """A way out in words, with the name that its owner gave it."""
    kind, _, name = way.partition(":")
    return " ".join([WAYS.get(kind, kind), *([name] if name else [])])


def asked_state(state: str) -> str:
    """Where a request stands, for an auditor."""
    return "staat alleen nog in het grootboek" if state == LOST else wording.REQUEST_STATES[state]


RECORD_KINDS = {
    "event-received": "Gebeurtenis ontvangen",
    "file-received": "Bestand ontvangen",
    "event-from-file": "Gebeurtenis gelezen uit een bestand",
    "event-routed": "Gebeurtenis bezorgd aan partijen",
    "content-removed": "Inhoud verwijderd",
    "ledger-put-back": "Ouder grootboek teruggezet",
    "batch-set-aside": "Groep records apart gezet, zonder nummer",
    "delivery-replayed": "Nagezonden aan een systeem",
    "page-seen": "Bekeken op een pagina",
    "audit-asked": "Gevraagd door een onderzoeker",
    "content-read": "Gelezen in een lijst",
    "content-exported": "Gelezen of meegenomen in een lijst of bestand",
    "bottleneck-closed": "Knelpunt gesloten",
    "request-placed": "Verzoek geplaatst bij een beheerder",
    "item-answered": "Vraag beantwoord",
    "answer-unasked": "Antwoord zonder vraag",
    "answer-settled": "Antwoord niet doorgegeven: de vraag was al beantwoord",
    "answer-kept": "Antwoord in de bibliotheek gezet",
    "request-served": "Verzoek beantwoord uit de bibliotheek",
    "answer-retracted": "Antwoord ingetrokken",
    "answer-lapsed": "Antwoord geldt niet meer, ontvangers ingelicht",
    "request-steered": "Over een verzoek gezegd",
    "steering-unasked": "Gezegd over een verzoek dat hier niet is",
    "steering-idle": "Gezegd over een verzoek dat dit niet meer toelaat",
    "item-declined": "Vraag afgewezen",
    "item-postponed": "Vraag uitgesteld",
    "item-referred": "Vraag doorverwezen",
    "merge-refused": "Vragen niet samengevoegd of gescheiden",
    "items-regrouped": "Vragen anders samengenomen",
    "half-way-told": "Verteld dat de helft van de tijd om is",
    "request-expired": "Verzoek verlopen",
    "request-withdrawn": "Verzoek ingetrokken door de vrager",
    "request-asked-again": "Verzoek na een afwijzing toch gesteld",
    "bundle-released": "Bundel vrijgegeven",
    "bundle-reminded": "Herinnering aan een bundel",
    "reminder-withheld": "Herinnering tegengehouden",
    "renewal-asked": "Gevraagd een antwoord te vernieuwen",
    "sheets-opened": "Situatiebladen geopend bij een beheerder",
    "sheet-widened": "Situatieblad geldt voor meer gebieden",
    "sheet-renewed": "Situatieblad verlengd",
    "sheet-reported": "Stand op een situatieblad gemeld",
    "sheet-answered": "Vragen beantwoord door een situatieblad",
    "request-on-sheet": "Verzoek loopt mee met een situatieblad",
    "request-off-sheet": "Verzoek wacht weer: het situatieblad is gesloten",
    "urgent-released": "Spoedvraag verstuurd",
    "urgent-refused": "Verzoek gaat niet met spoed",
    "delivery-sent": "Bezorgd aan een systeem",
    "delivery-given-up": "Een systeem nam een bezorging niet aan",
    "delivery-withheld": "Bezorging tegengehouden",
    "bottleneck-read": "Knelpunt gelezen in een lijst",
    "feed-address-changed": "Adres van feeds gemaakt of ingetrokken",
    "outlet-changed": "Webhook veranderd",
    "dead-letter-sent-again": "Onbestelbaar bericht opnieuw gestuurd",
    "outlet-stopped": "Webhook gestopt",
    "resend-asked": "Gevraagd opnieuw te sturen",
    "mail-composed": "Bericht gemaakt",
    "mail-sent": "Bericht verstuurd",
    "mail-failed": "Bericht niet te bezorgen",
    "mail-bounced": "Bericht teruggekomen",
    "mail-taken-back": "Bericht teruggehaald, om het opnieuw te maken",
    "mail-in-kept": "Mail ontvangen",
    "mail-in-doubted": "Ontvangen mail: een mens beslist",
    "mail-in-left": "Ontvangen mail van een machine: geen antwoord",
    "mail-in-read": "Antwoorden gelezen in een ontvangen mail",
    "mail-in-answered": "Antwoorden uit een ontvangen mail aangenomen",
    "mail-in-decided": "Beslist over een ontvangen mail",
    "mail-in-forgotten": "Inhoud van een ontvangen mail verwijderd",
    "mail-in-shown": "De beheerder las een ontvangen mail",
    "bundle-withheld": "Bundel tegengehouden",
    "request-withheld": "Verzoek niet gesteld",
    "dead-letter": "Onbestelbaar",
    "register-version": "Nieuwe versie van het register",
    "mail-preferences-set": "Voorkeuren voor mail gewijzigd",
    "sign-in-asked": "Gevraagd om een link om in te loggen",
    "signed-in": "Ingelogd",
    "signed-out": "Uitgelogd",
    "policy-set": "Tempo van een beheerder ingesteld",
}
WITHHELD = {
    "party-ended": "de partij staat niet meer in het register",
    "no-relation": "de partij heeft niets met deze gebeurtenis te maken",
    "not-named": "de partij is niet met naam genoemd",
    "no-need-to-know": "de partij heeft dit niet nodig voor haar werk",
    "clearance-too-low": "de partij mag dit label niet ontvangen",
    "could-not-compose": "het bericht kon niet worden gemaakt; de beheerder van de hub kijkt ernaar",
    "withdrawn": "de vragen waren ingetrokken voordat het bericht er was",
    "nothing-left": "de vragen waren verlopen, beantwoord of mochten niet meer worden gesteld",
    "lapsed": "het antwoord geldt niet meer",
    "restricted-since": "de afzender heeft het sindsdien voor minder partijen bestemd",
    "in-its-bundle": "het staat in de mail van de bundel; dit is voor systemen",
    "superseded": "er is een nieuwere versie van de uitnodiging",
    "stopped": "de partij wil hierover geen mail",
    "exercise": "een oefening gaat nooit naar wie echt is, en naar geen echte postbus",
    "only-exercises": "de partij is er alleen voor oefeningen, en dit is echt",
    "room-may-not-know": "de kamer mag dit label niet lezen",
}
DEAD_LETTER_REASONS = {
    "invalid": "De inhoud klopt niet met de afspraken.",
    "not-admitted": "De gebeurtenis mag zo niet naar binnen.",
    "wrong-topic": "De gebeurtenis hoort op een ander topic.",
    "unreadable": "Het Kafka-bericht is niet te lezen.",
    "other-content": "Dit id is al gebruikt voor andere inhoud.",
    "consumer-failed": "De verwerking brak af.",
}
CONSUMERS = {
    "router": "bezorging (router)",
    "throttle": "verzoeken (throttle)",
    "ledger": "grootboek (ledger)",
}

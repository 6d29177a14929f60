"""Mails as they were sent, and the records that could not be handled."""

from connectors.web.filters import MAIL_STATES, mail_filter
from connectors.web.lines import shown_lines
from connectors.web.paging import paging
from connectors.web.states import of_mail
from connectors.web.visit import PageNotFound, Visit
from hub.store.views import mails as store

_MOST_EVENTS = 200


async def show_mails(visit: Visit) -> str:
    """The mails that the filter asks for, newest first."""
    wanted, notices = mail_filter(visit.query, visit.register)
    page = paging(visit.query, await store.count_mails(visit.connection, wanted))
    rows = await store.list_mails(visit.connection, wanted, page.size, page.skip)
    for row in rows:
        visit.look(row.tlp)
    return visit.render(
        "mails.html",
        mails=[(row, of_mail(row.state, row.last_error)) for row in rows],
        page=page,
        notices=notices,
        choices=[(state, of_mail(state).text) for state in MAIL_STATES],
    )


async def show_mail(visit: Visit) -> str:
    """One mail, exactly as it was composed, with the events in it."""
    mail = await store.find_mail(visit.connection, visit.key("mail_key"))
    if mail is None:
        raise PageNotFound
    visit.look(mail.tlp)
    events = await store.events_of_mail(visit.connection, mail.mail_key, _MOST_EVENTS)
    return visit.render(
        "mail.html",
        mail=mail,
        sender=visit.settings.mail_from,
        state=of_mail(mail.state, mail.last_error),
        bundle_key=await store.find_bundle_of_mail(visit.connection, mail.mail_key),
        events=shown_lines(events, visit),
        most=_MOST_EVENTS,
    )


async def show_dead_letters(visit: Visit) -> str:
    """Records that no consumer could handle, with why."""
    page = paging(visit.query, await store.count_dead_letters(visit.connection))
    rows = await store.list_dead_letters(visit.connection, page.size, page.skip)
    return visit.render("dead_letters.html", letters=rows, page=page)

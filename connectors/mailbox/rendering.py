"""A mail in two forms from the same values: plain text, and HTML with its style in each element."""

import re
import textwrap
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hub.rules.preferences import DUTCH
from hub.words import wording
from hub.words.language import said, spoken

_WIDTH = 78
_TOP, _FOOT = "<!--top-->", "<!--foot-->"
_MARK = "<!--mark-->"
_MARKED = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
    'style="margin:0 0 16px 0">'
    '<tr><td style="padding:8px 16px;border:3px solid #a85800;font-weight:bold">{line}</td></tr></table>'
)
"""In a cell: Outlook gives a paragraph no room around its text."""
_CLASS = re.compile(r'(?<=<)([a-z0-9]+) class="[a-zA-Z ]*"')
"""Classes have done their work when styles stand in elements; text has no '<' of its own."""
_LINK = "color:#01689b"
_LINE, _ABOVE = "margin:0 0 8px 0", "margin:0 0 20px 0"
_LANGUAGE = re.compile(r'<html lang="([a-z]+)"')


class Rendered(NamedTuple):
    """The same message as plain text and as HTML."""

    text: str
    html: str


def render(name: str, **values: Any) -> Rendered:
    """The message of the templates `name`.txt and `name`.html."""
    plain, rich = _plain(), _rich()
    html = rich.get_template(f"{name}.html").render(**values)
    inlined = _CLASS.sub(r"\1", _inliner().inline(html))
    return Rendered(plain.get_template(f"{name}.txt").render(**values), inlined)


def render_page(name: str, **values: Any) -> str:
    """A page behind a link in a mail, as HTML."""
    return _rich().get_template(name).render(**values)


def language_of(html: str | None) -> str:
    """In which language a mail was made: what comes under it later speaks the same."""
    found = _LANGUAGE.search(html or "")
    return found[1] if found else DUTCH


def with_line(body: str, html: str | None, line: str, url: str | None = None) -> tuple[str, str | None]:
    """Both forms of a mail with one more line in the footer; with an address it is a link."""
    if html is not None:
        before, found, after = html.rpartition(_FOOT)
        shown = f'<a href="{escape(url)}" style="{_LINK}">{escape(line)}</a>' if url else escape(line)
        html = f'{before}<p style="{_LINE}">{shown}</p>\n{found}{after}' if found else html
    said = f"{line}:\n{url}" if url else line
    return f"{body.rstrip()}\n{said}\n", html


def with_top(body: str, html: str | None, lines: Sequence[str]) -> tuple[str, str | None]:
    """Both forms of a mail with some lines above all else."""
    if html is not None:
        shown = Markup("<br>").join(escape(line) for line in lines)
        html = html.replace(_TOP, f'<p style="{_ABOVE}">{shown}</p>', 1)
    return "\n".join([*map(_wrap, lines), "", body]), html


def with_mark(body: str, html: str | None, line: str) -> tuple[str, str | None]:
    """Both forms of a mail with this line above all else."""
    if html is not None:
        html = html.replace(_MARK, _MARKED.format(line=escape(line)), 1)
    return f"{line}\n\n{body}", html


def _wrap(text: str, indent: int = 0) -> str:
    """Lines of at most 78 characters; the first one starts where the template has put it."""
    lines = [
        part
        for line in text.splitlines()
        for part in textwrap.wrap(line, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        or [""]
    ]
    return ("\n" + " " * indent).join(lines)


def _label(text: str, indent: int = 0) -> str:
    return " " * indent + f"{text}:".ljust(15)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in str(text).splitlines())


_FILTERS = {"wrap": _wrap, "label": _label, "sentence": _sentence, "moment": wording.moment, "lines": _lines}


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("connectors.mailbox"),
        autoescape=autoescape,  # noqa: S701 - plain text is never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(_FILTERS)
    environment.globals.update(_=said, spoken=spoken)
    return environment


@cache
def _plain() -> Environment:
    return _environment(autoescape=False)


@cache
def _rich() -> Environment:
    return _environment(autoescape=True)


@cache
def _inliner() -> CSSInliner:
    css = files("connectors.mailbox").joinpath("templates", "mail.css").read_text(encoding="utf-8")
    return CSSInliner(extra_css=css, load_remote_stylesheets=False, keep_style_tags=False, minify_css=True)

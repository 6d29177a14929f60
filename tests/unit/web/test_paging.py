import pytest

from connectors.web.paging import address, paging


@pytest.mark.parametrize(
    ("asked", "number"),
    [({}, 1), ({"pagina": "2"}, 2), ({"pagina": "9"}, 3), ({"pagina": "0"}, 1), ({"pagina": "-1"}, 1)],
)
def test_a_page_number_stays_within_the_list(asked: dict[str, str], number: int) -> None:
    assert paging(asked, total=101).number == number


@pytest.mark.parametrize("text", ["", "x", "1.5", "²", "9" * 5000, "1; DROP TABLE event", "\x00"])
def test_what_is_no_page_number_is_the_first_page(text: str) -> None:
    assert paging({"pagina": text}, total=101).number == 1


def test_a_page_knows_where_it_lies() -> None:
    page = paging({"pagina": "3"}, total=101)
    assert (page.pages, page.skip, page.first, page.last) == (3, 100, 101, 101)


def test_an_empty_list_has_one_empty_page() -> None:
    page = paging({"pagina": "5"}, total=0)
    assert (page.number, page.pages, page.skip, page.first, page.last) == (1, 1, 0, 0, 0)


def test_an_address_keeps_the_filter_and_drops_what_is_empty() -> None:
    query = {"tlp": "AMBER+STRICT", "gebied": "", "partij": "a&b"}
    assert address("/gebeurtenissen", query, pagina=2) == (
        "/gebeurtenissen?tlp=AMBER%2BSTRICT&partij=a%26b&pagina=2"
    )
    assert address("/partijen", {}) == "/partijen"

"""R29, the memo's open question: nginx keeps what is public and unchanging, and never a page of a learner.

The same looks are taken at an nginx that keeps pages and no style sheets: they must see both.
"""

from pathlib import Path

from tests.containers.broken import other_nginx
from tests.containers.stack import Stack
from tests.containers.visitor import NAME, Visitor, asset_of

_PAGES = ("/", "/account", "/imports", "/log-in", "/health", "/study")
_SERVER = "templates/30-server.conf.template"
_KEEPS_PAGES = """set $again $loads_again;
        uwsgi_cache public;
        uwsgi_cache_key $uri;
        uwsgi_cache_valid 200 10m;
        uwsgi_ignore_headers Cache-Control Expires Set-Cookie Vary;
        add_header X-Cache-Status $upstream_cache_status;"""


def kept_pages(visitor: Visitor) -> list[str]:
    """Pages that come from the cache, or might: the second time they say so, or may be stored."""
    for path in _PAGES:
        assert visitor.get(path).status in (200, 302)
    again = {path: visitor.get(path).headers for path in _PAGES}
    return [path for path, head in again.items() if head["X-Cache-Status"] or head["Cache-Control"] != "no-store"]


def kept_asset(visitor: Visitor) -> str | None:
    """What nginx says about the style sheet when it is asked for the second time."""
    address = asset_of(visitor, "/account")
    assert visitor.get(address).status == 200
    return visitor.get(address).headers["X-Cache-Status"]


def test_r29_what_is_public_and_unchanging_comes_from_the_cache_the_second_time(stack: Stack, owner: Visitor) -> None:
    """For everybody, whatever cookies they have, and without handing on a cookie of somebody."""
    assert kept_asset(owner) == "HIT"
    again = Visitor(stack.address).get(asset_of(owner, "/account"))
    assert again.headers["X-Cache-Status"] == "HIT"
    assert again.headers["Set-Cookie"] is None
    assert "immutable" in again.headers["Cache-Control"]


def test_r29_a_page_is_never_kept(owner: Visitor) -> None:
    """Not the second time either; the app says `no-store`, and nginx has no cache there at all."""
    assert kept_pages(owner) == []


def test_r29_an_nginx_that_keeps_pages_and_no_assets_is_seen(stack: Stack, owner: Visitor, tmp_path: Path) -> None:
    """It gives a page of the owner to a stranger: what the rule is there for."""
    keeps_pages = (_SERVER, "set $again $loads_again;", _KEEPS_PAGES)
    no_assets = (_SERVER, "        uwsgi_cache public;\n", "")
    with other_nginx(stack, tmp_path, no_assets, keeps_pages) as address:
        visitor, stranger = Visitor(address), Visitor(address)
        reply = visitor.log_in()
        assert reply.status == 302, reply.text[:3000]
        assert kept_asset(visitor) != "HIT"
        assert {"/", "/account"} <= {*kept_pages(visitor)}
        assert NAME in stranger.get("/account").text

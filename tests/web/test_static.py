"""Static files: kept for ever under the address of what they hold, and under no other."""

import re
from contextlib import closing

import pytest

from tests.web.conftest import Browser

_FOR_EVER = "public, max-age=31536000, immutable"


def kept(stranger: Browser, address: str) -> str | None:
    """How long a browser keeps what is at an address."""
    with closing(stranger.client.get(address)) as reply:
        assert reply.status_code == 200
        return reply.headers.get("Cache-Control")


def test_a_page_names_static_files_by_what_they_hold_and_those_are_kept_for_ever(stranger: Browser) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', stranger.client.get("/set-up").text)
    assert len(addresses) > 3
    assert {kept(stranger, address) for address in addresses} == {_FOR_EVER}


@pytest.mark.parametrize("version", ["", "0123456789ab", "%00", "あ"])
def test_under_an_address_of_another_version_a_file_is_asked_for_again(version: str, stranger: Browser) -> None:
    """Else whoever asks for the next version's address before an upgrade fills nginx's cache with the old file."""
    assert kept(stranger, f"/static/study.js?v={version}") == "no-cache"
    assert kept(stranger, "/static/study.js") == "no-cache"

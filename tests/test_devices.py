"""Short names for devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.devices import device_label

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome, Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/141.0.0.0", "Edge, Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome, ChromeOS"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 OPR/120.0.0.0", "Opera, Linux"),
        (f"Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 {CHROME} Safari/537.36", "Samsung Internet, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Safari/605.1.15",
            "Safari, macOS",
        ),
        ("curl/8.14.1", "curl"),
        ("", ""),
        ("\x1b[31mred", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_device_is_named_by_browser_and_system(user_agent: str, label: str) -> None:
    assert device_label(user_agent) == label


@given(st.text(max_size=300))
def test_whatever_a_client_sends_the_label_is_short_and_plain(user_agent: str) -> None:
    label = device_label(user_agent)
    assert len(label) <= 40
    assert label.isascii()
    assert label.isprintable()
    assert not set(label) & set("<>&\"'")

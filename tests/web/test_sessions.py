"""The cookie: how long a login lasts is the server's word, not the cookie's age."""

from datetime import timedelta

import time_machine
from flask import Flask

from app.learner import Learner
from tests.conftest import NOW
from tests.web.conftest import Browser, entered


def test_a_login_outlives_a_clock_that_is_set_back(app: Flask, hanako: Learner) -> None:
    with time_machine.travel(NOW):
        browser = entered(app, hanako.name)
    with time_machine.travel(NOW - timedelta(days=2)):
        assert browser.get("/").status_code == 200


def test_a_cookie_that_was_changed_is_nobodys(app: Flask, hanako: Learner) -> None:
    browser = entered(app, hanako.name)
    held = browser.client.get_cookie("oboegaki")
    assert held is not None
    forged = Browser(app.test_client())
    forged.client.set_cookie("oboegaki", held.value[:-4] + ("AAAA" if held.value[-4:] != "AAAA" else "BBBB"))
    assert forged.get("/").status_code == 302

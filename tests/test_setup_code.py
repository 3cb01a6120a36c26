"""The one-time code for the first account."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import OboegakiError, RefusedError
from app.learner import Learner
from app.models import SetupCode, User
from app.setup_code import claim_server, is_claimed, issue_setup_code
from tests.conftest import NOW
from tests.entrance import PASSWORD, QUICK, add_account, enter

WRONG = (
    "The set-up code is wrong or was replaced by a later one; the one that holds is the last that "
    '"make run" printed; in a container, "docker compose logs app" shows it'
)
CLAIMED = "This server has its first account already; log in, or ask its administrator for one"


def issue(database: Database) -> str:
    """A code for an unclaimed server, committed."""
    with database.writing() as session:
        code = issue_setup_code(session, NOW)
    assert code is not None
    return code


def claim(database: Database, code: str, name: str = "hanako", password: str = PASSWORD) -> Learner:
    """Claim the server."""
    with database.writing() as session:
        return claim_server(session, code, name, password, "Asia/Tokyo", "ja", NOW, QUICK)


def refusal(database: Database, code: str) -> str:
    """Why the claim is refused."""
    with pytest.raises(RefusedError) as refused:
        claim(database, code)
    return str(refused.value)


def test_the_code_makes_an_administrator_who_can_log_in(database: Database) -> None:
    learner = claim(database, issue(database))
    expected = Learner(id=learner.id, name="hanako", time_zone="Asia/Tokyo", language="ja", is_admin=True)
    assert learner == expected
    assert enter(database, "hanako").learner == expected


def test_a_code_is_128_bits_that_a_double_click_selects(session: Session) -> None:
    code = issue_setup_code(session, NOW)
    assert code is not None
    assert len(bytes.fromhex(code)) == 16
    assert code.isalnum()


def test_only_the_hash_of_a_code_is_stored(session: Session) -> None:
    code = issue_setup_code(session, NOW)
    assert code is not None
    stored = session.scalars(select(SetupCode.code_hash)).one()
    assert len(stored) == 32
    assert stored not in (code.encode(), bytes.fromhex(code))


def test_a_code_may_be_pasted_with_spaces_and_in_capitals(database: Database) -> None:
    assert claim(database, f" {issue(database).upper()}\n").is_admin


@pytest.mark.parametrize("code", ["", "0" * 32, "\0", "\ud800"])
def test_a_wrong_code_makes_no_account_and_says_where_the_right_one_is(database: Database, code: str) -> None:
    issue(database)
    assert refusal(database, code) == WRONG
    with database.reading() as session:
        assert not is_claimed(session)


def test_without_a_code_there_is_no_account(database: Database) -> None:
    assert refusal(database, "") == WRONG


def test_a_new_code_replaces_the_former_one(database: Database) -> None:
    former, present = issue(database), issue(database)
    assert refusal(database, former) == WRONG
    assert claim(database, present).is_admin


def test_a_code_dies_with_its_use(database: Database) -> None:
    code = issue(database)
    claim(database, code)
    assert refusal(database, code) == CLAIMED
    with database.reading() as session:
        assert session.scalars(select(SetupCode)).all() == []


def test_a_claimed_server_issues_no_code(database: Database) -> None:
    claim(database, issue(database))
    with database.writing() as session:
        assert issue_setup_code(session, NOW) is None


def test_an_account_made_on_the_command_line_makes_the_code_worthless(database: Database) -> None:
    code = issue(database)
    add_account(database, "taro")
    assert refusal(database, code) == CLAIMED


def test_a_password_that_is_not_taken_leaves_the_code_alive(database: Database) -> None:
    code = issue(database)
    with pytest.raises(OboegakiError, match="The password is shorter than 8 characters"):
        claim(database, code, password="short")
    assert claim(database, code).is_admin


def test_of_two_claims_at_once_one_wins(database: Database) -> None:
    code = issue(database)

    def outcome(name: str) -> str:
        try:
            return claim(database, code, name).name
        except RefusedError as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(outcome, ["a", "b", "c", "d"]))
    assert outcomes.count(CLAIMED) == 3
    with database.reading() as session:
        assert session.scalar(select(func.count(User.id))) == 1

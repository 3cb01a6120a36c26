"""`oboegaki due`: what is due today, for a shell's prompt or a reminder by cron."""

import json

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, queue
from app.accounts import id_of
from app.cli.context import database
from app.logins import learner_of
from app.models import User
from app.queue import Left


@click.command()
@click.option("--user", "name", help="Only this account.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def due(name: str | None, as_json: bool) -> None:
    """Print how many cards each account has left today: due, new, again."""
    with database() as opened, opened.reading() as session:
        counts = _left_today(session, name)
    if as_json:
        click.echo(json.dumps({user: left._asdict() for user, left in counts.items()}))
        return
    for user, left in counts.items():
        click.echo(f"{user}: {left.due} due, {left.new} new, {left.again} again")


def _left_today(session: Session, name: str | None) -> dict[str, Left]:
    users = select(*User.__table__.c).where(User.closed_at.is_(None)).order_by(User.name_key)
    if name is not None:
        users = users.where(User.id == id_of(session, name))
    counts = {}
    for user in session.execute(users).all():
        learner = learner_of(user)
        sitting = queue.sit_down(session, learner, learner.study_day(clock.now()))
        counts[user.name] = queue.left(session, sitting)
    return counts

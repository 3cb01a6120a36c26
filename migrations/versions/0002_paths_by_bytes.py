"""Deck paths go by their bytes on PostgreSQL too: "below a deck" is a range of them, which other orders tear apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _collate("C")


def downgrade() -> None:
    _collate("default")


def _collate(collation: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("decks", "path", type_=sa.Text(collation=collation))

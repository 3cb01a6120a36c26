"""The first schema, with the triggers that keep the review log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TRIGGERS = {
    "sqlite": (
        """
        CREATE TRIGGER reviews_never_change BEFORE UPDATE ON reviews
        BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END
        """,
        """
        CREATE TRIGGER reviews_never_go BEFORE DELETE ON reviews
        WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND closed_at IS NOT NULL)
        BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION reviews_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'reviews are append-only'; END $$
        """,
        """
        CREATE FUNCTION reviews_go_with_their_account() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND closed_at IS NOT NULL) THEN
                RAISE EXCEPTION 'reviews are append-only';
            END IF;
            RETURN OLD;
        END $$
        """,
        """
        CREATE TRIGGER reviews_never_change BEFORE UPDATE ON reviews
        FOR EACH ROW EXECUTE FUNCTION reviews_are_append_only()
        """,
        """
        CREATE TRIGGER reviews_never_go BEFORE DELETE ON reviews
        FOR EACH ROW EXECUTE FUNCTION reviews_go_with_their_account()
        """,
        """
        CREATE TRIGGER reviews_are_never_emptied BEFORE TRUNCATE ON reviews
        FOR EACH STATEMENT EXECUTE FUNCTION reviews_are_append_only()
        """,
    ),
}


def upgrade() -> None:
    op.create_table(
        "renderings",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("renderer", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_renderings")),
    )
    op.create_table(
        "media",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media")),
    )
    op.create_table(
        "setup_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_setup_codes")),
    )
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("day_start", sa.Integer(), nullable=False),
        sa.Column("new_per_day", sa.Integer(), nullable=False),
        sa.Column("reviews_per_day", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("full_scale", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("day_start BETWEEN 0 AND 23", name=op.f("ck_users_day_start")),
        sa.CheckConstraint("new_per_day >= 0", name=op.f("ck_users_new_per_day")),
        sa.CheckConstraint("reviews_per_day >= 1", name=op.f("ck_users_reviews_per_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
    )
    op.create_table(
        "decks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("held", sa.LargeBinary(), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_decks_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decks")),
    )
    with op.batch_alter_table("decks", schema=None) as batch_op:
        batch_op.create_index("ix_decks_position", ["position", "id"], unique=False)
        batch_op.create_index(
            "uq_decks_library_path",
            ["path"],
            unique=True,
            sqlite_where=sa.text("owner_id IS NULL"),
            postgresql_where=sa.text("owner_id IS NULL"),
        )
        batch_op.create_index(
            "uq_decks_owner_path",
            ["owner_id", "path"],
            unique=True,
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        )

    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_imports_owner_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_imports_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "deck_media",
        sa.Column("deck_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_deck_media_deck_id")),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_deck_media_sha256")),
        sa.PrimaryKeyConstraint("deck_id", "name", name=op.f("pk_deck_media")),
    )
    with op.batch_alter_table("deck_media", schema=None) as batch_op:
        batch_op.create_index("ix_deck_media_sha256", ["sha256"], unique=False)

    op.create_table(
        "import_media",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_media_import_id")),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_import_media_sha256")),
        sa.PrimaryKeyConstraint("import_id", "sha256", name=op.f("pk_import_media")),
    )
    with op.batch_alter_table("import_media", schema=None) as batch_op:
        batch_op.create_index("ix_import_media_sha256", ["sha256"], unique=False)

    op.create_table(
        "logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_logins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_logins_token_hash")),
    )
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logins_user_id"), ["user_id"], unique=False)

    op.create_table(
        "new_cursors",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("deck_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_new_cursors_deck_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_new_cursors_user_id")),
        sa.PrimaryKeyConstraint("user_id", "deck_id", name=op.f("pk_new_cursors")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deck_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("front", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("deletions", sa.JSON(), nullable=True),
        sa.Column("gone_deletions", sa.JSON(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("text_key", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('basic', 'reversed', 'cloze')", name=op.f("ck_notes_kind")),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_notes_deck_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index("ix_notes_deck_position", ["deck_id", "position"], unique=False)
        batch_op.create_index(
            "ix_notes_text_key",
            ["text_key"],
            unique=False,
            sqlite_where=sa.text("retired_at IS NOT NULL"),
            postgresql_where=sa.text("retired_at IS NOT NULL"),
        )

    op.create_table(
        "cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("deck_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.CheckConstraint("ordinal >= 1", name=op.f("ck_cards_ordinal")),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_cards_deck_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_cards_note_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cards_deck_position",
            ["deck_id", "position"],
            unique=False,
            sqlite_where=sa.text("position IS NOT NULL"),
            postgresql_where=sa.text("position IS NOT NULL"),
        )
        batch_op.create_index("uq_cards_note_ordinal", ["note_id", "ordinal"], unique=True)

    op.create_table(
        "import_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("deck_id", sa.Integer(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_import_changes_deck_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_changes_import_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_import_changes_note_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_changes")),
    )
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.create_index("ix_import_changes_import", ["import_id"], unique=False)

    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("study_day", sa.Date(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'grade') = (grade IS NOT NULL)", name=op.f("ck_reviews_grade_given")),
        sa.CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name=op.f("ck_reviews_undoes")),
        sa.CheckConstraint("kind IN ('grade', 'undo', 'reset')", name=op.f("ck_reviews_kind")),
        sa.CheckConstraint("grade BETWEEN 0 AND 5", name=op.f("ck_reviews_grade")),
        sa.CheckConstraint("took_ms >= 0", name=op.f("ck_reviews_took_ms")),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_reviews_card_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reviews_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.create_index("ix_reviews_card", ["user_id", "card_id", "answered_at"], unique=False)
        batch_op.create_index("ix_reviews_study_day", ["user_id", "study_day", "answered_at"], unique=False)
        batch_op.create_index(
            "ix_reviews_undoes",
            ["undoes"],
            unique=False,
            sqlite_where=sa.text("undoes IS NOT NULL"),
            postgresql_where=sa.text("undoes IS NOT NULL"),
        )

    op.create_table(
        "schedules",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("deck_id", sa.Integer(), nullable=True),
        sa.Column("repetitions", sa.Integer(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("easiness", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("repeat_on", sa.Date(), nullable=True),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("introduced_on", sa.Date(), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("buried_until", sa.Date(), nullable=True),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(due IS NULL) = (interval = 0)", name=op.f("ck_schedules_new")),
        sa.CheckConstraint("easiness >= 130", name=op.f("ck_schedules_easiness")),
        sa.CheckConstraint("interval BETWEEN 0 AND 36500", name=op.f("ck_schedules_interval")),
        sa.CheckConstraint("lapses >= 0", name=op.f("ck_schedules_lapses")),
        sa.CheckConstraint("repetitions >= 0", name=op.f("ck_schedules_repetitions")),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name=op.f("fk_schedules_card_id")),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name=op.f("fk_schedules_deck_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_schedules_user_id")),
        sa.PrimaryKeyConstraint("user_id", "card_id", name=op.f("pk_schedules")),
    )
    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedules_card_id"), ["card_id"], unique=False)
        batch_op.create_index(
            "ix_schedules_deck_due",
            ["user_id", "deck_id", "due", "card_id", "buried_until"],
            unique=False,
            sqlite_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0"),
            postgresql_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended"),
        )
        batch_op.create_index(
            "ix_schedules_due",
            ["user_id", "due", "card_id", "deck_id", "buried_until"],
            unique=False,
            sqlite_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0"),
            postgresql_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended"),
        )
        batch_op.create_index(
            "ix_schedules_introduced",
            ["user_id", "introduced_on"],
            unique=False,
            sqlite_where=sa.text("introduced_on IS NOT NULL"),
            postgresql_where=sa.text("introduced_on IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_schedules_repeat",
            ["user_id", "repeat_on", "answered_at"],
            unique=False,
            sqlite_where=sa.text("repeat_on IS NOT NULL"),
            postgresql_where=sa.text("repeat_on IS NOT NULL"),
        )

    for trigger in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(trigger)


def downgrade() -> None:
    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_schedules_repeat",
            sqlite_where=sa.text("repeat_on IS NOT NULL"),
            postgresql_where=sa.text("repeat_on IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_schedules_introduced",
            sqlite_where=sa.text("introduced_on IS NOT NULL"),
            postgresql_where=sa.text("introduced_on IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_schedules_due",
            sqlite_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0"),
            postgresql_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended"),
        )
        batch_op.drop_index(
            "ix_schedules_deck_due",
            sqlite_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND suspended = 0"),
            postgresql_where=sa.text("due IS NOT NULL AND deck_id IS NOT NULL AND NOT suspended"),
        )
        batch_op.drop_index(batch_op.f("ix_schedules_card_id"))

    op.drop_table("schedules")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_reviews_undoes",
            sqlite_where=sa.text("undoes IS NOT NULL"),
            postgresql_where=sa.text("undoes IS NOT NULL"),
        )
        batch_op.drop_index("ix_reviews_study_day")
        batch_op.drop_index("ix_reviews_card")

    op.drop_table("reviews")
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_import_changes_import")

    op.drop_table("import_changes")
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.drop_index("uq_cards_note_ordinal")
        batch_op.drop_index(
            "ix_cards_deck_position",
            sqlite_where=sa.text("position IS NOT NULL"),
            postgresql_where=sa.text("position IS NOT NULL"),
        )

    op.drop_table("cards")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notes_text_key",
            sqlite_where=sa.text("retired_at IS NOT NULL"),
            postgresql_where=sa.text("retired_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_notes_deck_position")

    op.drop_table("notes")
    op.drop_table("new_cursors")
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_logins_user_id"))

    op.drop_table("logins")
    with op.batch_alter_table("import_media", schema=None) as batch_op:
        batch_op.drop_index("ix_import_media_sha256")

    op.drop_table("import_media")
    with op.batch_alter_table("deck_media", schema=None) as batch_op:
        batch_op.drop_index("ix_deck_media_sha256")

    op.drop_table("deck_media")
    op.drop_table("imports")
    with op.batch_alter_table("decks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_decks_owner_path",
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_decks_library_path",
            sqlite_where=sa.text("owner_id IS NULL"),
            postgresql_where=sa.text("owner_id IS NULL"),
        )
        batch_op.drop_index("ix_decks_position")

    op.drop_table("decks")
    op.drop_table("users")
    op.drop_table("throttles")
    op.drop_table("setup_codes")
    op.drop_table("media")
    op.drop_table("renderings")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reviews_are_append_only(), reviews_go_with_their_account()")

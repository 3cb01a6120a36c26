"""`flask db check` on a database that the migrations made: exit status 1 when the models say something else."""

import subprocess
import sys
import tempfile

from app.config import from_environment
from app.db import Database


def main() -> int:
    """Migrate an empty database and compare it with the models."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"OBOEGAKI_DATA_DIR": folder}
        database = Database(from_environment(environment))
        database.migrate()
        database.close()
        command = [sys.executable, "-m", "flask", "--app", "app.migrating", "db", "check"]
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

"""The app for uWSGI: refuses to start on a schema that is not this program's."""

from app import create_app
from app.db import Database

application = create_app()
_database: Database = application.extensions["database"]
_database.check_schema()

"""The app for uWSGI: refuses to start on a schema that is not this program's; its first worker watches the decks."""

import gc

import uwsgi

from app import create_app
from app.watching import FolderWatch

application = create_app()
application.extensions["database"].check_schema()
if uwsgi.worker_id() == 1:
    FolderWatch(application.extensions["database"], application.extensions["config"]).start()
# What the app consists of stays until the end: the collector need not walk over it again and again.
gc.collect()
gc.freeze()

"""gunicorn behind nginx: `passport serve --config deploy/gunicorn.conf.py`.

Only what differs from a start without it (app/cli/serve.py). Every gunicorn setting may stand here. HUP does
not reload the product, whose code is loaded before the workers are forked; a restart does.
"""

bind = ["127.0.0.1:8000"]

# A worker that grows is replaced; not all at the same moment.
max_requests = 20_000
max_requests_jitter = 4_000

# nginx waits 60 s for an answer; a worker that is silent for longer is replaced.
timeout = 60
graceful_timeout = 30

# nginx writes the access log. What goes wrong goes to stderr, so to the journal.
accesslog = None
loglevel = "info"

"""The files on disk, shown in MLflow: a projection that can be rebuilt and cannot change a result."""

import os

# Read by MLflow when it is imported: nothing leaves the machine, and only warnings are printed.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
# A server that is gone is known to be in less than 20 seconds, by two tries, instead of in minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "9")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")

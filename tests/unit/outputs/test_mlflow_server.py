"""The same against a real `mlflow server`, over HTTP, and what its pages show in a browser."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from mlflow import MlflowClient

from pipeline.errors import UserError
from pipeline.outputs.tracking.locks import CLAIM
from tests.unit.outputs.test_mlflow_shared import DEAD, start
from tests.unit.outputs.test_tracking import test_every_number_of_a_run_is_in_mlflow as check_numbers
from tests.unit.outputs.tracked_files import STUDY, VARIANTS, Files, client, only, runs

LIMIT = 20.0
SECONDS_TO_START = 300.0
HEADS = """() => [...document.querySelectorAll(".ag-header-cell")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right <= innerWidth && one.innerText.trim())
  .sort((a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x).map((one) => one.innerText.trim())"""


@dataclass
class Server:
    """A process group, and where it answers."""

    process: subprocess.Popen[bytes]
    uri: str

    def signal(self, number: int) -> None:
        os.killpg(self.process.pid, number)


@pytest.fixture
def server(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with an empty store, which MLFLOW_TRACKING_URI names."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = Path(os.environ["DVC_ROOT"]) / "mlflow.db"
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{store}", "--artifacts-destination", str(tmp_path / "served")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words], env=environment, cwd=tmp_path, start_new_session=True
    )
    running = Server(process, f"http://127.0.0.1:{port}")
    try:
        _wait(running)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", running.uri)
        yield running
    finally:
        running.signal(signal.SIGKILL)
        process.wait()


def _wait(server: Server) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urlopen(f"{server.uri}/health", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < end and server.process.poll() is None
            time.sleep(0.2)


def test_every_number_once_over_http_and_no_claim_is_left(server: Server, files: Files, tmp_path: Path) -> None:
    MlflowClient(server.uri).create_registered_model(CLAIM, {"claimcheck.writer": DEAD})  # a killed process's
    assert files.track().added == 7
    assert files.track().added == 0
    check_numbers(files)
    assert len(runs()) == 7
    assert client().search_registered_models() == []
    shown = {one.path for one in client().list_artifacts(only("/none@").info.run_id)}
    assert {"runs.json", "history.csv", "summary.txt"} <= shown
    assert list((tmp_path / "served").rglob("runs.json"))


@pytest.mark.slow
def test_processes_at_once_over_http_add_every_run_once(server: Server, files: Files) -> None:
    # One server answers eight; how long a busy one may take is not what is asked here.
    every = [start(files, MLFLOW_HTTP_REQUEST_TIMEOUT="120") for _ in range(8)]
    assert sorted(int(process.communicate()[0]) for process in every) == [0] * 7 + [7]
    assert len(runs()) == 7
    assert client().search_registered_models() == []


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_server_that_goes_away_meanwhile_is_given_up_within_the_limit(
    server: Server, files: Files, monkeypatch: pytest.MonkeyPatch, how: int
) -> None:
    whole = MlflowClient.log_batch
    gone: list[float] = []

    def goes(*args: object, **kwargs: object) -> None:
        if not gone:
            server.signal(how)
            gone.append(time.monotonic())
        whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", goes)
        with pytest.raises(UserError, match=f"{server.uri}.*make track"):
            files.track()
    assert time.monotonic() - gone[0] < LIMIT
    if how == signal.SIGSTOP:
        server.signal(signal.SIGCONT)
        assert files.track().runs == 7
        assert len(runs()) == 7


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of what drives the browser
def test_a_studys_description_leads_to_its_variants_by_accuracy_n_and_verdict(
    browser: Any, server: Server, files: Files
) -> None:
    files.track()
    experiment = client().get_experiment_by_name(STUDY).experiment_id
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(1000 * SECONDS_TO_START)
    page.goto(f"{server.uri}/#/experiments/{experiment}/runs")
    link = page.get_by_role("link", name="Variants by accuracy, with n and verdict")
    link.wait_for()
    page.goto(f"{server.uri}/{link.get_attribute('href')}")
    page.get_by_role("columnheader", name="verdict").first.wait_for()
    page.get_by_role("link", name=VARIANTS[1]).first.wait_for()
    assert page.evaluate(HEADS)[:5] == ["Run Name", "Created", "test/accuracy", "n", "verdict"]

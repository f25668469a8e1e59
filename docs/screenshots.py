"""Pictures of a report and of its MLflow, for the documents: `python -m docs.screenshots <folder> [study]`.

It takes Chromium (`apt-get install chromium`) and the extra `browser`, and writes docs/images/.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from mlflow import MlflowClient
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pipeline import layout

IMAGES = Path(__file__).parent / "images"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZE = {"width": 1400, "height": 900}
QUALITY, LARGEST = 75, 150_000  # of a picture; bytes
SETTLED = 3000  # milliseconds, for what is drawn after the last answer
SECONDS = 900  # that a loaded machine may take for a page, or to start
WITHOUT_ASSISTANT = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"


class Place(NamedTuple):
    """What a picture shows: its name, where it is, and a text that is there once the page is whole."""

    name: str
    address: str
    text: str


def main(folder: Path, study: str) -> None:
    """Take every picture, of the report and of MLflow."""
    index = (folder / layout.REPORT / "index.html").absolute().as_uri()
    with serve(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.set_default_timeout(1000 * SECONDS)
        page.add_init_script(WITHOUT_ASSISTANT)
        for place in (Place("report", index, "conclusions"), *list_places(folder, study, url)):
            take(page, place)
        browser.close()


def list_places(folder: Path, study: str, url: str) -> Iterator[Place]:
    """MLflow's pages of a study."""
    client = MlflowClient(f"sqlite:///{(folder / layout.MLFLOW).absolute()}")
    experiment = client.get_experiment_by_name(study).experiment_id
    compared = "tags.`claimcheck.level` = 'variant' AND tags.verdict != 'control' AND tags.verdict != 'identical'"
    [best, *_] = client.search_runs([experiment], compared, order_by=["metrics.`test/accuracy` DESC"])
    [comparison] = client.search_runs([experiment], "tags.`claimcheck.level` = 'comparison'")
    [model] = client.search_logged_models([experiment], f"name = '{study}-{best.info.run_name}'")
    studies = f"{url}/#/experiments"
    runs, workflow = f"{studies}/{experiment}/runs", "workflowType=machine_learning"
    yield Place("mlflow_experiments", f"{studies}?{workflow}", study)
    yield Place("mlflow_runs", f"{runs}?viewStateShareKey=results&{workflow}", "difference/estimate")
    yield Place("mlflow_variant", f"{runs}/{best.info.run_id}?{workflow}", "difference/estimate")
    yield Place("mlflow_comparison", f"{runs}/{comparison.info.run_id}?{workflow}", "p_adjusted")
    yield Place("mlflow_model", f"{studies}/{experiment}/models/{model.model_id}?{workflow}", "test/accuracy")


def take(page: Page, place: Place) -> None:
    """Picture of what a page first shows, as small as it has to be."""
    page.goto("about:blank")  # so that MLflow's page is loaded anew, not only its fragment
    page.goto(place.address)
    page.get_by_text(place.text).filter(visible=True).first.wait_for()
    page.wait_for_timeout(SETTLED)
    file = IMAGES / f"{place.name}.webp"
    Image.open(BytesIO(page.screenshot())).save(file, quality=QUALITY, method=6)
    if (size := file.stat().st_size) > LARGEST:
        sys.exit(f"{file}: expected at most {LARGEST} bytes, received {size}.")


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """MLflow's pages of a folder's store, as `make ui` serves them; their address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = ["mlflow", "ui", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,  # a line a request
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{url}/health")
        yield url
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def wait_for(url: str) -> None:
    """Wait until an address answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"{url}: no answer within {SECONDS} seconds.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "mnist_regularizers")

"""Stage download: one data set's raw arrays, fetched or generated, verified, then written."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.sources import load
from pipeline.files import read_json, replaced, root, write_arrays, write_json


def download(data_set: str) -> None:
    """Write data/raw/<data_set>/ with the arrays and where they came from."""
    source = read_json(layout.source_plan(data_set))
    print(f"{data_set}: {source['description']}", flush=True)
    arrays = load(source, root())
    with replaced(layout.RAW / data_set) as folder:
        write_arrays(folder / "arrays.npz", arrays)
        write_json(folder / "source.json", source)


if __name__ == "__main__":
    run(download)

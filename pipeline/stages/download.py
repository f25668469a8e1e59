"""Stage download: one data set's raw arrays, fetched or generated, verified, then written once, if they are needed."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.sources import load
from pipeline.files import digest, root, write_array, write_model
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_source


def download(data_set: str) -> None:
    """Write data/raw/<data_set>/ with the arrays and where they came from, digests included.

    The folder stays empty where no selected study needs the data set. DVC's run cache brings back what was there.
    """
    source = read_source(data_set)
    print(f"{data_set}: {source.description if source.needed else 'not needed by what is selected'}", flush=True)
    arrays = load(source, root()) if source.needed else {}
    with replaced_folder(layout.RAW / data_set) as folder:
        for name, array in arrays.items():
            write_array(folder / layout.raw_array(data_set, name).name, array)
        if arrays:
            found = {name: digest(array) for name, array in arrays.items()}
            path = folder / layout.raw_source(data_set).name
            write_model(path, source.model_copy(update={"sha256": found}))


if __name__ == "__main__":
    run(download)

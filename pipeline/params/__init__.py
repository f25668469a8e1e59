"""params.yaml as frozen, validated objects; `read` is the only reader of the file."""

from pipeline.params.read import read
from pipeline.params.schema import Params, Recipe, Source, Study, Task, Variant

__all__ = ["Params", "Recipe", "Source", "Study", "Task", "Variant", "read"]

"""Reads params.yaml once: YAML to validated, frozen objects, with errors that name file and key."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import UserError
from pipeline.params.check import check_references
from pipeline.params.schema import Params
from pipeline.params.validate import validate


def read(path: Path) -> Params:
    """Validated parameters of a params.yaml.

    Parameters
    ----------
    path : pathlib.Path
        The file; YAML 1.2, as DVC reads it (`1e-4` is a number, `off` is a string).

    Raises
    ------
    UserError
        Naming the file, the key, what was expected and received, and the nearest legal value.
    """
    params = validate(Params, _parse(path), str(path))
    check_references(params, str(path))
    return params


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: expected a readable file; {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8 text; {error}.") from None
    try:
        data = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise UserError(f"{path}: expected valid YAML; {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: expected a mapping of sections; received {data!r}.")
    return data

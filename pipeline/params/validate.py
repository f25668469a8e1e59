"""Pydantic validation whose errors name file and key, what was expected and what was received."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from pipeline.errors import UserError, hint
from pipeline.params.section import CLAIM_ID, NAME

Model = TypeVar("Model", bound=BaseModel)

NAMES = {NAME: "a-z, 0-9 and _", CLAIM_ID: "letters, digits, _ and -"}  # by pattern


def validate(model: type[Model], data: Any, where: str, prefix: Callable[[str], str] = lambda field: "") -> Model:
    """Instance of a pydantic model, or a UserError that lists every mistake with its key.

    Parameters
    ----------
    model : type of pydantic.BaseModel
        The section's class.
    data : object
        What the file holds for the section.
    where : str
        The file, as the user knows it.
    prefix : callable
        Key, with a trailing dot, under which a field of the section stands in the file.

    Raises
    ------
    UserError
        One line for each mistake.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_line(model, data, dict(mistake), where, prefix) for mistake in error.errors()]
        raise UserError("\n".join(lines)) from None


def _line(model: type[BaseModel], data: Any, mistake: dict[str, Any], where: str, prefix: Callable[[str], str]) -> str:
    location = [part for part in mistake["loc"] if part != "[key]"]
    key = (prefix(str(location[0]) if location else "") + ".".join(map(str, location))).rstrip(".")
    received = mistake["input"]
    if mistake["type"] == "extra_forbidden":
        legal = _legal_keys(model, location[:-1])
        return f"{where}: {key}: unknown key. {hint(location[-1], legal)}"
    if mistake["type"] == "missing":
        return f"{where}: {key}: expected a value, received none."
    if mistake["type"] == "literal_error":
        legal = [name.strip(" '") for name in mistake["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"{where}: {key}: received {received!r}. {hint(received, legal)}"
    if mistake["type"] == "unknown_name":
        return f"{where}: {key}: received {received!r}. {mistake['msg']}"
    if mistake["type"] == "string_pattern_mismatch" and (name := NAMES.get(mistake["ctx"]["pattern"])):
        return f"{where}: {key}: expected a name of {name}; received {received!r}."
    said = mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = said if said.startswith("expected") else f"expected {said}"
    return f"{where}: {key}: {expected}; received {_shown(received)}."


def _shown(value: Any) -> str:
    kind = {"str": "the string ", "bool": "the boolean "}.get(type(value).__name__, "")
    if isinstance(value, Mapping):
        return f"a mapping with the keys {', '.join(map(str, value)) or '(none)'}"
    return f"{kind}{value!r}"


def _legal_keys(model: Any, path: list[Any]) -> list[str]:
    """Field names of the section found by following a path of keys through the schema."""
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(str(part))
            model = _section(field.annotation) if field else model
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _section(annotation: Any) -> Any:
    """Section class inside an annotation such as `Section | None` or `dict[str, Section]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section(argument) for argument in get_args(annotation))
    return next((one for one in found if one is not None), None)

"""The base of every section of params.yaml, and validation whose errors name file and key, expected and received."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from pipeline.errors import LONGEST_NAME, UserError, hint, nearest, shorten
from pipeline.layout import DECLARED_CLAIMS

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)

NAME = rf"^[a-z0-9_]{{1,{LONGEST_NAME}}}$"
CLAIM_ID = rf"^[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}$"
LONGEST_TEXT = 5000
MOST_LINES = 20  # of one message
OF_CLAIMS = re.compile(r"studies\.([^.]*)\.claims\b(.*)")
NAMES = {  # by pattern
    NAME: f"a-z, 0-9 and _, of at most {LONGEST_NAME} characters",
    CLAIM_ID: f"letters, digits, _ and -, of at most {LONGEST_NAME} characters",
}
Name = Annotated[str, Field(pattern=NAME)]
ClaimId = Annotated[str, Field(pattern=CLAIM_ID)]
Title = Annotated[str, Field(min_length=1, max_length=40)]  # what people read in place of a name
Named = Annotated[dict[Name, T], Field(min_length=0)]


def _printable(text: str) -> str:
    """Text without control characters, which a terminal obeys, XML forbids, and databases cut at."""
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in text):
        raise ValueError("expected text without control characters")
    return text


Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_printable)]
"""What people read."""


class Section(BaseModel):
    """A mapping of params.yaml: no unknown keys, no silent conversion, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Place(Section):
    """Where in a write-up something stands: a line of its text."""

    write_up: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    line: Annotated[int, Field(ge=1, lt=10**9)]

    def __str__(self) -> str:
        return f"{self.write_up}:{self.line}"


Places = Annotated[list[Place], BeforeValidator(lambda value: value if isinstance(value, list) else [value])]
"""One place, or a list of them."""


def name_among(legal: Iterable[str]) -> AfterValidator:
    """Validator that accepts only the given names and offers the nearest of them."""
    names = tuple(legal)

    def check(received: str) -> str:
        if received not in names:
            raise PydanticCustomError("unknown_name", "{hint}", {"hint": hint(received, names)})
        return received

    return AfterValidator(check)


def validate(model: type[Model], data: Any, where: str, prefix: Callable[[str], str] = lambda field: "") -> Model:
    """Instance of a pydantic model, or a UserError with one line for each mistake.

    Parameters
    ----------
    data : object
        What the file holds for the section.
    where : str
        The file, as the user knows it.
    prefix : callable
        Key, with a trailing dot, under which a field of the section stands in the file.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors()
        lines = [_line(model, data, dict(mistake), where, prefix) for mistake in mistakes[: MOST_LINES - 1]]
        more = len(mistakes) - len(lines)
        raise UserError("\n".join([*lines, *([f"... and {more} more mistakes."] if more else [])])) from None


def place(where: str, key: str) -> str:
    """File and key as the user knows them: what lies within a study's claims stands in claims.yaml."""
    if found := OF_CLAIMS.fullmatch(key):
        return f"{Path(where).with_name(DECLARED_CLAIMS.name)}: {found[1]}{found[2]}"
    return f"{where}: {key}"


def _line(model: type[BaseModel], data: Any, mistake: dict[str, Any], where: str, prefix: Callable[[str], str]) -> str:
    location = [part for part in mistake["loc"] if part != "[key]"]
    path = ".".join(shorten(str(one), 120) for one in location)
    key = (prefix(str(location[0]) if location else "") + path).rstrip(".")
    at, received = place(where, key), mistake["input"]
    if mistake["type"] == "extra_forbidden":
        legal = _legal_keys(model, location[:-1])
        return f"{at}: unknown key. {hint(location[-1], legal)}"
    if mistake["type"] == "missing":
        return f"{at}: expected a value, received none.{_misnamed(data, location[:-1], received)}"
    if mistake["type"] == "literal_error":
        legal = [name.strip(" '") for name in mistake["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"{at}: received {_repr(received)}. {hint(received, legal)}"
    if mistake["type"] == "unknown_name":
        return f"{at}: received {_repr(received)}. {mistake['msg']}"
    if mistake["type"] == "string_pattern_mismatch" and (name := NAMES.get(mistake["ctx"]["pattern"])):
        return f"{at}: expected a name of {name}; received {_repr(received)}."
    said = mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = said if said.startswith("expected") else f"expected {said}"
    return f"{at}: {expected}; received {_shown(received)}."


def _misnamed(data: Any, path: list[Any], section: Any) -> str:
    """The nearest name beside that of a section of one value, as `-S` adds it where a name is mistyped."""
    if not path or not isinstance(section, Mapping) or len(section) != 1:
        return ""
    for part in path[:-1]:
        data = data.get(part) if isinstance(data, Mapping) else None
    close = nearest(path[-1], [name for name in data or () if name != path[-1]])
    return f" Did you mean '{close}'?" if close else ""


def _shown(value: Any) -> str:
    kind = {"str": "the string ", "bool": "the boolean "}.get(type(value).__name__, "")
    if isinstance(value, Mapping):
        return shorten(f"a mapping with the keys {', '.join(map(str, value)) or '(none)'}")
    return f"{kind}{_repr(value)}"


def _repr(value: Any) -> str:
    try:
        return shorten(repr(value))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"


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

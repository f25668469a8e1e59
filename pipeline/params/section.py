"""The base of every section of params.yaml, and the names that its keys and values may have."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from pipeline.errors import hint

T = TypeVar("T")

NAME = r"^[a-z0-9_]+$"
CLAIM_ID = r"^[A-Za-z0-9_-]+$"
Name = Annotated[str, Field(pattern=NAME)]
ClaimId = Annotated[str, Field(pattern=CLAIM_ID)]
Named = Annotated[dict[Name, T], Field(min_length=0)]


class Section(BaseModel):
    """A mapping of params.yaml: no unknown keys, no silent conversion, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Place(Section):
    """Where in a write-up something stands: a line of its text."""

    write_up: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    line: Annotated[int, Field(ge=1)]

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

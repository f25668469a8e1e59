"""The base of every section of params.yaml, and the names that its keys and values may have."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
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


def name_among(legal: Iterable[str]) -> AfterValidator:
    """Validator that accepts only the given names and offers the nearest of them."""
    names = tuple(legal)

    def check(received: str) -> str:
        if received not in names:
            raise PydanticCustomError("unknown_name", "{hint}", {"hint": hint(received, names)})
        return received

    return AfterValidator(check)

"""Names in params.yaml: how they are written, and the error that offers the nearest legal one."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.errors import hint

T = TypeVar("T")

NAME = r"^[a-z0-9_]+$"
CLAIM_ID = r"^[A-Za-z0-9_-]+$"
Name = Annotated[str, Field(pattern=NAME)]
ClaimId = Annotated[str, Field(pattern=CLAIM_ID)]
Named = Annotated[dict[Name, T], Field(min_length=0)]


def name_among(legal: Iterable[str]) -> AfterValidator:
    """Validator that accepts only the given names and offers the nearest of them."""
    names = tuple(legal)

    def check(received: str) -> str:
        if received not in names:
            raise PydanticCustomError("unknown_name", "{hint}", {"hint": hint(received, names)})
        return received

    return AfterValidator(check)

"""References between the sections of params.yaml: every name that is used must be declared."""

from collections.abc import Iterable

from pipeline.errors import UserError, hint
from pipeline.params.check_claims import check_claims
from pipeline.params.check_variants import check_compared, check_variants
from pipeline.params.resolve import needed_by, resolve_variant
from pipeline.params.schema import Params, Study


def check_references(params: Params, where: str) -> None:
    """Raise a UserError for the first name in params.yaml that refers to nothing."""
    _known(where, "profile", params.profile, params.profiles)
    for name, profile in params.profiles.items():
        for role, chosen in profile.data.items():
            _known(where, f"profiles.{name}.data.{role}", chosen, params.sources)
        for study in profile.studies:
            _known(where, f"profiles.{name}.studies.{study}", study, params.studies)
            _check_look(params, profile.studies[study].look, where, f"profiles.{name}.studies.{study}.look")
    for name, source in params.sources.items():
        if source.stand_in_for is not None:
            _known(where, f"sources.{name}.stand_in_for", source.stand_in_for, params.sources)
    roles = params.profiles[params.profile].data
    for name, task in params.tasks.items():
        _known(where, f"tasks.{name}.data", task.data, roles)
    for name, declared in params.studies.items():
        _check_study(params, declared, where, f"studies.{name}")


def _check_study(params: Params, study: Study, where: str, key: str) -> None:
    _known(where, f"{key}.task", study.task, params.tasks)
    _known(where, f"{key}.control", study.control, study.variants)
    _check_treatments(study, where, f"{key}.treatments")
    for name in study.only or ():
        _known(where, f"{key}.only", name, study.variants)
    resolved = {name: resolve_variant(study, name, where, key) for name in study.variants}
    for name, (variant, _) in resolved.items():
        _known(where, f"{key}.variants.{name}.task", variant.task or study.task, params.tasks)
        for field, other in needed_by(variant).items():
            _known(where, f"{key}.variants.{name}.{field}", other, study.variants)
    check_variants(params.tasks, study, resolved, where, key)
    check_compared(params.tasks, study, resolved, where, key)
    check_claims(params.tasks, study, where, key)


def _check_look(params: Params, look: int | None, where: str, key: str) -> None:
    """A look that a profile names is one of the protocol's, where it has any."""
    looks = params.protocol.looks
    if look is not None and looks and look > len(looks):
        raise UserError(f"{where}: {key}: expected a look of 1 to {len(looks)}; received {look}.")


def _check_treatments(study: Study, where: str, key: str) -> None:
    treatments = study.treatments or []
    for treatment in treatments:
        _known(where, key, treatment, study.variants)
    if study.control in treatments:
        raise UserError(f"{where}: {key}: expected treatments only; received the control '{study.control}'.")
    if len(set(treatments)) < len(treatments):
        raise UserError(f"{where}: {key}: expected each treatment once; received {', '.join(treatments)}.")


def _known(where: str, key: str, received: str, legal: Iterable[str]) -> None:
    names = list(legal)
    if received not in names:
        raise UserError(f"{where}: {key}: '{received}' is not declared. {hint(received, names)}")

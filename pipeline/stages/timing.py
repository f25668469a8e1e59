"""Stage timing: the times that claims speak of, measured side by side; apart from every result that is hashed."""

import pandas as pd

from pipeline import layout
from pipeline.claims.answers import answer_study, timed_variants
from pipeline.claims.ledger import make_ledger, merge_ledger, write_ledger
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.evaluation.collect import read_seconds
from pipeline.files import read_json, read_table, write_json, write_text
from pipeline.outputs.report.timings import describe_times, render_timings
from pipeline.params.plan import read_comparison, read_training, read_unselected
from pipeline.store import evaluation_store, run_store
from pipeline.training.timing import measure_study


def timing() -> None:
    """Write timings/claims.csv and timings/index.html, of times that are measured once for the same runs.

    The receipt says what was measured, not how long it took, so that no digest depends on a machine.
    """
    identities, training, comparison = read_identities(), read_training(), read_comparison()
    trained, evaluated = run_store(), evaluation_store()
    answers, receipt = [], {}
    for study, plan in comparison.items():
        if variants := timed_variants(plan):
            measured = measure_study(training[study], identities, variants, trained)
            answers += answer_study(plan, pd.DataFrame(measured.rows), {}, timed=True)
            receipt[study] = measured.fingerprints
    others = read_unselected().studies
    claims = merge_ledger(make_ledger(answers), layout.TIMING_CLAIMS, others)
    before = read_json(layout.TIMING_RECEIPT) if layout.TIMING_RECEIPT.exists() else {}
    write_ledger(layout.TIMING_CLAIMS, claims)
    timed = {
        study: describe_times(
            comparison[study],
            read_seconds(plan, identities, trained, evaluated),
            read_table(layout.evaluated_runs(study)),
        )
        for study, plan in training.items()
    }
    stand_in = any(one.stand_in for plan in comparison.values() for one in plan.data.values())
    write_text(layout.TIMING_PAGE, render_timings(timed, claims, stand_in))
    write_json(layout.TIMING_RECEIPT, {name: one for name, one in before.items() if name in others} | receipt)


if __name__ == "__main__":
    run(timing)

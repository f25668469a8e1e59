"""Every fault, in the order of the table. A new kind is a module with a list of rows, and a name here."""

from tests.faults.damage import DAMAGE
from tests.faults.disk import DISK
from tests.faults.kills import KILLS
from tests.faults.mlflow_store import MLFLOW
from tests.faults.shared import SHARED

FAULTS = [*KILLS, *DAMAGE, *DISK, *MLFLOW, *SHARED]

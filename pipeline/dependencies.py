"""stub"""


def fingerprint_code(entries, leave=()):
    return "stub"

"""What a sample's id says about the patient, and when it says nothing."""

from __future__ import annotations

import re

# shorter ids, such as 12 or P03, are counts that many cohorts use
SHORTEST_ID = 5
_ROW_NUMBER = re.compile(r"(?i)(row|sample|patient|case|tumou?r|subject|id|pid|[ptsvx])?[\W_]*\d+")
_TCGA = re.compile(r"(tcga.{6})(\d\d.*)?")


def names_nobody(sample: str) -> bool:
    """Whether an id is one that any two tables may share: a row's number, or shorter than five characters."""
    return len(sample) < SHORTEST_ID or bool(_ROW_NUMBER.fullmatch(sample))


def patient_of(sample: str) -> str:
    """What of an id names the patient: letters and digits, and of a TCGA barcode its first three fields.

    Returns:
        The patient in lower case; empty where the id names nobody.
    """
    plain = re.sub(r"[\W_]", "", sample).lower()
    if names_nobody(sample.strip()) or len(plain) < SHORTEST_ID:
        return ""
    barcode = _TCGA.fullmatch(plain)
    return barcode[1] if barcode else plain

"""What a card must say of a study of cBioPortal, beyond the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from irf7bone.study.card_checks import CardView


def check_cbioportal(card: CardView) -> None:
    """The study is named once, is there, and its patients can be told apart."""
    if card.get("expression", "source", kind=str) != "cbioportal":
        return
    named = [key for key in ("path", "study") if card.get("expression", key, kind=str)]
    if len(named) != 1:
        card.add(
            ("expression",),
            expected="either `path` (a folder or archive) or `study` (an id of the public datahub)",
            found="both" if named else "neither",
            remedy="name the study once",
        )
    path = card.document.path.parent / card.get("expression", "path", kind=str)
    if named == ["path"] and not (path.is_dir() or path.is_file()):
        card.add(
            ("expression", "path"),
            expected="the folder or the archive of a study, relative to the card",
            found=f"{path}, which is not there",
            remedy="correct the path, or name a study of the public datahub with `study`",
        )
    entries = card.get("clinical", kind=list)
    study = any(isinstance(entry, dict) and entry.get("source") == "cbioportal" for entry in entries)
    if study and "patient" not in card.document.data:
        card.add(
            ("patient",),
            expected="the key `patient`, as a study may hold several samples of a patient",
            found="no such key",
            remedy="add `patient: PATIENT_ID`",
        )

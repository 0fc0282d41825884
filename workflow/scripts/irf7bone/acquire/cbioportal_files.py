"""What of a cBioPortal study a card needs, and where the public datahub keeps it; imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irf7bone.download.remote import RemoteFile

if TYPE_CHECKING:
    from pathlib import Path

    from irf7bone.study.card import Sourced

PATIENTS, SAMPLES = "data_clinical_patient.txt", "data_clinical_sample.txt"
DATAHUB = (
    "https://datahub.assets.cbioportal.org/{study}.tar.gz",
    "https://cbioportal-datahub.s3.amazonaws.com/{study}.tar.gz",
)


def archive_name(study: str) -> str:
    """What the archive of a study is called, in the datahub and in the cohort's folder of downloads."""
    return f"{study}.tar.gz"


def wanted_files(card: Sourced, entry: dict) -> tuple[str, ...]:
    """Names of the study's files that an entry of the card reads."""
    return (card.expression["profile"],) if entry is card.expression else (PATIENTS, SAMPLES)


def study_files(card: Sourced, entry: dict) -> list[Path]:
    """The files of a study's folder that are there, or its archive; nothing for a study of the datahub."""
    if "path" not in card.expression:
        return []
    place = card.resolve(card.expression["path"])
    if not place.is_dir():
        return [place]
    return [place / name for name in wanted_files(card, entry) if (place / name).is_file()]


def study_archive(card: Sourced, entry: dict) -> list[RemoteFile]:
    """The archive of a study of the datahub."""
    if "study" not in card.expression:
        return []
    study = card.expression["study"]
    return [RemoteFile(archive_name(study), tuple(url.format(study=study) for url in DATAHUB))]

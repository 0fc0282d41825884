"""The fixed words of experiments; light, so that the check of a card stays fast."""

from __future__ import annotations

MEANINGS = ("loss_in_bone", "restoration", "interferon_response", "other")
# what the claim expects of the interferon programme in case minus reference; 0 where it says nothing
EXPECTED = {"loss_in_bone": -1, "restoration": 1, "interferon_response": 1, "other": 0}
DIRECTIONS = {-1: "falls", 1: "rises", 0: "none"}
# code of a contrast whose samples are too few for any relabelling to reach 0.05: it decides nothing
CANNOT_DECIDE = "relabelling_cannot_decide"
SIDES = ("up", "down")
ORTHOLOGY = ("one2one", "one2many", "many2one", "many2many")
# of the names of signatures that simulated samples derive: the name is all that many tables show of one
SIMULATED_PREFIX = "SIMULATED_"

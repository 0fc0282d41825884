"""The fixed words that config, cards and tables share; light, so that a check before the run stays fast."""

from __future__ import annotations

ENDPOINTS = ("bone", "brain", "lung", "liver", "distant", "relapse", "death")
STATUSES = (
    "ok",
    "too_few_events",
    "too_few_samples",
    "separated",
    "low_coverage",
    "not_measured",
    "not_available",
    "failed",
)
FAILED = "failed"  # a job of the cohort failed, and the study reports without it
METHOD_NAMES = ("zscore", "ssgsea", "singscore", "gsva", "plage")
MODELS = ("unadjusted", "proliferation", "proliferation_er", "clinical", "full")
ROLES = ("discovery", "validation", "simulated")
SPECIMENS = ("primary", "metastasis")
ESR1 = "esr1"  # column of the samples' table with log2 expression of ESR1, where it was measured
POOLED_ROW = "pooled"  # in a column of cohort ids: over all cohorts
ALPHA = 0.05  # two-sided level of tests, everywhere

# What a number is held against, where the methods text or a figure says it as well.
# Below this many events for each coefficient the penalised likelihood is used (strata have no coefficient).
EVENTS_PER_PARAMETER = 10
# Of more samples at risk not every one is left out by refitting: that takes time with their square.
ALL_REFITTED = 2_000
# With fewer, a test of asymmetry cannot tell small-study effects from chance (Sterne 2011, BMJ 343:d4002).
FEWEST_FOR_FUNNEL = 10
# A gene is low where it lies in the lowest quarter of the cohort's genes: of a random signature 0.25 do.
LOW_SHARE = 0.25
# A gene follows its companions, or another row stands under its name. Companions stand beside it in gene
# sets of FEWEST_WORKS works; those that correlate with the mean of the others by COMPANION can be asked
# where there are FEWEST_COMPANIONS and their pairs correlate by COHERENT on average. A gene follows them
# where no more than CLOSER of the genes that no set names beside it go with them as closely. It is another's
# row where its upper 99 % limit lies below UNRELATED and its NEAREST genes correlate with it by
# OTHER_IDENTITY on average, and with the companions by less than UNRELATED.
FEWEST_WORKS, COMPANION, COHERENT, FEWEST_COMPANIONS = 4, 0.5, 0.3, 5
CLOSER, UNRELATED, OTHER_IDENTITY, NEAREST = 0.03, 0.3, 0.5, 10
FOLLOWS, DISCORDANT, NOT_MEASURED, NOT_TOLD = "follows", "discordant", "not_measured", "not_told"
IDENTITIES = (FOLLOWS, DISCORDANT, NOT_MEASURED, NOT_TOLD)
# Which of a gene's rows stands for it under `collapse: companions`: another one than this rule's where it
# follows the companions and does so better, one-sided p below BETTER over all the rows that could.
COLLAPSE_BY_COMPANIONS, COLLAPSE_OTHERWISE, BETTER = "companions", "max_mean", 0.01
REPLACED, CONFIRMED, UNCLEAR = "replaced", "confirmed", "unclear"
PROBE_DECISIONS = (REPLACED, CONFIRMED, UNCLEAR, NOT_TOLD)
# CD45, which every leukocyte carries: the one gene of the "CD45" set of Danaher 2017 (JITC 5:18).
LEUKOCYTE_GENE = "PTPRC"

# subtypes that the receptors tell
HER2_POSITIVE, TRIPLE_NEGATIVE = "HER2-positive", "triple-negative"
# who says of what subtype a tumour is: the cohort's card, or its expression where the card states none
BY_CARD, BY_EXPRESSION = SUBTYPE_SOURCES = ("card", "called_from_expression")
# A cohort's subtypes are called where it has FEWEST_TUMOURS; FEWEST_OF_ER of each ER status (a median of
# fewer is a tumour's more than a group's), which are LEAST_SHARE_OF_ER of those with a known one; and
# LEAST_SHARE_OF_GENES of the centroids'.
FEWEST_TUMOURS, FEWEST_OF_ER, LEAST_SHARE_OF_ER, LEAST_SHARE_OF_GENES = 40, 15, 0.1, 0.8

# covariates of the clinical models, and the share of the samples in which one must be known: below it too
# many are lost to complete-case analysis
MODEL_FIELDS, COMPLETE_SHARE = ("er", "node", "grade", "size_cm", "age"), 0.8
# why a patient is lost from an endpoint, in the order in which they are
LOSS_CAUSES = ("no_expression", "no_time", "no_status", "no_covariate", "no_score")
# whether a loss follows the outcome; not_tested where nothing of those lost is known
DEPENDENCES = NO_DEPENDENCE, WEAK, STRONG, NOT_TESTED = ("none", "weak", "strong", "not_tested")

# what may be said of an endpoint
SUPPORTED, CONTRADICTED = "supported", "contradicted"
SMALLER, NO_EFFECT = "smaller than looked for", "no effect of the size looked for"
ONE_COHORT, NOT_SPECIFIC = "seen in one cohort, not replicated", "not specific"
TOO_LITTLE, NO_DATA, WITHHELD = "too little data", "no data", "withheld"
VERDICTS = (
    SUPPORTED,
    CONTRADICTED,
    SMALLER,
    NO_EFFECT,
    ONE_COHORT,
    NOT_SPECIFIC,
    TOO_LITTLE,
    NO_DATA,
    WITHHELD,
)

# A signature of another role (proliferation, immune, control) asks another question.
ROLES_IN_CURVE = ("interferon", "irf7", "derived")

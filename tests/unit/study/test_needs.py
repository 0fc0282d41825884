"""What jobs are planned with: every rule says it, and says its own."""

from __future__ import annotations

import re
from pathlib import Path

from irf7bone.study.needs import MOST_ACQUIRED_MB, OF_ALL, OF_COHORT, Size, memory_mb, seconds

RULES = Path(__file__).resolve().parents[3] / "workflow" / "rules"


def test_every_rule_but_downloads_states_its_own_memory():
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.smk")))
    blocks = dict(re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL))
    assert {*OF_COHORT, *OF_ALL} <= set(blocks)
    for name, block in blocks.items():
        stated = re.findall(r'mem_mb=memory\("(\w+)"\)', block)
        assert stated == ([] if name.startswith("fetch_") else [name])
        # whatever reads expression says how long as well; the others have what a profile gives
        timed = re.findall(r'runtime=minutes\("(\w+)"\)', block)
        assert timed == ([name] if name in {*OF_COHORT, *OF_ALL} else [])


def test_time_grows_with_values_and_random_fits_and_adds_up_over_cohorts():
    size = Size(20_000, 1_000)
    need = OF_COHORT["associate_cohort"]
    expected = need.base_seconds + 20 * need.per_million + 56 * need.per_fit
    assert seconds("associate_cohort", [(size, 56.0)]) == expected
    twice = seconds("check_quality", [(size, 0.0), (size, 0.0)])
    assert twice == 2 * seconds("check_quality", [(size, 0.0)]) - OF_ALL["check_quality"].base_seconds


def test_memory_of_what_stays_in_its_file_grows_less():
    small, large, largest = (Size(20_000, n) for n in (1_000, 20_000, 100_000))
    for rule, need in {**OF_COHORT, **OF_ALL}.items():
        assert memory_mb(rule, [small]) == need.base_mb + need.of_matrix * 80
        assert memory_mb(rule, [large, small]) == memory_mb(rule, [large])
        per_sample = (memory_mb(rule, [largest]) - memory_mb(rule, [large])) / 80_000
        if rule != "acquire_cohort":
            assert abs(per_sample - need.of_large * 0.08) < 1e-4
    assert memory_mb("acquire_cohort", [largest]) == MOST_ACQUIRED_MB

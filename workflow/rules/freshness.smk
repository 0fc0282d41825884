# What decides that a job runs again: contents, not clocks. Read last, when every rule is known.
# REQUIRED INPUTS: results/records/, which each job adds to (irf7bone.study.job)
# OUTPUTS: none

from irf7bone.study.freshness import decide_by_content

decide_by_content(workflow, root, downloads, ids)

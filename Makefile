# All that a newcomer needs; `make` alone lists it. Writes .venv, .snakemake and results, nothing elsewhere.

# A config file to use in place of config.yaml; one of its cohorts; how many cores to use; which Python to set up with.
# A study runs in a folder of its own, beside its file and called as it: mine/study.yaml in mine/study/, which then holds
# its results/. DIR names another; config.yaml alone runs here.
STUDY =
DIR = $(basename $(STUDY))
COHORT =
CORES = all
PYTHON =
# What `make card` proposes a card for, and where it writes it; see docs/user/add_a_cohort.md.
ACCESSION =
PLATFORM =
FROM =
CLINICAL =
ID =
OUT =
MIRROR =
RESULTS =
export PYTHON

# What lies on a user's PYTHONPATH is not in the lock, and without compiled modules each job takes three times
# as long to start.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

RUN = .venv/bin/python -m
# Programs that start others by name, as snakefmt does with shfmt, find those of the lock first.
WITH_PATH = PATH="$$PWD/.venv/bin:$$PATH"

# What a command says is shown where it fails.
quietly = said=$$($(1) 2>&1) || { printf '%s\n' "$$said"; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help report check card lock test oracles calibrate bench lint environment compare verify crate study with-tests
.SILENT:

help: ## this list
	awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

report: study environment ## the report of config.yaml in results/, or of a study in its own folder: make report STUDY=mine/study.yaml [DIR=mine/study]
	# exec: a signal to make reaches what stops the jobs
	exec .venv/bin/python tools/make_report.py --cores $(CORES) $(if $(DIR),--directory "$(DIR)") $(if $(STUDY),--configfile "$(STUDY)")

check: study environment ## look at a study without running it: make check STUDY=path.yaml
	.venv/bin/python tools/check_study.py $(if $(STUDY),"$(STUDY)")

card: environment ## a card for new data: make card ACCESSION=GSE12345 | FROM=data [CLINICAL=table] [KIND=experiment|cells] [OUT=card.yaml]
	[ -n "$(ACCESSION)$(FROM)" ] || { echo "irf7bone: say what: make card ACCESSION=GSE12345, or make card FROM=folder" >&2; exit 1; }
	.venv/bin/python tools/propose_card.py $(if $(ACCESSION),--accession "$(ACCESSION)") $(if $(FROM),--from "$(FROM)") \
		$(if $(PLATFORM),--platform "$(PLATFORM)") $(if $(CLINICAL),--clinical "$(CLINICAL)") $(if $(ID),--id "$(ID)") \
		$(if $(OUT),--out "$(OUT)") $(if $(filter experiment,$(KIND)),--experiment) $(if $(filter cells,$(KIND)),--cells) $(if $(MIRROR),--mirror "$(MIRROR)")

lock: study environment ## fetch again and lock what comes: make lock STUDY=path.yaml [COHORT=id]
	.venv/bin/python tools/renew_lock.py $(if $(STUDY),"$(STUDY)") $(if $(COHORT),--cohort "$(COHORT)") $(if $(DIR),--directory "$(DIR)")

test: with-tests ## every test
	# One worker a core already: threads inside numpy would only compete with them. A file stays with one worker, so
	# that what its tests share is made once.
	$(WITH_PATH) OMP_NUM_THREADS=1 $(RUN) pytest -q -n auto --dist loadfile --no-loadscope-reorder

oracles: with-tests ## recompute the stored values of tests/oracle with R, installed from Debian where root may
	sh tools/install_oracles.sh
	$(WITH_PATH) OMP_NUM_THREADS=1 $(RUN) pytest -q -rs -m oracle tests/oracle

calibrate: with-tests ## simulate how often the methods err: docs/statistics/calibration.md; one part: make calibrate PARTS=pooling
	PYTHONPATH=workflow/scripts:tools OMP_NUM_THREADS=1 $(RUN) calibrate $(PARTS)

bench: with-tests ## time the engines and their peers: results/benchmarks/; one topic: make bench TOPICS=cox
	PYTHONPATH=workflow/scripts:tools OMP_NUM_THREADS=1 $(RUN) bench $(TOPICS)

lint: with-tests ## style and types of Python and Snakemake files
	$(RUN) ruff check --quiet
	$(RUN) ruff format --check --quiet
	$(call quietly,$(RUN) mypy)
	$(call quietly,$(WITH_PATH) $(RUN) snakefmt --check Snakefile workflow)
	$(call quietly,$(RUN) snakemake --lint)

environment: ## only the set-up: .venv, as envs/requirements.lock says
	sh tools/setup_environment.sh

compare: environment ## what changed between two runs: make compare A=results B=mine/study [TOLERANCE=] [OUT=changes.tsv]
	[ -n "$(A)" ] && [ -n "$(B)" ] || { echo "irf7bone: name two results folders: make compare A=... B=..." >&2; exit 1; }
	.venv/bin/python tools/compare_runs.py "$(A)" "$(B)" $(if $(TOLERANCE),--tolerance "$(TOLERANCE)") $(if $(OUT),--out "$(OUT)")

verify: environment ## whether results are as they were made: make verify [STUDY=path.yaml] | RESULTS=folder that was sent to you
	.venv/bin/python tools/verify_results.py "$(or $(RESULTS),$(if $(DIR),$(DIR)/)results)"

crate: study environment ## a finished run as a Workflow Run RO-Crate: make crate [STUDY=path.yaml] [OUT=results.crate.zip]
	.venv/bin/python tools/make_crate.py $(if $(DIR),--directory "$(DIR)") $(if $(OUT),--out "$(OUT)")

# What tests, benchmarks and style need besides: envs/requirements-tests.lock.
with-tests:
	sh tools/setup_environment.sh tests

study:
	[ -z "$(STUDY)" ] || [ -f "$(STUDY)" ] || { echo "irf7bone: STUDY=$(STUDY): no such file" >&2; exit 1; }
	[ -z "$(STUDY)" ] || [ "$(STUDY)" != "$(DIR)" ] || { echo "irf7bone: STUDY=$(STUDY): name it .yaml" >&2; exit 1; }

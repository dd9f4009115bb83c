# The commands of this project. `make` alone lists them.
# Demo and tests share one build configuration (debug), so that the dependencies are compiled once. They also share the
# command that builds: plain `swift build`, or `swift test` with a build of its own, would compile parts of the
# dependencies again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format mutants simulate chaos disaster bench fresh clean
.NOTPARALLEL:

# How many seeds `make simulate` runs, and `make test` before the tests: alone, since it takes all processors for minutes, and
# other tests wait for processes.
SEEDS ?= 1000
TEST_SEEDS ?= 2000

# Passed on, as in: make demo ARGS='--keep evidence' or make test ARGS='--filter ExchangeCoreTests'
ARGS ?=

build := swift build --build-tests
formatted := Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift

help: ## this list
	@echo 'A node that exchanges signals and conference messages between organisations. Debian 12, Swift 6.3, git, make.'
	@echo
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk '{ printf "  make %-9s", $$2; $$1 = $$2 = ""; sub(/^ +/, ""); print }'
	@echo
	@echo "Arguments go in ARGS, for example: make demo ARGS='--keep evidence'"

setup: ## installs what is missing, with apt (1 minute, nothing the second time)
	@scripts/setup.sh

demo: setup ## nine nodes on this machine play the letter's case (first time 10 minutes to build, then under 2)
	$(build)
	.build/debug/exchange-lab demo $(ARGS)

test: setup ## every test, and TEST_SEEDS=2000 simulated (first time 10 minutes to build, then 19)
	$(build)
	$(if $(ARGS),,.build/debug/exchange-lab simulate --seeds $(TEST_SEEDS))
	@scripts/test.sh $(ARGS)

chaos: setup ## kills seven nodes 1,000 times under load, cuts their network and spoils disks; nothing may be lost; then a disaster (15 minutes once built)
	$(build)
	.build/debug/exchange-lab chaos --report .build/chaos.jsonl $(ARGS)
	.build/debug/exchange-lab disaster --report .build/disaster.jsonl

disaster: setup ## under load one node's disk is wiped, another's is put back, a third runs twice (2 minutes once built)
	$(build)
	.build/debug/exchange-lab disaster --report .build/disaster.jsonl $(ARGS)

check: setup ## format, warnings as errors, house style, generated files (1 minute once built)
	swift format lint --strict --recursive --parallel $(formatted)
	$(build)
	@scripts/test.sh --filter '^TidyTests\.|JSONSchemaTests|PublishedShapeTests'

format: ## rewrites the Swift files in the tracked style (seconds)
	swift format format --in-place --recursive --parallel $(formatted)

mutants: setup ## takes each defence out of a copy and expects its test to fail (10 minutes, then under 1 a defence)
	@scripts/mutants.sh $(ARGS)

# In release: a seed takes a tenth of the time that it takes in debug.
simulate: setup ## nodes in one thread, over a network and disks that fail (SEEDS=1000; first time 10 minutes to build)
	swift build --configuration release --product exchange-lab
	.build/release/exchange-lab simulate --seeds $(SEEDS) $(ARGS)

# In release, and in a build folder of its own: what is measured is what an operator installs. SwiftPM looks for new files
# only in the package that it builds, and in others when a manifest changes: without `touch` it misses those of Sources.
bench: setup ## speed and size of two nodes, in release (first time 10 minutes to build, then 6; ARGS=--quick tries it)
	touch Benchmarks/Package.swift
	swift build --configuration release --package-path Benchmarks
	Benchmarks/.build/release/exchange-bench $(ARGS)

fresh: ## runs demo and test on a bare Debian 12 in a temporary folder, as root (50 minutes)
	@scripts/fresh.sh $(ARGS)

clean: ## removes what was built (the next build compiles the dependencies again)
	swift package clean

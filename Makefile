# Podsight. `make run` does the main job, `make test` runs every test; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PODSIGHT := .build/release/podsight
PROBE := .build-probe/podsight-probe

.PHONY: help run demo build probe web test check fuzz bench bench-live bench-application bench-history format lab-clean clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: build ## Build, then watch this machine's interfaces; the UI is at http://127.0.0.1:7080
	@Scripts/run-podsight $(PODSIGHT) run $(ARGS)

demo: build ## Build, then open the UI on the bundled recording of a robot-shop cluster
	@$(PODSIGHT) demo $(ARGS)

build: web ## Install what is missing and build the release
	@echo "==> building the release (the first time takes about ten minutes on two cores)" >&2
	@swift build -c release --product podsight

probe: ## Build podsight-probe as one stripped file for an image
	@Scripts/build-probe $(PROBE)

web: ## Build the web console into web/dist
	@Scripts/install-dependencies
	@Scripts/build-web

test: ## Install what the tests need and run every test
	@Scripts/test

check: ## Style, architecture and scripts, without a build
	@Scripts/check

fuzz: ## Feed hostile bytes to the parsers; TARGET=dns for one of them, RUNS=10000000 for more than a million
	@RUNS=$(or $(RUNS),1000000) Scripts/fuzz $(TARGET)

bench: build ## Meter large captures beside the limit in C and other tools; writes docs/reference/performance.md
	@Scripts/bench $(PODSIGHT) $(ARGS)

bench-live: probe ## Watch an interface beside other tools; writes docs/reference/performance.md
	@Scripts/bench-live $(PROBE) --publish $(ARGS)

bench-application: probe ## Ask a web server with and without a probe; writes docs/reference/performance.md
	@Scripts/bench-application $(PROBE) --publish $(ARGS)

bench-history: ## Ask the cluster's history beside the limit in C; writes docs/reference/performance.md
	@Scripts/bench-history $(ARGS)

format: ## Put all Swift sources into the house format
	@swift format -i --recursive --parallel Package.swift Sources Tests Fuzz/{Package.swift,Fuzzers,Seeds,Targets} \
		Benchmarks/{Package.swift,MeterBenchmark,HistoryBenchmark}

clean: ## Remove what was built
	@rm -rf .build .build-probe .bench Fuzz/.build Benchmarks/.build web/dist .venv Tests/EndToEndTests/output

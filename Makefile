# The one way in. `make run` on a fresh machine ends with a model that answers; `make test` proves everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Nothing of ours calls home: ONNX Runtime reads this before it does anything else.
export ORT_DISABLE_TELEMETRY := 1

PORT ?= 8080
GRPC_PORT ?= 8081
DATA_DIR ?= slipway-data
# What is built leaves out the run-time check of exclusive access, in the packages too: 4 to 5% of a request
# (docs/performance.md). Builds for tests have it in our own rooms (Package.swift). The last flag halves the time that a build
# takes: without it the compiler reads and checks each module twice, to have its interface a little earlier.
SWIFT_BUILD := swift build -c release -Xswiftc -enforce-exclusivity=unchecked -Xswiftc -no-emit-module-separately-wmo

.PHONY: help run build test unit conformance lint format fuzz soak bench clean setup

help: ## list what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## install what is missing, build, start the server with the example models, say what to try
	@dev/setup run
	@$(MAKE) --no-print-directory build
	@dev/run "$(PORT)" "$(GRPC_PORT)" "$(DATA_DIR)"

build: ## build the slipway binary (release)
	@dev/setup build
	$(SWIFT_BUILD) --product slipway

test: lint ## set up and run every test, fuzzing included
	@SWIFT_BUILD="$(SWIFT_BUILD)" dev/test

unit: ## unit tests in a debug build: the quickest to repeat
	@dev/setup unit
	swift build --build-tests
	swift test --skip-build
	dev/check-client debug

conformance: ## real clients and faults against the release binary
	@dev/setup test
	$(SWIFT_BUILD) --product slipway
	dev/conformance

lint: ## formatting, layers, shell and Python syntax
	@dev/setup lint
	dev/lint

format: ## let the formatter have its way
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks/echo Benchmarks/steady Simulations/Package.swift Simulations/Sources/simulate Simulations/Sources/simulate-drift

fuzz: ## fuzz each parser of outside bytes for FUZZ_SECONDS (60)
	@dev/setup build
	dev/fuzz

soak: ## what takes long: simulated rollouts by the thousand (SOAK_RUNS), months of drift (SOAK_MONTHS), slow canaries and a hundred kills
	@dev/setup build
	dev/soak

bench: ## server, load generator and peers side by side: ratios from one run
	@dev/setup run
	@$(MAKE) --no-print-directory build
	Benchmarks/setup
	Benchmarks/run

setup: ## everything that any of the above needs, without building
	@dev/setup test

clean: ## remove what was built and fetched (never a data folder)
	rm -rf .build .local

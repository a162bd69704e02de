# The two that matter: `make run` and `make test`. The others are for developers.
SHELL := /bin/bash
CONFIG ?= config/muster.yaml
FUZZ_SECONDS ?= 60
checks := --explicit-target-dependency-import-check error
sources := Sources Tests Benchmarks Package.swift

.PHONY: run test test-kill lint format tsan bench fuzz docs clean

run: ## Builds the agent and starts it on $(CONFIG).
	.ci/install build
	swift build -c release --product muster
	exec .build/release/muster run --config $(CONFIG)

test: ## Lints, builds everything with warnings as errors, and runs every test against real servers.
	.ci/install test
	$(MAKE) lint
	swift build --build-tests $(checks)
	.ci/test

test-kill: ## Kills the agent 100 times while its receiver fails in every way; nothing may be lost.
	.ci/install test
	swift build --product KillTest
	.build/debug/KillTest

lint: ## Checks the format; warnings are errors in every build (see Package.swift).
	swift format lint --strict --parallel --recursive $(sources)
	@! grep -rnE '\btry!|\bas!|fatalError\(' Sources || { echo "a trap needs another way"; exit 1; }

format: ## Rewrites the sources in the project's format.
	swift format --in-place --parallel --recursive $(sources)

tsan: ## Runs the unit tests under the thread sanitizer.
	.ci/install test
	.ci/tsan/run

bench: ## Single parts, the agent beside postgres_exporter, exporting modules into real servers, and the whole path.
	.ci/install bench
	Benchmarks/run

fuzz: ## Runs each fuzz target for $(FUZZ_SECONDS) seconds.
	.ci/install build
	Tests/Fuzzing/run $(FUZZ_SECONDS)

docs: ## Writes the documentation of the library modules to docs/.
	.ci/install build
	.ci/docs

clean: ## Removes what building has made.
	rm -rf .build .build-* docs Benchmarks/.build Tests/Fuzzing/.build

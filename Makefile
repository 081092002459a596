# Entry points. `make` or `make help` lists them; each is a few lines, so read on rather than guess.

CARGO ?= cargo
# Where the demo server keeps its data. Delete the folder to start afresh.
DEMO_DATA ?= .cache/demo
# More flags for `make run`, for example: make run ARGS="--http 127.0.0.1:8080"
ARGS ?=
# Minutes per fuzz target.
FUZZ_MINUTES ?= 10

target_dir = $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help run build test lint format conformance compatibility findings differences interop bench fuzz

help: ## list these commands
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build in release mode and start the demo server on https://127.0.0.1:8445
	@mkdir -p $(DEMO_DATA)
	@exec $(target_dir)/release/offhook serve --demo --data $(DEMO_DATA) $(ARGS)

build:
	@tests/need cargo cc
	$(CARGO) build --release --locked --package offhook

test: ## install what the tests need, then run all of them
	@tests/run

lint: ## format and lint checks, as the tests run them in CI; and cargo-deny where installed
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check; else echo "cargo-deny is not installed: dependencies not checked"; fi

format: ## format all Rust code
	$(CARGO) fmt --all

conformance: ## write docs/conformance.md anew from the tests that are there
	OFFHOOK_WRITE_CONFORMANCE=1 $(CARGO) test --locked --package offhook --test conformance the_page -- --nocapture

compatibility: ## write docs/finesse-compatibility.md anew from its list and the tests that are there
	OFFHOOK_WRITE_COMPATIBILITY=1 $(CARGO) test --locked --package offhook --test compatibility the_page -- --nocapture

findings: ## write docs/findings.md anew from the catalogue of findings
	OFFHOOK_WRITE_FINDINGS=1 $(CARGO) test --locked --package offhook-tracer --test findings the_page -- --nocapture

differences: build ## compare with Debian's Prosody and ejabberd, which must be installed, and write docs/differences.md
	@cd tests/clients && OFFHOOK_WRITE_DIFFERENCES=1 OFFHOOK_BIN=$(abspath $(target_dir))/release/offhook node --test --test-reporter=spec differences.test.js

interop: build ## run the Smack Integration Tests, which need a JDK and Maven; docs/interop.md says what is expected to fail
	@tests/need java javac mvn node
	@tests/maven interop
	@cd tests/clients && OFFHOOK_INTEROP=1 OFFHOOK_BIN=$(abspath $(target_dir))/release/offhook node --test --test-reporter=spec interop.test.js

bench: build ## measure this server and, where installed, Prosody and ejabberd in the same run
	@bench/run

fuzz: ## run every fuzz target for FUZZ_MINUTES (10) minutes; needs a nightly compiler and cargo-fuzz
	@fuzz/run $(FUZZ_MINUTES)

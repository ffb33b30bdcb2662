# Every command of the project; the longer ones are scripts in scripts/.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run dev check test test-security e2e chaos bench bench-peers bench-page parity generate coverage package prerequisites web docs

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: ## Build the page and the server, start on http://127.0.0.1:3000 with the data in ./data
	@scripts/prerequisites run
	@$(MAKE) --no-print-directory web docs
	cargo build --release --locked -p promptcards
	exec target/release/promptcards serve --listen 127.0.0.1:3000 --data-dir ./data

dev: ## The server and the page, both rebuilt when a file changes
	@scripts/prerequisites run
	@$(MAKE) --no-print-directory web/node_modules/.package-lock.json
	@scripts/dev

check: ## Formatting, lints, types, dependencies, documentation, file sizes, import rules, generated files
	@scripts/prerequisites check
	@$(MAKE) --no-print-directory web docs
	@scripts/check

test: ## Everything: check, Rust tests, web tests, browser tests; a summary at the end
	@scripts/prerequisites test
	@scripts/test

test-security: ## What needs minutes and a quiet machine: whether times tell of accounts, 20,000 cases from the document
	@scripts/prerequisites test
	cargo nextest run --profile security --workspace --locked
	scripts/fuzz long

e2e: ## Browser tests alone, against the real server
	@scripts/prerequisites test
	@scripts/test e2e

bench: ## Load and comparison, in a release build; WHAT=million: a file of a million cells
	cargo build --release --locked -p promptcards -p benches
	target/release/benches $(WHAT)

bench-peers: ## The same cases through promptfoo, which is installed into target/peers
	cargo build --release --locked -p promptcards -p benches
	@scripts/bench-peers

chaos: ## Ten minutes of kills, lost power, full disks and failing servers, then 20,000 simulated histories; SEED=7 for others
	cargo build --release --locked -p promptcards -p benches
	target/release/chaos --minutes 10 --seed $(or $(SEED),1)
	SIMULATION_FROM=$(or $(SEED),1)00000 SIMULATION_SEEDS=$(or $(HISTORIES),20000) \
	  cargo nextest run --locked --package engine -E 'binary(it) and test(/^simulation::/)'

parity: ## Cases made by seed, judged as promptfoo judges them; it is installed into target/peers
	@scripts/parity

bench-page: ## The page with a run of 20,000 cells: first rows, frames while it is scrolled
	@scripts/prerequisites test
	@$(MAKE) --no-print-directory web e2e/node_modules/.package-lock.json
	cargo build --release --locked -p promptcards
	CHROMIUM=$$(scripts/chromium) npm --prefix e2e run --silent bench

generate: ## Rewrite every generated file
	@scripts/prerequisites run
	@$(MAKE) --no-print-directory web/node_modules/.package-lock.json
	@scripts/generate

docs: target/docs/index.html ## The documentation as a book, into target/docs; the server has it under /docs/

coverage: ## Lines covered by tests, Rust and page; fails under 85 %
	@scripts/prerequisites coverage
	@$(MAKE) --no-print-directory web
	@scripts/coverage

package: ## What a release consists of, into target/package: archive, lists of what is in it, checksums
	@scripts/prerequisites package
	@$(MAKE) --no-print-directory web docs
	@scripts/package

# The page is built when one of its sources is newer; its packages are installed when the lock file is.
web: web/dist/index.html

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --ignore-scripts
	@touch $@

# The packages of the page render it.
DOCS_SOURCES := $(shell find docs *.md *.toml scripts/book openapi.json -type f 2>/dev/null)

target/docs/index.html: web/node_modules/.package-lock.json $(DOCS_SOURCES)
	@scripts/book/build.mjs
	@touch $@

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	npm --prefix e2e ci --ignore-scripts
	@touch $@

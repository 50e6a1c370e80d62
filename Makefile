# `make` alone says what there is to do. Each target is one line of work; what
# needs more is a script in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run demo build setup test test-quick test-postgres test-browser lint format bench outage histories fuzz check-vendor clean

FUZZTIME ?= 1m

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the server on the embedded database in ./kyoten-data
	go run . serve

demo: ## start the sample consortium, which keeps nothing
	go run . demo

build: ## build bin/kyoten, one static program
	CGO_ENABLED=0 go build -trimpath -o bin/kyoten .

setup: ## install what the tests need beyond Go (Debian, Ubuntu)
	@scripts/setup

test: setup ## run the whole suite: both databases, race detector, time zones, browser
	@scripts/test

test-quick: ## run the tests on SQLite alone, seconds after a change
	go test ./...

test-postgres: ## run the tests on a throw-away PostgreSQL
	scripts/with-postgres go test ./...

test-browser: setup ## run the browser tests and the API's conformance client
	@scripts/test browser

lint: ## vet, formatting and golangci-lint
	@scripts/lint

format: ## rewrite every Go file as gofumpt wants it
	go run mvdan.cc/gofumpt@v0.12.0 -w .

bench: setup ## measure the server and print the table of docs/performance.md
	@scripts/bench

outage: ## let four doors lose the server: 10,000 passages and 200 kills on each database, some twenty minutes
	OUTAGE=full go test -count=1 -timeout 1h -v -run TestThreeDaysAlone ./gate
	OUTAGE=full scripts/with-postgres go test -tags e2e -count=1 -timeout 2h -v -run TestAnOutage ./e2e

histories: ## compare visits with the model's for 10,000 people on each database, some minutes
	KYOTEN_HISTORIES=10000 go test -count=1 -timeout 1h -v -run TestVisitsAreTheFold ./access
	KYOTEN_HISTORIES=10000 scripts/with-postgres go test -count=1 -timeout 1h -v -run TestVisitsAreTheFold ./access

paint: setup ## measure first paints on a slow phone (docs/performance.md)
	@scripts/paint

screens: setup ## take the pictures of README and docs/design.md anew
	@scripts/screens

fuzz: ## feed every fuzz target random input (FUZZTIME=10m for longer)
	@scripts/fuzz $(FUZZTIME)

check-vendor: ## compare the vendored browser files with the sums in VENDOR.md
	@scripts/check-vendor

clean: ## remove what was built, cached and recorded here
	rm -rf bin .cache kyoten

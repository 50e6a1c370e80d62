#!/usr/bin/env bash
# Compares the QR decoders a browser could use on films of entry codes (see
# docs/adr). Needs Go, node and npm; not part of the build or the tests.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp compare.mjs "$work/"
for p in zxing-wasm@3.1.4 qr@0.7.0; do
  mkdir -p "$work/node_modules/${p%@*}"
  npm pack --silent --pack-destination "$work" "$p" >/dev/null
  tar -xzf "$work/${p/@/-}.tgz" -C "$work/node_modules/${p%@*}" --strip-components 1
done
go build -o "$work/films" .
cd "$work"
./films | node compare.mjs

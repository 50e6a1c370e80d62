// Package contract is a client that knows the HTTP contract of docs/api.md and
// nothing else. It walks the demo over the network, on both databases, and
// compares every field, code, header and order of refusals with what is written
// there.
//
// Everything but this comment has the build tag e2e:
//
//	scripts/with-postgres go test -tags e2e ./e2e/contract
//	go test -tags e2e ./e2e/contract -run 'Contract/sqlite/refusals'
package contract

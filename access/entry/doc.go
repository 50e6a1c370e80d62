// Package entry is the pure core of the entrance: what an entry code is, who may
// mint one, when a gate opens, and who is inside.
//
// It knows no database and no HTTP. The server and the agent at a door call the
// same Decide with the same inputs, so a gate without a network answers as the
// server would have. Four rules stand above the rest:
//
//   - Gates verify, only the server mints: nothing a gate holds can make a code.
//   - A gate records facts: a decision is never rewritten later.
//   - Exit never depends on software: people are identified on the way out, never refused.
//   - Identity is what was signed: revocation, re-use and anti-passback look at
//     ids inside the signed body, never at the scanned text.
//
// Reading order: body.go and code.go (the format), issuer.go (keys and signing),
// reason.go (every answer a gate can give), decide.go (the table), steps.go (its
// rows), verified.go (signatures seen before), memory.go (what a gate remembers), visits.go (the fold of passages).
package entry

// Package gate is the agent at a door, `kyoten gate`: it decides about codes by
// itself, from a signed copy of what the site knows, and goes on when the network
// is gone.
//
// What a door did is written to a journal on disk, and flushed, before its light
// turns green; the journal is uploaded when the server can be reached, in order,
// and nothing is deleted before the server has said that it has it. Nothing on the
// disk can make a code: keys there only verify.
//
// Reading order: agent.go (what there is and how it is started), door.go (one
// scan), journal.go (the facts), clock.go (which time it is), knowledge.go (what
// the site knows), sync.go (talking to the server), relay.go and scanner.go (the
// hardware), local.go (the kiosk page and the API beside the door).
package gate

// Package access is the database side of the entrance: it issues the codes of
// passes, answers the checks of online gates, tells gates what they must know,
// takes in what they did, and keeps who is inside.
//
// The rules of a door are not here but in access/entry, which the agent at a
// door runs as well: this package reads what entry.Decide and entry.Fold need,
// calls them, and stores what they say.
//
// Reading order: keys.go (who signs), site.go (what a check knows without
// asking), check.go and scan.go (one scan), record.go and fold.go (a passage and
// what follows from it), issue.go (codes), gates.go, state.go, events.go.
package access

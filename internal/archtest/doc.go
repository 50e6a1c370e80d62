// Package archtest holds the tests that read the source of the whole module:
// who may import whom, who may ask the machine for the time, and where text for
// people may stand. It exports nothing and is imported by nothing.
package archtest

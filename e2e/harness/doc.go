// Package harness drives the built program from outside: it starts the binary
// on either database, opens Chromium on it, and fails a test on what a person
// would complain about (errors in the console, a broken security policy,
// barriers found by axe, a page wider than its screen, a foreign host).
//
// A package of browser tests calls Main from its TestMain.
//
// Everything but this comment has the build tag e2e.
package harness

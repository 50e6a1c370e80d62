// Package e2e walks through the product as people do: a browser, a camera, the
// built program.
//
// Everything but this comment has the build tag e2e.
package e2e

//go:build e2e

// Package e2e walks through the product as people do: a browser, a camera, the
// built program.
package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

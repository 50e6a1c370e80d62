//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

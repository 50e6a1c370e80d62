package archtest

import (
	"path/filepath"
	"testing"
)

// TestNumbersAreGivenOnce: two branches may take the same number at the same time.
func TestNumbersAreGivenOnce(t *testing.T) {
	t.Parallel()
	for pattern, digits := range map[string]int{"../../migrations/*.sql": 5, "../../docs/adr/*.md": 4} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		taken := map[string]string{}
		for _, file := range files {
			name := filepath.Base(file)
			if other := taken[name[:digits]]; other != "" {
				t.Errorf("%s and %s have the same number", other, name)
			}
			taken[name[:digits]] = name
		}
	}
}

//go:build !unix

package gate

import (
	"os"
	"path/filepath"
)

// lockFolder only marks the folder where the system offers no lock that ends
// with the process. Doors run on Linux; this serves development.
func lockFolder(folder string) (*folderLock, error) {
	file, err := os.Create(filepath.Join(folder, "lock"))
	if err != nil {
		return nil, err
	}
	return &folderLock{file}, nil
}

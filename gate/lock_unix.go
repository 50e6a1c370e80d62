//go:build unix

package gate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockFolder takes a folder for this process. The system lets go of it when the
// process ends, however it ends.
func lockFolder(folder string) (*folderLock, error) {
	file, err := openLock(folder)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return &folderLock{file}, nil
}

// openLock opens what is locked: a file, or, on a disk that takes nothing any more,
// what is there of it. People must be able to leave then, too.
func openLock(folder string) (*os.File, error) {
	name := filepath.Join(folder, "lock")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		file, err = os.Open(name)
	}
	if err != nil {
		file, err = os.Open(folder)
	}
	return file, err
}

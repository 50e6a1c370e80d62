package gate

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kyoten/internal/clock"
)

// thisMachine reads the clocks of Linux: CLOCK_BOOTTIME runs on while the
// machine sleeps and no one can set it.
func thisMachine() machine {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	chips, _ := filepath.Glob("/sys/class/rtc/rtc*") // the pattern is sound, so there is no error
	m := machine{wall: clock.Now, monotonic: sinceBoot, bootID: strings.TrimSpace(string(id)), hasChip: len(chips) > 0}
	if err != nil {
		m.bootID = "unknown " + m.wall().Format(time.RFC3339Nano) // then no start is the same as another
	}
	return m
}

func sinceBoot() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		panic("gate: the kernel has no CLOCK_BOOTTIME: " + err.Error())
	}
	return time.Duration(ts.Nano())
}

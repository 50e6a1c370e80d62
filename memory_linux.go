package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unmapStart has the kernel forget which pages of the program's file are mapped.
// A start runs through most of the program and an idle server through little of
// it, yet what was once mapped counts as the server's until memory is short.
// Nothing is lost: only parts are forgotten that cannot be written to and hold
// nothing but what is in the file, from where they come back when they are needed.
func unmapStart() {
	program, err := os.Executable()
	if err != nil {
		return
	}
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	var begin, end uint64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) > 1 && !strings.HasSuffix(fields[0], ":"):
			// 00400000-01781000 r-xp 00000000 fe:00 10011506  /usr/bin/kyoten
			begin, end = 0, 0
			if strings.HasSuffix(lines.Text(), program) && !strings.Contains(fields[1], "w") {
				begin, end = bounds(fields[0])
			}
		case len(fields) > 1 && fields[0] == "Anonymous:" && fields[1] == "0" && end > begin:
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(begin), uintptr(end-begin), syscall.MADV_DONTNEED)
		}
	}
}

// bounds reads "00400000-01781000".
func bounds(text string) (begin, end uint64) {
	from, to, _ := strings.Cut(text, "-")
	begin, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return 0, 0
	}
	end, err = strconv.ParseUint(to, 16, 64)
	if err != nil {
		return 0, 0
	}
	return begin, end
}

package main

import (
	"strings"
	"testing"
)

// TestWhatANewcomerTriesFirstIsAnswered: on the usual output, with the usual status.
func TestWhatANewcomerTriesFirstIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   string
		status int
		out    string
		err    string
	}{
		{"help", 0, "--database-url", ""},
		{"--help", 0, "Serve the sample consortium.", ""},
		{"help gate", 0, "--scanner", ""},
		{"gate --help", 0, "--scanner", ""},
		{"user add --help", 0, "<email>", ""},
		{"--version", 0, "kyoten ", ""},
		{"version", 0, "kyoten ", ""},
		{"sevre", 2, "", `there is no command "sevre"; did you mean "serve"?`},
		{"help restart", 2, "", `there is no command "restart"; did you mean "restore"?`},
		{"user ad", 2, "", `did you mean "add"?`},
		{"serve --nope", 2, "", "unknown flag --nope"},
		{"frobnicate", 2, "", `there is no command "frobnicate"` + "\n"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			var out, log strings.Builder
			status := run(t.Context(), strings.Fields(tt.args), &out, &log)
			if status != tt.status || !strings.Contains(out.String(), tt.out) || !strings.Contains(log.String(), tt.err) {
				t.Errorf("status %d, want %d; out:\n%s\nerr:\n%s", status, tt.status, out.String(), log.String())
			}
			if tt.status == 0 && log.String() != "" || tt.status != 0 && out.String() != "" {
				t.Errorf("out:\n%s\nerr:\n%s\nwant it in the other place", out.String(), log.String())
			}
		})
	}
}

// TestAllThatIsWrongWithTheSettingsOfAGateIsSaidAtOnce.
func TestAllThatIsWrongWithTheSettingsOfAGateIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	var out, log strings.Builder
	args := []string{
		"gate", "--server", "nowhere", "--token", "x", "--data", t.TempDir(), "--listen", "8090", "--relay", "bell", "--scanner", "eye",
		"--clock-chip", "perhaps", "--log-level", "loud",
	}
	if status := run(t.Context(), args, &out, &log); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	for _, want := range []string{"--server", "--listen", `relay "bell"`, `scanner "eye"`, "--clock-chip", "--log-level"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not spoken of:\n%s", want, log.String())
		}
	}
}

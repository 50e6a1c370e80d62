package ui

import "testing"

func TestNamesBreakBetweenTheirWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"テレワークセンターしおじり": "テレワークセンター<wbr>しおじり",
		"コラボ":                 "コラボ",
		"ワーク・ラボ八ヶ岳":           "ワーク・ラボ<wbr>八ヶ岳",
		"Knower(s) <b>":       "Knower(s) &lt;b&gt;",
		"サテライト オフィス":          "サテライト オフィス",
		"":                    "",
		"Telework & Shiojiri": "Telework &amp; Shiojiri",
	} {
		if got := string(breaks(name)); got != want {
			t.Errorf("%q breaks as %q, want %q", name, got, want)
		}
	}
}

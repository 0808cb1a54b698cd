package split

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// The events of the files in testdata, which a line of %% divides there.
func TestTraces(t *testing.T) {
	for _, mode := range []string{"java", "python", "go", "ruby"} {
		t.Run(mode, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + mode + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			events := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n%%\n")
			spec := mustParse(t, "", mode)
			check := func(end string) {
				text := strings.Join(events, "\n") + "\n"
				got := anyway(t, spec, strings.ReplaceAll(text, "\n", end), 0, false, 1, 100, 3)
				for i, e := range events {
					want := strconv.Quote(strings.ReplaceAll(e, "\n", end))
					if i >= len(got) || got[i].text != want {
						t.Fatalf("event %d: want\n%s\ngot\n%s", i, want, show(got[i:min(i+2, len(got))]))
					}
				}
				if len(got) != len(events) {
					t.Errorf("%d events, want %d", len(got), len(events))
				}
			}
			check("\n")
			check("\r\n")
		})
	}
}

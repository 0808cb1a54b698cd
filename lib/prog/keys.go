package prog

import (
	"fmt"
	"os"
	"strings"

	"heka/lib/frame"
	"heka/lib/stage"
)

// readKeys reads the keys of the signers of Heka's framing: lines of a signer and
// its version, as in ops_1, a blank, and the key. Lines that start with # and empty
// ones are passed over. The keys are in a file because a command line can be seen.
func readKeys(name string) (frame.Keys, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--keys: %w", err)
	}
	keys := frame.Keys{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		signer, key, ok := strings.Cut(line, " ")
		if key = strings.TrimSpace(key); !ok || key == "" || !strings.Contains(signer, "_") {
			return nil, &stage.UsageError{
				Msg:  fmt.Sprintf("--keys %s: line %d is no SIGNER_VERSION and KEY", name, i+1),
				Hint: "write a signer, _, its version, a blank, and its key",
			}
		}
		keys[signer] = []byte(key)
	}
	return keys, nil
}

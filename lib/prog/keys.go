package prog

import (
	"fmt"
	"os"

	"heka/lib/control"
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
	keys, err := control.ParseKeys(string(text))
	if err != nil {
		return nil, &stage.UsageError{
			Msg:  fmt.Sprintf("--keys %s: %v", name, err),
			Hint: "write a signer, _, its version, a blank, and its key",
		}
	}
	return keys, nil
}

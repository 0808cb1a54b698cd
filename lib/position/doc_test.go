package position

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// TestReadmeExample holds the bytes in heka-positions(5) to what is written.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	must(t, err)
	got := hex.Dump(encode(42, []Record{{
		ID: 0x0193_50e4_2a00_7000, Stream: "web", Path: "/var/log/a.log",
		Dev: 2049, Ino: 131074, Offset: 4096, Tail: NewSum([]byte("hello\n")),
		Size: 5000, Time: 1416840893000000000,
	}}))
	_, rest, _ := strings.Cut(string(readme), "```hexdump\n")
	want, _, _ := strings.Cut(rest, "```")
	if got != want {
		t.Errorf("README.md has\n%s\nthe example is\n%s", want, got)
	}
}

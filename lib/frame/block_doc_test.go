package frame

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"heka/lib/msg"
)

// The hexdumps of the manual page are what this package writes.
func TestManualExamples(t *testing.T) {
	doc, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dumps := strings.Split(string(doc), "```hexdump\n")[1:]
	m := msg.Message{
		Uuid:      [16]byte{0x01, 0x93, 0x50, 0xe4, 0x2a, 0, 0x70, 0, 0x80, 15: 1},
		Timestamp: 1416840893000000000,
		Type:      "nginx.access",
		Logger:    "web",
		Severity:  6,
		Hostname:  "a1",
		Fields: []msg.Field{
			{Name: "status", Value: int64(200)},
			{Name: "request_time", Value: 0.125, Rep: "s"},
		},
	}
	rec := m.Append(nil)
	v, err := msg.Parse(rec[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	packed := block(LevelNone, rec, 1, m.Timestamp, m.Timestamp)
	want := [][]byte{rec, AppendHeka(nil, &v, nil), packed[:front]}
	if len(dumps) != len(want) {
		t.Fatalf("%d hexdumps, want %d", len(dumps), len(want))
	}
	for i, d := range dumps {
		d, _, _ = strings.Cut(d, "```")
		if w := hex.Dump(want[i]); d != w {
			t.Errorf("example %d is\n%swant\n%s", i, d, w)
		}
	}
}

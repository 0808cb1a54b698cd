package encode

import (
	"testing"

	"heka/lib/frame"
	"heka/lib/msg"
)

// TestProtobuf reads back what is written.
func TestProtobuf(t *testing.T) {
	m := msg.Message{Timestamp: 5, Type: "t", Severity: 3, Payload: "p",
		Fields: []msg.Field{{Name: "n", Value: int64(7)}}}
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	newEncoder, err := New("protobuf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := newEncoder().Append([]byte("before"), &v)
	body, _, n, err := frame.NextHeka(out[6:], frame.DefaultMaxRecord, nil)
	if err != nil || n != len(out)-6 {
		t.Fatalf("%d of %d bytes: %v", n, len(out)-6, err)
	}
	rec, err := new(frame.Converter).Append(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if again := m.Append(nil); string(rec) != string(again) {
		t.Errorf("got % x\nwant % x", rec, again)
	}
}

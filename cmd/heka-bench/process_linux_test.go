package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestDrain wants each mark found once, however reads cut the output.
func TestDrain(t *testing.T) {
	var out []byte
	for i := range 3 {
		out = appendMark(append(out, "other text, mark=none; "...), i)
	}
	p := &process{news: make(chan struct{}, 1), marks: map[int]time.Time{}}
	p.drain(iotest.OneByteReader(bytes.NewReader(out)))
	if n, _ := p.output(); n != int64(len(out)) {
		t.Errorf("%d bytes, want %d", n, len(out))
	}
	for i := range 3 {
		if _, ok := p.at(i); !ok {
			t.Errorf("mark %d was not found", i)
		}
	}
	if _, ok := p.at(3); ok || len(p.marks) != 3 {
		t.Errorf("%d marks, want 3", len(p.marks))
	}
	p = &process{news: make(chan struct{}, 1), marks: map[int]time.Time{}}
	p.drain(strings.NewReader(string(out)))
	if len(p.marks) != 3 {
		t.Errorf("%d marks at once, want 3", len(p.marks))
	}
}

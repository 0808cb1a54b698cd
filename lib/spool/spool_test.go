package spool

import (
	"errors"
	"testing"

	"heka/lib/position"
)

var small = Options{Max: 1 << 20, Segment: 2000}

func TestThrough(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, small)
	put(t, s, 0, 100)
	same(t, read(t, s, "a", 99), numbers(0, 100))
	put(t, s, 100, 110)
	same(t, read(t, s, "a", 109), numbers(100, 110))
	must(t, s.Close())
	s = mustOpen(t, dir, small)
	put(t, s, 110, 120)
	same(t, read(t, s, "a", 119), numbers(110, 120))
	if st := s.Stats(); st.Bytes != 0 || st.Damaged != 0 || st.Errors != 0 || !st.Oldest.IsZero() {
		t.Errorf("%+v", st)
	}
}

func TestBusy(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, small)
	_, err := Open(dir, small)
	var busy *position.BusyError
	if !errors.As(err, &busy) || busy.PID == 0 {
		t.Errorf("err %v", err)
	}
	must(t, s.Close())
	mustOpen(t, dir, small)
}

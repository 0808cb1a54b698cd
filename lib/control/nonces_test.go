package control

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func id(n int) (i ID) {
	copy(i[:], fmt.Sprintf("%032d", n))
	return i
}

func mustOpen(t testing.TB, path string, now time.Time) *Nonces {
	t.Helper()
	n, err := OpenNonces(path, now, 2*time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// TestNoncesCrash ends the life of the process before each step that changes what is on
// disk, and looks: what Take has said yes to is known, always.
func TestNoncesCrash(t *testing.T) {
	for failed := range 100 {
		path := filepath.Join(t.TempDir(), "nonces")
		n := mustOpen(t, path, start)
		steps, crashed := 0, errors.New("crashed")
		n.step = func(string) error {
			if steps++; steps > failed {
				return crashed
			}
			return nil
		}
		var taken []int
		ended := false
		for i := range 4 {
			now := start.Add(time.Duration(i) * 10 * time.Minute)
			if i == 3 {
				n.lines += 5000 // so that it is written anew
			}
			err := n.Take(id(i), start.Add(time.Hour).UnixNano(), now.UnixNano())
			if err == nil {
				taken = append(taken, i)
			}
			ended = ended || err != nil
		}
		again := mustOpen(t, path, start)
		for _, i := range taken {
			if err := again.Take(id(i), start.Add(time.Hour).UnixNano(), start.UnixNano()); err != ErrReplay {
				t.Errorf("failed at %d: %d is forgotten: %v", failed, i, err)
			}
		}
		if !ended {
			if failed < 10 {
				t.Error("only", failed, "steps")
			}
			return
		}
	}
	t.Error("it does not end")
}

// TestNoncesFailure: after a write that failed nothing is taken that is not on disk, and
// when the disk is well again, it goes on.
func TestNoncesFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	n := mustOpen(t, path, start)
	broken := errors.New("no space")
	bad := ""
	n.step = func(name string) error {
		if strings.HasPrefix(name, bad) && bad != "" {
			return broken
		}
		return nil
	}
	end := start.Add(time.Hour).UnixNano()
	for i, step := range []string{"append", "sync", "create", "rename"} {
		bad = step
		if i > 1 {
			n.torn = true
		}
		if err := n.Take(id(i), end, start.UnixNano()); !errors.Is(err, broken) {
			t.Errorf("%s: %v", step, err)
		}
		bad = ""
		if err := n.Take(id(100+i), end, start.UnixNano()); err != nil {
			t.Errorf("after %s: %v", step, err)
		}
	}
	again := mustOpen(t, path, start)
	for i := range 4 {
		if err := again.Take(id(100+i), end, start.UnixNano()); err != ErrReplay {
			t.Error(i, err)
		}
	}
}

// TestNoncesDamage: what is damaged makes nothing acceptable that was taken.
func TestNoncesDamage(t *testing.T) {
	f := func(name string, damaged bool, change func(text []byte) []byte) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "nonces")
		n := mustOpen(t, path, start)
		end := start.Add(time.Minute).UnixNano()
		for i := range 3 {
			if err := n.Take(id(i), end, start.UnixNano()); err != nil {
				t.Fatal(err)
			}
		}
		n.Close()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, change(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		n, err = OpenNonces(path, start, 2*time.Minute, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(name, err)
		}
		defer n.Close()
		if damaged != strings.Contains(log.String(), "nonces are damaged") {
			t.Errorf("%s: logged %s", name, &log)
		}
		for i := range 2 {
			if err := n.Take(id(i), end, start.UnixNano()); err != ErrReplay && err != ErrTooOld {
				t.Errorf("%s: %d: %v", name, i, err)
			}
		}
		err = n.Take(id(9), end, start.UnixNano())
		if damaged != (err == ErrTooOld) {
			t.Errorf("%s: a new one: %v", name, err)
		}
		later := start.Add(3 * time.Minute)
		if err := n.Take(id(8), later.UnixNano(), later.UnixNano()); err != nil {
			t.Errorf("%s: later: %v", name, err)
		}
	}
	at := func(i int, c byte) func(text []byte) []byte {
		return func(text []byte) []byte { text[i] = c; return text }
	}
	f("whole", false, func(text []byte) []byte { return text })
	f("a cut last line", false, func(text []byte) []byte { return text[:len(text)-7] })
	f("empty", true, func([]byte) []byte { return nil })
	f("no head", true, func(text []byte) []byte { return text[headSize:] })
	f("head", true, at(20, 'x'))
	f("version", true, at(12, '2'))
	f("line", true, at(headSize+3, '9'))
	f("end of line", true, at(headSize+lineSize-1, ' '))
	f("a lost line", true, func(text []byte) []byte { return append(text[:headSize+5], text[headSize+lineSize:]...) })
	f("NULs", true, func(text []byte) []byte { return make([]byte, len(text)) })
	f("NULs behind", true, func(text []byte) []byte { return append(text, make([]byte, 300)...) })
	f("too long", true, func(text []byte) []byte { return make([]byte, maxNoncesSize+1) })
}

// TestNoncesBounds: the memory and the file are bounded.
func TestNoncesBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	n := mustOpen(t, path, start)
	now := start.UnixNano()
	for i := range maxNonces { // as if they had been taken
		n.taken[id(i)] = now + 1
	}
	if err := n.Take(id(-1), now+1, now); err != ErrTooMany {
		t.Error(err)
	}
	if err := n.Take(id(-1), now+3, now+2); err != nil || n.Len() != 1 {
		t.Error(err, n.Len())
	}
	for i := range 3000 {
		end := now + int64(i) + 10
		if err := n.Take(id(-10-i), end, end); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 2000*lineSize || info.Mode() != 0o600 {
		t.Error(info.Size(), info.Mode(), err)
	}
	again := mustOpen(t, path, time.Unix(0, now+3009))
	if again.Len() != 1 {
		t.Error(again.Len())
	}
}

// TestNoncesLink: what stands in its place that is no file of ours is left alone.
func TestNoncesLink(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "nonces")
	if err := os.Symlink(other, path); err != nil {
		t.Fatal(err)
	}
	if n, err := OpenNonces(path, start, time.Minute, nil); err == nil {
		n.Close()
		t.Error("followed a link")
	}
	if b, _ := os.ReadFile(other); string(b) != "x" {
		t.Error("written through a link")
	}
}

func FuzzNonces(f *testing.F) {
	text := appendChecked(nil, headFormat, uint64(0))
	i := id(1)
	f.Add(appendChecked(text, lineFormat, uint64(start.UnixNano()), i[:]))
	f.Add(text)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "nonces")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := OpenNonces(path, start, time.Minute, nil)
		if err != nil {
			t.Fatal(err)
		}
		had := n.Len()
		n.Close()
		if n, err = OpenNonces(path, start, time.Minute, nil); err != nil || n.Len() != had {
			t.Fatalf("%d, then %d: %v", had, n.Len(), err)
		}
		n.Close()
	})
}

func BenchmarkTake(b *testing.B) {
	n := mustOpen(b, filepath.Join(b.TempDir(), "nonces"), start)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := n.Take(id(i), int64(i)+1, int64(i)+1); err != nil {
			b.Fatal(err)
		}
	}
}

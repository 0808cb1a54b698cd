package client

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
)

// many is a daemon of n nodes.
func many(n int) api.Status {
	s := quiet(time.Hour)
	s.Nodes = nil
	for i := range n {
		s.Nodes = append(s.Nodes, api.Node{
			Name: fmt.Sprintf("node%03d", i), State: api.Running, Match: "TRUE", In: int64(i) * 3600,
			Since: started, Errors: int64(i % 7),
		})
	}
	return s
}

// TestViewFits wants what is drawn to fit every terminal.
func TestViewFits(t *testing.T) {
	for _, st := range []api.Status{troubled(time.Hour), quiet(time.Hour), many(200), {}} {
		for _, help := range []bool{false, true} {
			for _, height := range []int{1, 2, 3, 5, 10, 24, 60, 300} {
				for _, width := range []int{1, 2, 10, 40, 80, 132, 250} {
					v := &view{paint: true, sample: newSample(nil, st), help: help, at: 50, sort: "errors"}
					lines := v.lines(width, height)
					if len(lines) > height {
						t.Errorf("%dx%d: %d lines", width, height, len(lines))
					}
					for _, l := range lines {
						if w := cells.String(l); w > width {
							t.Errorf("%dx%d: %d columns: %q", width, height, w, l)
						}
						if strings.Contains(l, "\x1b[2J") {
							t.Errorf("%dx%d: a name clears the screen: %q", width, height, l)
						}
					}
				}
			}
		}
	}
}

func TestView(t *testing.T) {
	v := &view{sample: newSample(nil, troubled(time.Hour))}
	want(t, "80x16", strings.Join(v.lines(80, 16), "\n")+"\n", `
hekad 4242 on web1  not ready  up 1h  12k/s  5MiB/s  cpu 10%  mem 38MiB
node    state    in/s  out/s  errors  dropped  blocked       queue       spool
nginx   running     -    12k       -        -  by store          -           -
status  running   11k    0.1       3        -  -                 -           -
store   stuck      1k    500       -        -  -         15MiB 94%  990MiB 97%
mail    failed      -      -       -    1.23M  -                 -           -

bad   store: has input and has done nothing for 1h; hekad tap --in store shows …
bad   store: its spool is full to 97%, the oldest of it is 1h6m old; see why it…
bad   mail: failed: dial \x1b[2Jmail.example: refused; mend it, then hekad relo…
warn  nginx: waits for store, 1m15s in all; its spool is full: make it larger, …
5 more: hekad ps



q quits, ? lists the keys
`)
	v = &view{sample: newSample(nil, many(200))}
	v.press('G')
	want(t, "50x10", strings.Join(v.lines(50, 10), "\n")+"\n", `
hekad 4242 on web1  ready  up 1h  0/s  0B/s  cpu …
node     state    in/s  out/s     in  errors
node197  running   197      -   709k       1
node198  running   198      -   713k       2
node199  running   199      -   716k       3

warn  node001: could not process 1 message; hekad…
warn  node002: could not process 2 messages; heka…
169 more: hekad ps
198-200 of 200  q quits, ? lists the keys
`)
	want(t, "50x6", strings.Join(v.lines(50, 6), "\n")+"\n", `
hekad 4242 on web1  ready  up 1h  0/s  0B/s  cpu …
node     state    in/s  out/s     in  errors
node197  running   197      -   709k       1
node198  running   198      -   713k       2
node199  running   199      -   716k       3
198-200 of 200  171 troubles: hekad ps  q quits, …
`)
	if got := (&view{}).lines(80, 24); len(got) != 1 || got[0] != "asking..." {
		t.Errorf("before the first answer: %q", got)
	}
}

func TestViewKeys(t *testing.T) {
	v := &view{sample: newSample(nil, many(20))}
	v.lines(80, 12)
	first := func() string {
		line := v.lines(80, 12)[2]
		return line[:strings.IndexByte(line, ' ')]
	}
	f := func(key int, want string) {
		t.Helper()
		if v.press(key) {
			t.Fatalf("%c quits", key)
		}
		if got := first(); got != want {
			t.Errorf("behind %q: %s stands first, want %s", rune(key), got, want)
		}
	}
	f('i', "node019") // in/s
	f('R', "node000")
	f('R', "node019")
	f('e', "node006") // errors
	f('>', "node000") // behind the last column stands the first
	f('0', "node000")
	f('j', "node001")
	f(keyDown, "node002")
	f('k', "node001")
	f('g', "node000")
	f(keyUp, "node000")
	f(keyPageDown, "node004")
	f(keyPageUp, "node000")
	f(keyOther, "node000")
	f(27, "node000")
	f('?', "<")
	f('x', "node000") // any key goes back
	v.failure = errors.New("no daemon\x1b[2J")
	if lines := v.lines(80, 12); !strings.Contains(lines[11], `no daemon\x1b[2J`) {
		t.Errorf("the last line: %s", lines[11])
	}
	v.failure = nil
	v.press(' ')
	if lines := v.lines(80, 12); !v.paused || !strings.Contains(lines[11], "paused") {
		t.Errorf("the last line: %s", lines[11])
	}
	for _, key := range []int{'q', 3, 4} {
		if !v.press(key) {
			t.Errorf("key %d does not quit", key)
		}
	}
}

func TestReadKey(t *testing.T) {
	f := func(text string, wants ...int) {
		t.Helper()
		p := []byte(text)
		for _, want := range wants {
			key, n := readKey(p)
			if key != want || n < 1 || n > len(p) {
				t.Fatalf("%q: key %d of %d bytes, want %d", p, key, n, want)
			}
			p = p[n:]
		}
		if len(p) > 0 {
			t.Errorf("%q is left", p)
		}
	}
	f("qj", 'q', 'j')
	f("\x1b", 27)
	f("\x1b[A\x1bOBq", keyUp, keyDown, 'q')
	f("\x1b[5~\x1b[6~\x1b[H\x1b[4~", keyPageUp, keyPageDown, keyHome, keyEnd)
	f("\x1b[1;5Cx", keyOther, 'x')
	f("\x1bx", keyOther)
	f("\x1b[", keyOther)
	f("\x1b[99999", keyOther)
}

func FuzzReadKey(f *testing.F) {
	f.Add([]byte("\x1b[1;5C\x1b[A"))
	f.Fuzz(func(t *testing.T, p []byte) {
		for len(p) > 0 {
			_, n := readKey(p)
			if n < 1 || n > len(p) {
				t.Fatalf("%q: %d bytes", p, n)
			}
			p = p[n:]
		}
	})
}

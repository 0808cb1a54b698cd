package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/oracle"
)

// mega is a MiB.
const mega = 1 << 20

// TestHostileText checks that no content of a file makes a program grow, stop, or
// lose what stands behind it.
func TestHostileText(t *testing.T) {
	long, blank := scaled(100*mega), scaled(1_000_000)
	s := newScene(t)
	log := s.lines(1000)
	log = append(log, bytes.Repeat([]byte("x"), long)...)
	log = append(append(log, '\n'), s.lines(10)...)
	log = append(log, "\xff\xfea\x00b\x00\r\x00\n\x00\x1b]0;title\x07\n"...)
	log = append(log, bytes.Repeat([]byte{0}, 3*mega)...)
	log = append(append(log, '\n'), bytes.Repeat([]byte("\n"), blank)...)
	log = append(log, s.lines(10)...)
	write(t, s.path("f"), log)
	l := run(t, s.dir, "heka-tail f | heka-filter where TRUE | "+
		"heka-out -o template --template '%{truncated_bytes}/%{Payload}' -", false)
	empty, cut := 0, ""
	l.lines(patience, func(line []byte) bool {
		missing, payload, _ := bytes.Cut(line, []byte("/"))
		switch {
		case len(missing) > 0:
			cut += fmt.Sprintf("%s+%d ", missing, len(payload))
		case len(payload) == 0:
			empty++
		case bytes.HasPrefix(payload, []byte("src=")):
			s.check.Line(payload)
		}
		return true
	})
	l.wait(patience, 0)
	l.silent()
	if want := fmt.Sprintf("%d+%d %d+%d ", long-mega, mega, 3*mega-mega, mega); cut != want {
		t.Errorf("cut lines %q, want %q", cut, want)
	}
	if empty != blank {
		t.Errorf("%d empty lines came out", empty)
	}
	s.well(oracle.Allow{})
	l.small(64*mega + 4*mega)
}

// TestMemory sends more through a pipeline than it may hold.
func TestMemory(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("300 MB take their time")
	}
	f := func(pipeline string) {
		t.Helper()
		l := run(t, t.TempDir(), pipeline, false)
		l.lines(patience, func([]byte) bool { return true })
		l.wait(patience, 0)
		l.silent()
		l.small(64 * mega)
	}
	f("heka demo nginx --bytes 300000000 | heka-tail - | heka-decode nginx | heka-out -o json /dev/null")
}

// TestHostileRecords checks that lengths that lie and bodies that would unpack to
// more than memory holds cost nothing, and that what stands around them comes through.
func TestHostileRecords(t *testing.T) {
	const around = 2000
	var b msg.Builder
	good := func(dst []byte, n int) []byte {
		for range n {
			b.Reset()
			b.Payload = []byte("good")
			b.Uuid[0]++
			dst = b.Append(dst)
		}
		return dst
	}
	record := func(length uint32, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{msg.Sep, 'M', 0, msg.Version}, length), body...)
	}
	of := func(body string) []byte { return record(uint32(len(body)), body) }
	f := func(name string, junk []byte) {
		t.Helper()
		stream := good(append(good(nil, around), junk...), around)
		l := run(t, t.TempDir(), "heka-route TRUE | heka-decode json | heka-cat -o text", true)
		l.feed(stream)
		n := 0
		l.lines(patience, func(line []byte) bool { n++; return string(line) == "good" })
		l.wait(patience, 0)
		if n != 2*around {
			t.Errorf("%s: %d messages came out, want %d", name, n, 2*around)
		}
		if s := l.procs[0].stderr.String(); !strings.Contains(s, "the input was damaged") {
			t.Errorf("%s: stderr %q says nothing of damage", name, s)
		}
		l.small(64 * mega)
	}
	f("4 GiB", record(1<<32-1, "abc"))
	f("2 GiB", record(1<<31, ""))
	f("over the limit", record(8*mega+1, "abc"))
	f("at the limit", record(8*mega, "abc"))
	f("no body", record(0, ""))
	f("a header cut short", []byte{msg.Sep, 'M', 0, msg.Version, 0})
	f("4 billion elements", of("\xdd\xff\xff\xff\xff"))
	f("4 billion pairs", of("\x9b\xc4\x10"+strings.Repeat("u", 16)+"\xdf\xff\xff\xff\xff"))
	f("a string of 4 GiB", of("\x9b\xdb\xff\xff\xff\xff"))
	f("24000 arrays", of(strings.Repeat("\x91", 24000)))
	f("an extension", of("\x9b\xc9\xff\xff\xff\xff\x01"))
	f("a block of 4 GiB", append([]byte{msg.Sep, 'B', 1, msg.Version, 0, 0, 0, 40}, bytes.Repeat([]byte{0xff}, 40)...))
}

// TestGzipBomb checks that what is small on disk and large unpacked takes no memory.
func TestGzipBomb(t *testing.T) {
	size := scaled(200 * mega)
	dir := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	zeros := make([]byte, mega)
	for range size / mega {
		w.Write(zeros)
	}
	w.Write([]byte("\nlast\n"))
	w.Close()
	write(t, filepath.Join(dir, "f.gz"), z.Bytes())
	l := run(t, dir, "heka-tail f.gz | heka-out -o template --template '%{truncated_bytes}' -", false)
	var got []string
	l.lines(patience, func(line []byte) bool { got = append(got, string(line)); return true })
	l.wait(patience, 0)
	l.silent()
	if want := fmt.Sprintf("%d|", size-mega); strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.small(64*mega + 2*mega)
}

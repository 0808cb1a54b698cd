package split

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// logLines are lines of 200 bytes as loggers write them, each ended by end.
func logLines(size int, end string) []byte {
	line := "2026-11-02 10:00:01,204 INFO  [main] com.example.shop.Orders - "
	line += strings.Repeat("x", 200-len(line)-len(end)) + end
	return []byte(strings.Repeat(line, size/len(line)))
}

// mixed are log lines, and the traces of a file in testdata among them.
func mixed(name string) func(t testing.TB) []byte {
	return func(t testing.TB) []byte {
		trace, err := os.ReadFile("testdata/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		trace = bytes.ReplaceAll(trace, []byte("%%\n"), nil)
		return bytes.Repeat(append(logLines(8<<10, "\n"), trace...), 20)
	}
}

type speedCase struct {
	name, split, multiline string
	text                   func(t testing.TB) []byte
	allocs                 bool // in the regexp package, at times
}

var speeds = []speedCase{
	{name: "line"},
	{name: "null", split: "null", text: func(testing.TB) []byte {
		return logLines(256<<10, "\x00")
	}},
	{name: "token", split: `token=\r\n`, text: func(testing.TB) []byte {
		return logLines(256<<10, "\r\n")
	}},
	{name: "fixed", split: "fixed=200"},
	{name: "regex", split: `regex=\n\d{4}`, allocs: true},
	{name: "regex-unbounded", split: `regex=\n+`, allocs: true},
	{name: "indent", multiline: "indent"},
	{name: "start", multiline: `start=^\d{4}-`, allocs: true},
	{name: "java-lines", multiline: "java"},
	{name: "java", multiline: "java", text: mixed("java")},
	{name: "python", multiline: "python", text: mixed("python")},
	{name: "go", multiline: "go", text: mixed("go")},
	{name: "ruby", multiline: "ruby", text: mixed("ruby")},
	{name: "docker", multiline: "docker", text: func(testing.TB) []byte {
		back := `","stream":"stdout","time":"2026-11-02T10:00:01.204Z"}`
		return containerLines(`{"log":"`, back, `\n`)
	}},
	{name: "cri", multiline: "cri", text: func(testing.TB) []byte {
		text := containerLines("2026-11-02T10:00:01.204Z stdout F ", "", "")
		return bytes.ReplaceAll(text, []byte(" F part"), []byte(" P part"))
	}},
}

// containerLines are ten whole lines for each that comes in three parts.
func containerLines(front, back, end string) []byte {
	x := strings.Repeat("x", 120)
	group := strings.Repeat(front+x+end+back+"\n", 10) + strings.Repeat(front+"part"+x+back+"\n", 2) +
		front + "last" + end + back + "\n"
	return []byte(strings.Repeat(group, 100))
}

func (k speedCase) splitter(t testing.TB) (Splitter, []byte) {
	text := logLines(256<<10, "\n")
	if k.text != nil {
		text = k.text(t)
	}
	return mustParse(t, k.split, k.multiline).New(envelope(), 0, 0), text
}

func TestAllocs(t *testing.T) {
	dst, off := make([]byte, 0, 2<<20), make([]uint32, 0, 1<<16)
	for _, k := range speeds {
		s, p := k.splitter(t)
		n := testing.AllocsPerRun(10, func() { s.Append(dst, off, p, 1<<30) })
		if n != 0 && !k.allocs {
			t.Errorf("%s: %v allocations", k.name, n)
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	dst, off := make([]byte, 0, 2<<20), make([]uint32, 0, 1<<16)
	for _, k := range speeds {
		b.Run(k.name, func(b *testing.B) {
			s, p := k.splitter(b)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			records := 0
			for b.Loop() {
				_, off, _ := s.Append(dst, off, p, 1<<30)
				records += len(off)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
		})
	}
}

package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sort"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/msg"
	"heka/lib/size"
)

// profile is what --explain shows of a script: which calls took longest, and to which
// lines the time went.
type profile struct {
	s       *Sandbox
	lines   map[string]*lineTime
	slowest []slowCall // slowest first
	calls   int
	total   time.Duration
	started time.Time // of the call
	last    time.Time // of the last sample
}

type lineTime struct {
	time    time.Duration
	samples int
}

type slowCall struct {
	what         string
	time         time.Duration
	instructions int
}

const (
	sampleEvery = 101 // instructions between two samples: no loop's length
	keepSlowest = 5
	showLines   = 8
)

func newProfile(s *Sandbox) *profile {
	p := &profile{s: s, lines: map[string]*lineTime{}}
	s.meter.Sample(sampleEvery, p.sample)
	return p
}

func (p *profile) begin() {
	p.started = time.Now()
	p.last = p.started
}

// sample puts the time since the last sample down to the line that runs.
func (p *profile) sample() {
	if p.started.IsZero() {
		return
	}
	now := time.Now()
	p.charge(p.place(), now.Sub(p.last))
	p.last = now
}

func (p *profile) charge(line string, d time.Duration) {
	l := p.lines[line]
	if l == nil {
		l = &lineTime{}
		p.lines[line] = l
	}
	l.time += d
	l.samples++
}

// place returns the line of Lua that runs, "f.lua:22".
func (p *profile) place() string {
	L := p.s.state
	for level := 0; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return "?"
		}
		if _, err := L.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.CurrentLine > 0 {
			return fmt.Sprintf("%s:%d", dbg.Source, dbg.CurrentLine)
		}
	}
}

// end notes a call of process_message for m, or of timer_event.
func (p *profile) end(m *msg.View, instructions int) {
	d := time.Since(p.started)
	p.started = time.Time{}
	p.calls++
	p.total += d
	if len(p.slowest) == keepSlowest && d <= p.slowest[keepSlowest-1].time {
		return
	}
	at := sort.Search(len(p.slowest), func(i int) bool { return p.slowest[i].time < d })
	p.slowest = slices.Insert(p.slowest, at, slowCall{callName(m), d, instructions})
	p.slowest = p.slowest[:min(len(p.slowest), keepSlowest)]
}

func callName(m *msg.View) string {
	if m == nil {
		return "timer_event"
	}
	u := m.Uuid()
	if u[6]>>4 == 8 { // made of a file and an offset
		return fmt.Sprintf("the line at byte %d", binary.BigEndian.Uint64(u[8:])&(1<<62-1))
	}
	return "message " + string(msg.AppendUuid(nil, u))
}

// WriteProfile writes what of the limits the script has used, and, if Config.Explain
// was set, where its time went.
func (s *Sandbox) WriteProfile(w io.Writer) {
	used, limits := s.meter.Peak(), s.meter.Limits()
	fmt.Fprintf(w, "%s\n", s.script.Name)
	fmt.Fprintf(w, "  memory        %s\n", share(used.Memory, limits.Memory, sizeText))
	fmt.Fprintf(w, "  instructions  %s in one call\n", share(used.Instructions, limits.Instructions, countText))
	fmt.Fprintf(w, "  output        %s\n", share(used.Output, limits.Output, sizeText))
	if s.profile != nil {
		s.profile.write(w)
	}
}

func sizeText(n int) string  { return size.Format(int64(n)) }
func countText(n int) string { return fmt.Sprint(n) }

func share(used, limit int, text func(int) string) string {
	if limit == 0 {
		return text(used) + ", no limit"
	}
	return fmt.Sprintf("%s of %s (%.1f%%)", text(used), text(limit), 100*float64(used)/float64(limit))
}

func (p *profile) write(w io.Writer) {
	if p.calls == 0 {
		return
	}
	fmt.Fprintf(w, "  %d calls, %v each on average; the slowest:\n", p.calls,
		(p.total / time.Duration(p.calls)).Round(10*time.Nanosecond))
	for _, c := range p.slowest {
		fmt.Fprintf(w, "    %10v  %8d instructions  %s\n",
			c.time.Round(100*time.Nanosecond), c.instructions, c.what)
	}
	type row struct {
		line string
		lineTime
	}
	var rows []row
	var sum time.Duration
	for line, t := range p.lines {
		rows = append(rows, row{line, *t})
		sum += t.time
	}
	if sum == 0 {
		return
	}
	slices.SortFunc(rows, func(a, b row) int { return int(b.time - a.time) })
	fmt.Fprintf(w, "  where the time went, of %d samples:\n", p.samples())
	for _, r := range rows[:min(len(rows), showLines)] {
		fmt.Fprintf(w, "    %5.1f%%  %s\n", 100*float64(r.time)/float64(sum), r.line)
	}
}

func (p *profile) samples() (n int) {
	for _, l := range p.lines {
		n += l.samples
	}
	return n
}

package prog

import (
	"fmt"
	"heka/lib/size"
	"os"
	"strings"
	"sync"
	"time"
)

// progress draws how far a source is on a terminal: a bar, bytes, rate and the
// time left. It draws nothing within the first second: what is that fast needs no
// bar.
type progress struct {
	mu      sync.Mutex
	f       *os.File
	started time.Time
	drawn   time.Time
}

// drawEvery is how often the bar is drawn at most.
const drawEvery = 100 * time.Millisecond

func newProgress(f *os.File) *progress { return &progress{f: f, started: time.Now()} }

// set draws done of total bytes.
func (p *progress) set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	took := now.Sub(p.started)
	if took < time.Second || now.Sub(p.drawn) < drawEvery || total <= 0 {
		return
	}
	p.drawn = now
	const width = 30
	part := min(float64(done)/float64(total), 1)
	full := int(part * width)
	rate := float64(done) / took.Seconds()
	left := time.Duration(float64(total-done) / max(rate, 1) * float64(time.Second))
	fmt.Fprintf(p.f, "\r%s%s %3.0f%% %s of %s, %s/s, %s left\x1b[K",
		strings.Repeat("█", full), strings.Repeat("░", width-full), part*100,
		size.Format(done), size.Format(total), size.Format(int64(rate)), left.Round(time.Second))
}

// close takes the bar away.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.drawn.IsZero() {
		fmt.Fprint(p.f, "\r\x1b[K")
	}
}

// Package demo makes logs to try things on: like those of real servers in shape
// and in proportions, the same for the same seed, of any size, at any rate.
// Addresses and names in them are those reserved for documentation.
package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Maker writes the lines of one log. It is for one goroutine.
type Maker struct {
	r     *rand.Rand
	at    time.Time
	sec   string // at, in the log's own form
	timed bool
	line  func(m *Maker, dst []byte) []byte
	ips   []string
	paths []string
	n     uint64
}

// Kinds are the logs that New knows, and what they are.
var Kinds = map[string]string{
	"nginx": "an nginx access log, in the format combined",
	"app":   "the log of a few services, JSON lines",
}

// New returns the Maker of a log of this kind, or nil if there is none. The first
// line is of the time start. With timed, an access log has $request_time behind
// what combined has.
func New(kind string, seed uint64, start time.Time, timed bool) *Maker {
	m := &Maker{r: rand.New(rand.NewPCG(seed, 0x48656b61)), at: start, timed: timed}
	switch kind {
	case "nginx":
		m.line = (*Maker).nginx
	case "app":
		m.line = (*Maker).app
	default:
		return nil
	}
	for range 5000 {
		m.ips = append(m.ips, m.ip())
	}
	for i := range 400 {
		m.paths = append(m.paths, m.path(i))
	}
	return m
}

// AppendLine appends the next line, its newline included.
func (m *Maker) AppendLine(dst []byte) []byte {
	m.n++
	return m.line(m, dst)
}

// Advance moves the log's time on.
func (m *Maker) Advance(d time.Duration) {
	was := m.at.Unix()
	if m.at = m.at.Add(d); m.at.Unix() != was {
		m.sec = ""
	}
}

// zipf picks below n, small numbers far more often than large ones, as visitors
// pick pages.
func (m *Maker) zipf(n int) int {
	return int(math.Exp(m.r.Float64()*math.Log(float64(n)+1))) - 1
}

func (m *Maker) ip() string {
	switch m.r.IntN(12) {
	case 0, 1, 2, 3:
		return fmt.Sprintf("203.0.113.%d", m.r.IntN(256))
	case 4, 5, 6, 7:
		return fmt.Sprintf("198.51.100.%d", m.r.IntN(256))
	case 8, 9, 10:
		return fmt.Sprintf("192.0.2.%d", m.r.IntN(256))
	}
	return fmt.Sprintf("2001:db8:%x:%x::%x", m.r.IntN(65536), m.r.IntN(65536), m.r.IntN(65536))
}

func (m *Maker) path(i int) string {
	switch i % 5 {
	case 0:
		return fmt.Sprintf("/articles/%d/%s", 2020+m.r.IntN(7), m.words(4))
	case 1:
		return fmt.Sprintf("/images/%s.png", m.words(2))
	case 2:
		return fmt.Sprintf("/api/v1/%s/%d?fields=id,name&page=%d", m.words(1), m.r.IntN(100000), m.r.IntN(40))
	case 3:
		return fmt.Sprintf("/static/js/%s.%08x.js", m.words(1), m.r.Uint32())
	}
	return "/" + m.words(1+m.r.IntN(3)) + "/"
}

var words = []string{
	"river", "stone", "cloud", "paper", "green", "north", "light", "field", "water", "iron",
	"harbor", "maple", "signal", "winter", "garden", "copper", "bridge", "lantern", "orbit", "meadow",
}

func (m *Maker) words(n int) string {
	s := words[m.r.IntN(len(words))]
	for range n - 1 {
		s += "-" + words[m.r.IntN(len(words))]
	}
	return s
}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
	"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/about)",
	"curl/8.14.1",
	"feedreader/4.2 (+https://feeds.example.org)",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
	"monitoring-probe/1.0",
}

var referers = []string{
	"https://www.example.com/", "https://search.example.net/?q=river+stone",
	"https://www.example.com/articles/", "https://news.example.org/item?id=8245",
}

var (
	methods  = []string{"GET", "GET", "GET", "GET", "GET", "GET", "GET", "GET", "POST", "HEAD", "PUT"}
	statuses = []int{
		200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
		304, 304, 304, 206, 301, 302, 404, 404, 403, 500, 499, 502,
	}
)

// nginx writes a line of the format combined.
func (m *Maker) nginx(dst []byte) []byte {
	m.Advance(time.Duration(m.r.ExpFloat64() * float64(20*time.Millisecond)))
	if m.sec == "" {
		m.sec = m.at.Format(" - - [02/Jan/2006:15:04:05 -0700] \"")
	}
	dst = append(dst, m.ips[m.zipf(len(m.ips))]...)
	dst = append(dst, m.sec...)
	status, size := statuses[m.r.IntN(len(statuses))], int64(0)
	switch {
	case m.n%1009 == 0: // somebody speaks TLS to a plain port
		dst = append(dst, `\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03`...)
		status, size = 400, 157
	case m.n%1511 == 0: // a connection that says nothing
		status = 408
	default:
		dst = append(append(dst, methods[m.r.IntN(len(methods))]...), ' ')
		dst = append(append(dst, m.paths[m.zipf(len(m.paths))]...), " HTTP/1.1"...)
		if status != 304 && status != 499 {
			size = int64(math.Exp(5+m.r.NormFloat64()*1.5)) * 10
		}
	}
	dst = append(strconv.AppendInt(append(dst, `" `...), int64(status), 10), ' ')
	dst = append(strconv.AppendInt(dst, size, 10), ` "`...)
	if i := m.r.IntN(3 * len(referers)); i < len(referers) {
		dst = append(dst, referers[i]...)
	} else if i < 2*len(referers) {
		dst = append(append(dst, "https://www.example.com"...), m.paths[m.zipf(len(m.paths))]...)
	} else {
		dst = append(dst, '-')
	}
	dst = append(dst, `" "`...)
	dst = append(append(dst, agents[m.zipf(len(agents))]...), '"')
	if m.timed {
		dst = append(dst, ' ')
		dst = strconv.AppendFloat(dst, math.Exp(m.r.NormFloat64()-4)*float64(1+status/500*20), 'f', 3, 64)
	}
	return append(dst, '\n')
}

var (
	services = []string{"cart", "search", "checkout", "auth", "mail"}
	levels   = []string{"info", "info", "info", "info", "info", "debug", "debug", "warn", "error"}
	events   = map[string][]string{
		"info":  {"request served", "session opened", "order placed"},
		"debug": {"cache miss", "query planned"},
		"warn":  {"slow upstream", "retrying"},
		"error": {"upstream timed out", "payment refused", "connection reset by peer"},
	}
)

// app writes a JSON line of a service.
func (m *Maker) app(dst []byte) []byte {
	m.Advance(time.Duration(m.r.ExpFloat64() * float64(50*time.Millisecond)))
	level := levels[m.r.IntN(len(levels))]
	dst = append(dst, `{"time":"`...)
	dst = m.at.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = append(append(dst, `","level":"`...), level...)
	dst = append(append(dst, `","service":"`...), services[m.zipf(len(services))]...)
	dst = append(append(dst, `","message":"`...), events[level][m.r.IntN(len(events[level]))]...)
	dst = append(dst, `","request_id":"`...)
	dst = strconv.AppendUint(dst, m.r.Uint64(), 16)
	dst = append(dst, `","duration_ms":`...)
	dst = strconv.AppendFloat(dst, math.Exp(m.r.NormFloat64()+3), 'f', 1, 64)
	dst = append(append(dst, `,"user":"user`...), strconv.Itoa(m.zipf(2000))...)
	return append(dst, "\"}\n"...)
}

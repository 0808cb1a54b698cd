package match

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"heka/lib/msg"
)

// traffic returns views of n messages of about 500 bytes with eight fields: of one
// type if alike, else half of them of that type and the others of three more.
func traffic(t testing.TB, n int, alike bool) []*msg.View {
	r := rand.New(rand.NewPCG(7, 8))
	of := func(all ...any) any { return all[r.IntN(len(all))] }
	var all []*msg.View
	for range n {
		m := access()
		m.Timestamp += r.Int64N(1e12)
		request := of("/", "/index.html", "/api/v1/users/1234", "/static/app.js").(string)
		m.Payload = fmt.Sprintf(`203.0.113.%d - - "GET %s HTTP/1.1" 200 %s`, r.IntN(255), request,
			strings.Repeat("x", 150+r.IntN(60)))
		m.Fields = []msg.Field{
			{Name: "remote_addr", Value: fmt.Sprintf("203.0.113.%d", r.IntN(255))},
			{Name: "request_method", Value: of("GET", "GET", "GET", "POST", "HEAD")},
			{Name: "request", Value: request},
			{Name: "http_user_agent", Value: of("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0")},
			{Name: "status", Value: of(200, 200, 200, 200, 304, 404, 502)},
			{Name: "request_time", Value: r.Float64()},
			{Name: "body_bytes_sent", Value: r.IntN(200000)},
			{Name: "ok", Value: r.IntN(2) == 0},
		}
		if !alike && r.IntN(2) == 0 {
			m.Type = of("nginx.error", "syslog", "app.orders").(string)
			m.Logger = m.Type + ".log"
			m.Hostname = of("web-1", "web-2", "db-1.example.com").(string)
			m.Severity = r.Int64N(8)
			m.Fields[0].Name, m.Fields[4].Name = "program", "code"
		}
		all = append(all, view(t, m))
	}
	return all
}

// many returns n expressions, each with its number in place of %d.
func many(n int, form ...string) []string {
	var all []string
	for i := range n {
		all = append(all, strings.ReplaceAll(form[i%len(form)], "%d", fmt.Sprint(i)))
	}
	return all
}

// mixedExprs is ten matchers as the nodes of a daemon have them.
var mixedExprs = []string{
	"TRUE",
	"Type == 'nginx.access'",
	"Type == 'nginx.access' && Fields[status] >= 500",
	"Type == 'nginx.access' && Fields[request_time] > 0.9",
	"Type =~ /^nginx/ && Hostname == 'web-1.example.com'",
	"Logger == 'web-1/access.log' && Fields[request_method] == 'POST'",
	"Severity <= 3",
	"Type == 'syslog' && Fields[program] == 'sshd'",
	"Type == 'app.orders' || Type == 'app.payments'",
	"Type == 'heka.all-report'",
}

// selections are what Select is measured on.
var selections = []struct {
	name  string
	exprs []string
}{
	{"10", tenExprs},
	{"10-mixed", mixedExprs},
	{"1-all", []string{"TRUE"}},
	{"10-none", many(10, "Type == 'other.%d'")},
	{"100-none", many(100, "Type == 'other.%d'")},
	{"100-none-mixed", many(100, "Type == 'other.%d'", "Type == 'other.%d' && Fields[status] >= 500",
		"Logger == 'other-%d'", "Hostname == 'other-%d' && Severity <= 3", "Type =~ /^other%d/")},
	{"100-none-fields", many(100, "Fields[status] == 10%d", "Fields[request_method] == 'X%d'")},
	{"100-shared", append(many(90, "Type == 'other.%d'"),
		many(10, "Type == 'nginx.access' && Fields[status] == 40%d")...)},
}

func BenchmarkSelect(b *testing.B) {
	for _, alike := range []bool{true, false} {
		all := traffic(b, 512, alike)
		kind := map[bool]string{true: "access", false: "mixed"}[alike]
		for _, c := range selections {
			b.Run(kind+"/"+c.name, func(b *testing.B) {
				s := set(b, c.exprs...)
				hits := make([]uint64, s.Words())
				v := *all[0]
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					v.Reset(all[i&511].Body())
					s.Select(&v, hits)
				}
			})
		}
	}
}

// checkSelect wants of a set of expressions what each of them says alone of each
// message, in several rounds: the first finds everything new.
func checkSelect(t *testing.T, exprs []string, messages []*msg.View, now int64) {
	t.Helper()
	s := set(t, exprs...)
	s.SetNow(now)
	var alone []*Matcher
	for _, expr := range exprs {
		m := MustCompile(expr)
		m.SetNow(now)
		alone = append(alone, m)
	}
	hits := make([]uint64, s.Words()+1)
	for round := range 3 {
		for n, v := range messages {
			for i := range hits {
				hits[i] = 0xdeadbeef
			}
			s.Select(v, hits)
			for i, m := range alone {
				want := m.Match(v)
				if got := hits[i/64]>>(i%64)&1 != 0; got != want {
					t.Fatalf("round %d, message %d: %s: %v, want %v", round, n, m, got, want)
				}
			}
			if i := len(alone); hits[i/64]>>(i%64) != 0 && i%64 != 0 || hits[s.Words()] != 0xdeadbeef {
				t.Fatalf("message %d: hits %x beyond %d expressions", n, hits, i)
			}
		}
	}
}

// odd returns messages of any form, some of which are alike but for a little.
func (g generator) odd(t testing.TB, n int) []*msg.View {
	var all []*msg.View
	m := sample()
	for range n {
		switch g.r.IntN(8) {
		case 0:
			m = sample()
		case 1:
			m = access()
		case 2:
			m.Type = g.of("", "nginx.access", "nginx.error", "it's", `a\`, strings.Repeat("x", 300))
		case 3:
			m.Logger, m.Hostname = g.of("", "GET", "web-1"), g.of("", "d", "GET", "nginx.access")
			m.EnvVersion = g.of("", "TRUE")
		case 4:
			m.Severity, m.Pid = g.r.Int64N(9), g.r.Int64N(1<<uint(g.r.IntN(40)))
		case 5:
			g.r.Shuffle(len(m.Fields), func(i, k int) {
				m.Fields[i], m.Fields[k] = m.Fields[k], m.Fields[i]
			})
		case 6:
			m.Fields = append(m.Fields, msg.Field{Name: g.of("status", "x", "tags",
				strings.Repeat("long name ", g.r.IntN(7)+1)), Value: g.any()})
		case 7:
			if len(m.Fields) > 0 {
				m.Fields = append([]msg.Field(nil), m.Fields[g.r.IntN(len(m.Fields)):]...)
				m.Fields[0].Value = g.any()
			}
		}
		all = append(all, view(t, m))
	}
	return all
}

// any returns the value of a field.
func (g generator) any() any {
	all := []any{"GET", "", "nginx.access", []byte("d"), 502, -1, 43, int64(math.MaxInt64), 0.043,
		1e300, true, false, []any{}, []any{502, 1}, []any{"GET", "d"}, []any{true}}
	return all[g.r.IntN(len(all))]
}

func TestSelect(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(5, 6))}
	for i := range 60 {
		var exprs []string
		for range 1 + g.r.IntN(130) {
			exprs = append(exprs, g.expr(i%4))
		}
		checkSelect(t, exprs, g.odd(t, 100), 1416840893000000001)
	}
	for _, c := range selections {
		checkSelect(t, c.exprs, append(traffic(t, 100, false), traffic(t, 50, true)...), 7)
	}
}

// Fields of the same place whose names differ in one byte are others.
func TestSelectNames(t *testing.T) {
	for _, size := range []int{1, 6, 7, 8, 9, 14, 15, 16, 17, 20, 31, 32, 40} {
		name := strings.Repeat("n", size)
		named := func(s string) *msg.View {
			return view(t, msg.Message{Fields: []msg.Field{{Name: "a", Value: 1}, {Name: s, Value: 2},
				{Name: "b", Value: 3}}})
		}
		all := []*msg.View{named(name), named(name + "n"), named(name[1:])}
		for i := range size {
			all = append(all, named(name), named(name[:i]+"m"+name[i+1:]))
		}
		checkSelect(t, []string{"Fields[" + name + "] == 2", ".b == 3", ".a == 1 && .c == NIL"}, all, 0)
	}
}

// Texts of which only the middle differs are told apart, however many there are.
func TestSelectMiddle(t *testing.T) {
	var exprs []string
	var all []*msg.View
	for i := range 40 {
		text := fmt.Sprintf("/var/log/pods/%d/current.log", 100+i)
		all = append(all, view(t, msg.Message{Type: text, Logger: text, Hostname: text,
			Fields: []msg.Field{{Name: "path", Value: text}}}))
		exprs = append(exprs, fmt.Sprintf("%s == '%s'", []string{"Type", "Logger", "Hostname", ".path",
			"TRUE && .path"}[i%5], text))
	}
	checkSelect(t, exprs, all, 0)
}

// A field may be an integer beyond int64, or one that no float is.
func TestSelectLarge(t *testing.T) {
	var all []*msg.View
	for _, n := range []int64{math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1, 1<<53 - 1, -1 << 53,
		-1<<53 - 1, 255, 256, 1 << 32, 0, -1, 1<<63 - 1} {
		all = append(all, view(t, msg.Message{Fields: []msg.Field{{Name: "u", Value: n}}}))
	}
	last := all[len(all)-1]
	body := last.Body()
	body[len(body)-9] = msg.WireUint64
	for i := len(body) - 8; i < len(body); i++ {
		body[i] = 0xff
	}
	for _, n := range []string{"9223372036854775807", "18446744073709551615", "9007199254740992",
		"9007199254740993", "9007199254740991", "-9007199254740993", "1e19", "0.5", "255"} {
		checkSelect(t, []string{".u == " + n, ".u < " + n, ".u >= " + n, "!(.u == " + n + ")"}, all, 0)
	}
}

// However many values come, what a Set keeps of them has a bound, and it tells the same.
func TestSelectBound(t *testing.T) {
	s := set(t, "Type == 'x7' && Logger == 'y7'", "Hostname =~ /7$/", "Type =~ /^x/ && .a == 1")
	hits := make([]uint64, 1)
	first := 0
	var all []*msg.View
	for i := range 5000 {
		n := fmt.Sprint(i)
		all = append(all, view(t, msg.Message{Type: "x" + n, Logger: "y" + n, Hostname: n}))
	}
	for i := range 3 * maxMissed / 2 {
		v, want := all[i%5000], uint64(0)
		s.Select(v, hits)
		if i%5000 == 7 {
			want |= 1
		}
		if i%10 == 7 {
			want |= 2
		}
		if hits[0] != want {
			t.Fatalf("message %d: %b, want %b", i, hits[0], want)
		}
		if s.states > maxStates || s.steps > 2*maxSteps {
			t.Fatalf("%d states of %d steps", s.states, s.steps)
		}
		if s.missed > first {
			first = s.missed
		}
	}
	if first != maxMissed-1 || s.missed == first {
		t.Errorf("the tree did not start anew: missed %d, now %d", first, s.missed)
	}
}

func TestSelectNoAllocations(t *testing.T) {
	all := append(traffic(t, 64, false), traffic(t, 64, true)...)
	for _, c := range selections {
		s := set(t, c.exprs...)
		hits := make([]uint64, s.Words())
		round := func() {
			for _, v := range all {
				s.Select(v, hits)
			}
		}
		round()
		if n := testing.AllocsPerRun(5, round); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func FuzzSelect(f *testing.F) {
	f.Add(uint64(1), uint64(2), "Type == 'x' && .status > 3", ".status in (1, 2)")
	f.Add(uint64(3), uint64(4), "!(.x == 1) && .x != 'GET'", "Hostname == 'd' || .tags == NIL")
	f.Fuzz(func(t *testing.T, a, b uint64, expr, other string) {
		g := generator{rand.New(rand.NewPCG(a, b))}
		exprs := []string{g.expr(1)}
		for _, s := range []string{expr, other} {
			if _, err := Parse(s); err == nil {
				exprs = append(exprs, s, "!("+s+") && "+g.expr(0), g.expr(0)+" && ("+s+")")
			}
		}
		for _, s := range exprs {
			if e, err := Parse(s); err != nil || len(e.String()) > 4000 {
				return
			}
		}
		for range g.r.IntN(70) {
			exprs = append(exprs, g.expr(2))
		}
		checkSelect(t, exprs, g.odd(t, 40), 1416840893000000001)
	})
}

package report

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"heka/cmd/hekad/api"
)

// scene is a daemon whose seconds pass one by one.
type scene struct {
	t  *testing.T
	w  Watch
	st api.Status
}

func newScene(t *testing.T, names ...string) *scene {
	s := &scene{t: t, st: api.Status{Now: noon}}
	for _, n := range names {
		s.st.Nodes = append(s.st.Nodes, api.Node{Name: n, State: api.Running, Progress: noon})
	}
	return s
}

func (s *scene) node(name string) *api.Node {
	for i := range s.st.Nodes {
		if s.st.Nodes[i].Name == name {
			return &s.st.Nodes[i]
		}
	}
	s.t.Fatalf("no node %s", name)
	return nil
}

// pass lets seconds pass, calls each in every one of them, and wants the nodes that are
// stuck then: names, with those that wait for them in parentheses.
func (s *scene) pass(seconds int, want string, each func()) {
	s.t.Helper()
	for range seconds {
		if s.st.Now = s.st.Now.Add(time.Second); each != nil {
			each()
		}
		s.w.Feed(s.st)
	}
	var got []string
	for _, k := range s.w.Stuck() {
		name := k.Node
		if len(k.Waiting) > 0 {
			name += fmt.Sprint(k.Waiting)
		}
		got = append(got, name)
	}
	if g := strings.Join(got, " "); g != want {
		s.t.Errorf("%v: stuck %q, want %q", s.st.Now.Sub(noon), g, want)
	}
}

func TestIdle(t *testing.T) {
	s := newScene(t, "tail", "store")
	s.pass(3600, "", nil)
}

func TestStuck(t *testing.T) {
	s := newScene(t, "store")
	s.pass(100, "", nil) // idle for long, then something comes
	s.node("store").Queue = 100
	s.pass(29, "", func() { s.node("store").In++ })
	s.pass(1, "store", func() { s.node("store").In++ })
	s.pass(60, "store", func() { s.node("store").Dropped++; s.node("store").Restarts++ })
	if k := s.w.Stuck()[0]; k.For < 90*time.Second || k.Queue != 100 {
		t.Errorf("%+v", k)
	}
	s.pass(1, "", func() { s.node("store").Progress = s.st.Now }) // one acknowledgement
	s.pass(29, "store", nil)
	s.node("store").Queue = 0
	s.pass(1, "", nil)
}

// TestWithin wants it to be told within 30 s of the last thing that was done.
func TestWithin(t *testing.T) {
	s := newScene(t, "a")
	s.node("a").Spool = 1
	s.pass(7, "", func() { s.node("a").Out++ })
	s.pass(28, "", nil)
	s.pass(1, "a", nil)
}

func TestLag(t *testing.T) {
	s := newScene(t, "tail")
	tail := s.node("tail")
	tail.Lag = 1000
	s.pass(300, "", func() { tail.Out++ }) // behind, and going
	s.pass(29, "tail", nil)
	tail.State = api.Ended // nobody reads the rest
	s.pass(1, "", nil)
	tail.State = api.Running
	s.st.Draining = true
	s.pass(60, "", nil)
}

// TestChain has a source behind a filter behind an output that does not answer.
func TestChain(t *testing.T) {
	s := newScene(t, "tail", "count", "store", "other")
	s.node("tail").Lag, s.node("count").Queue, s.node("store").Queue = 10, 20, 30
	for _, p := range [][2]string{{"tail", "count"}, {"count", "store"}} {
		s.node(p[0]).Blocked, s.node(p[0]).BlockedBy = true, p[1]
	}
	s.pass(28, "", func() { s.node("other").Out++ })
	s.pass(2, "store[tail count]", func() { s.node("other").Out++ })
	s.pass(1, "", func() { s.node("store").Progress = s.st.Now })
	// The output is slow, a batch every 20 s. Those behind it wait longer than 30 s.
	n := 0
	s.pass(200, "", func() {
		if n++; n%20 == 0 {
			s.node("store").Out++
		}
	})
	// The output is gone from the graph, and the filter does nothing all the same.
	s.st.Nodes = append(s.st.Nodes[:2:2], s.st.Nodes[3])
	s.pass(40, "count[tail]", nil)
}

func TestRing(t *testing.T) {
	s := newScene(t, "a", "b", "c")
	s.node("a").Lag, s.node("b").Queue, s.node("c").Queue = 1, 1, 1
	for _, p := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "b"}} {
		s.node(p[0]).Blocked, s.node(p[0]).BlockedBy = true, p[1]
	}
	s.pass(40, "b[a c]", nil)
	s.node("b").BlockedBy = "b"
	s.pass(1, "b[a c]", nil)
}

// TestClock wants neither a clock that is set nor a daemon that was stopped to make
// nodes stuck, nor a clock set back to hide them.
func TestClock(t *testing.T) {
	s := newScene(t, "a")
	s.node("a").Queue = 1
	s.pass(5, "", nil)
	s.st.Now = s.st.Now.Add(time.Hour)
	s.pass(5, "", nil)
	s.st.Now = s.st.Now.Add(-3 * time.Hour)
	s.pass(30, "a", nil)
}

// TestAnew wants a node of a name that was there before to have its own time.
func TestAnew(t *testing.T) {
	s := newScene(t, "a", "b")
	s.node("a").Queue = 1
	s.pass(20, "", nil)
	all := s.st.Nodes
	s.st.Nodes = all[1:]
	s.pass(20, "", nil)
	s.st.Nodes = all
	s.pass(29, "", nil)
	s.pass(1, "a", nil)
}

func TestNotReady(t *testing.T) {
	s := newScene(t, "tail", "store", "lua")
	f := func(want string) {
		t.Helper()
		if got := strings.Join(NotReady(s.st, s.w.Stuck()), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		s.w.Mark(&s.st)
		if s.st.Ready != (want == "") {
			t.Errorf("ready %v: %s", s.st.Ready, want)
		}
	}
	f("")
	s.node("tail").State = api.Ended
	f("")
	s.node("lua").State, s.node("lua").Why = api.Failed, "x.lua:1: bad\nworse"
	f(`lua: failed: x.lua:1: bad\nworse`)
	s.node("lua").Queue, s.node("store").Queue, s.node("store").Spool = 1<<20, 5, 16<<20
	s.node("lua").Blocked, s.node("lua").BlockedBy = true, "store"
	s.pass(40, "store[lua]", nil)
	f("store: no progress for 39s, 5B queued, 16MiB in the spool; lua waits for it\n" +
		`lua: failed: x.lua:1: bad\nworse`)
	s.st.Draining = true
	s.node("store").Queue, s.node("store").Spool, s.node("lua").Queue = 0, 0, 0
	s.pass(1, "", nil)
	f("draining: sources are ended\n" + `lua: failed: x.lua:1: bad\nworse`)
}

func TestHandler(t *testing.T) {
	s := newScene(t, "tail", "store")
	h := Handler(func() api.Status { return s.st }, &s.w)
	f := func(method, path string, status int, want string) {
		t.Helper()
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		if rec.Code != status || !strings.HasPrefix(rec.Body.String(), want) {
			t.Errorf("%s %s: %d %q, want %d %q", method, path, rec.Code, rec.Body, status, want)
		}
	}
	f("GET", "/healthz", 503, "unhealthy\n") // nobody has fed the Watch
	f("GET", "/readyz", 503, "not ready\n")
	s.pass(1, "", nil)
	f("GET", "/healthz", 200, "healthy\n")
	f("GET", "/readyz", 200, "ready: 2 nodes\n")
	f("HEAD", "/readyz", 200, "")
	f("POST", "/readyz", 405, "")
	f("GET", "/nothing", 404, "")
	f("GET", "/metrics", 200, "# HELP hekad_info ")
	s.node("store").Queue = 10
	s.pass(31, "store", nil)
	f("GET", "/readyz", 503, "not ready\nstore: no progress for ")
	f("GET", "/healthz", 200, "healthy\nstore: no progress for ")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if got := rec.Header().Get("Content-Type"); got != MetricsType {
		t.Errorf("Content-Type %q", got)
	}
	if samples, err := parseProm(rec.Body.String()); err != nil || samples["hekad_stuck_nodes{}"] != 1 ||
		samples["hekad_ready{}"] != 0 {
		t.Errorf("%v %v", err, samples)
	}
	s.st.Now = s.st.Now.Add(Stale + time.Second) // whoever fed it hangs
	f("GET", "/healthz", 503, "unhealthy\n")
}

// TestWatchRace feeds and asks at once, for the race detector.
func TestWatchRace(t *testing.T) {
	s := newScene(t, "a")
	h := Handler(func() api.Status { return api.Status{Now: noon} }, &s.w)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/readyz", nil))
		}
	}()
	s.pass(100, "", nil)
	<-done
}

// BenchmarkFeed looks at a hundred idle nodes, as is done each second.
func BenchmarkFeed(b *testing.B) {
	st := api.Status{Now: noon}
	for i := range 100 {
		st.Nodes = append(st.Nodes, api.Node{Name: fmt.Sprint("node", i), State: api.Running})
	}
	var w Watch
	b.ReportAllocs()
	for b.Loop() {
		st.Now = st.Now.Add(time.Second)
		w.Feed(st)
	}
}

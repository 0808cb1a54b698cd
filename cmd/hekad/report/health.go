package report

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"heka/cmd/hekad/api"
	"heka/lib/encode"
	"heka/lib/size"
)

// Stale is how old the last Status that the Watch was fed may be until the daemon is not
// healthy: whoever feeds it hangs.
const Stale = 15 * time.Second

// NotReady says why a daemon is not ready, a line for each reason; none if it is. It is
// ready when all nodes run or have come to their end, none is stuck, and it does not
// drain. Lines name the nodes; control characters in them are escaped.
func NotReady(st api.Status, stuck []Stuck) []string {
	var all []string
	if st.Draining {
		all = append(all, "draining: sources are ended")
	}
	told := map[string]bool{}
	for i := range stuck {
		told[stuck[i].Node] = true
		all = append(all, stuck[i].String())
	}
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if n.State == api.Running || n.State == api.Ended || told[n.Name] {
			continue
		}
		all = append(all, visible(n.Name+": "+string(n.State)+because(n.Why)))
	}
	return all
}

// String says it in a line: "store: no progress for 42s, 16MiB queued; nginx waits for it".
func (s Stuck) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: no progress for %ds", s.Node, int64(s.For/time.Second))
	if s.State != api.Running {
		b.WriteString(", " + string(s.State))
	}
	for _, p := range []struct {
		bytes int64
		what  string
	}{{s.Queue, "queued"}, {s.Spool, "in the spool"}, {s.Lag, "not read"}} {
		if p.bytes > 0 {
			b.WriteString(", " + size.Format(p.bytes) + " " + p.what)
		}
	}
	b.WriteString(because(s.Why))
	switch len(s.Waiting) {
	case 0:
	case 1:
		b.WriteString("; " + s.Waiting[0] + " waits for it")
	default:
		b.WriteString("; " + strings.Join(s.Waiting, ", ") + " wait for it")
	}
	return visible(b.String())
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func visible(s string) string { return string(encode.AppendVisible(nil, []byte(s))) }

// Healthy reports whether a daemon does its work: somebody feeds w. It is what systemd's
// watchdog is told. A node that is stuck does not make the daemon unhealthy: its
// far side may be down, and to be started again would not help.
func Healthy(st api.Status, w *Watch) bool {
	fed := w.Fed()
	return !fed.IsZero() && st.Now.Sub(fed) <= Stale
}

// Handler serves /metrics, /healthz and /readyz, by GET and HEAD. status is called for each
// request; w is fed by somebody else. Answers are text: 200, or 503 with a line for each
// reason.
func Handler(status func() api.Status, w *Watch) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(rw http.ResponseWriter, _ *http.Request) {
		st := status()
		w.Mark(&st)
		rw.Header().Set("Content-Type", MetricsType)
		_ = Metrics(st, rw) // whoever asked has gone
	})
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) {
		st := status()
		if !Healthy(st, w) {
			answer(rw, "unhealthy", []string{"the daemon has not looked at its nodes for too long"})
			return
		}
		rest := NotReady(st, w.Stuck())
		answer(rw, "healthy", nil)
		for _, line := range rest {
			_, _ = io.WriteString(rw, line+"\n")
		}
	})
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, _ *http.Request) {
		st := status()
		reasons := NotReady(st, w.Stuck())
		if !Healthy(st, w) {
			reasons = append(reasons, "the daemon has not looked at its nodes for too long")
		}
		if len(reasons) > 0 {
			answer(rw, "not ready", reasons)
			return
		}
		answer(rw, fmt.Sprintf("ready: %d nodes", len(st.Nodes)), nil)
	})
	return mux
}

// answer writes a line, and those of reasons, with status 503 if there are any.
func answer(rw http.ResponseWriter, line string, reasons []string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.Header().Set("Cache-Control", "no-store")
	if len(reasons) > 0 {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(rw, line+"\n")
	for _, r := range reasons {
		_, _ = io.WriteString(rw, r+"\n")
	}
}

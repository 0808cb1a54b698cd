package report

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"heka/cmd/hekad/api"
)

var (
	promName   = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	promSample = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$`)
	promLabel  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)`)
)

// parseProm reads the text format as strictly as its specification allows: HELP and TYPE
// once and in front of the samples of a name, which stand together; each sample once;
// counters end in _total and are not negative. It returns the samples.
func parseProm(text string) (map[string]float64, error) {
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line does not end")
	}
	samples, types, done := map[string]float64{}, map[string]string{}, map[string]bool{}
	name, help := "", ""
	for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		words := strings.SplitN(l, " ", 4)
		switch {
		case strings.HasPrefix(l, "# HELP "):
			if len(words) != 4 || !promName.MatchString(words[2]) || help != "" {
				return nil, fmt.Errorf("line %d: %q", i+1, l)
			}
			help = words[2]
		case strings.HasPrefix(l, "# TYPE "):
			if done[name] = true; len(words) != 4 || words[2] != help || done[help] {
				return nil, fmt.Errorf("line %d: TYPE: %q", i+1, l)
			}
			if words[3] != "counter" && words[3] != "gauge" {
				return nil, fmt.Errorf("line %d: type %q", i+1, words[3])
			}
			name, help, types[words[2]] = words[2], "", words[3]
		default:
			if err := parseSample(l, name, types[name], samples); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		}
	}
	return samples, nil
}

func parseSample(l, name, typ string, samples map[string]float64) error {
	m := promSample.FindStringSubmatch(l)
	if m == nil || m[1] != name || name == "" {
		return fmt.Errorf("no sample of %s: %q", name, l)
	}
	for rest := m[2]; rest != ""; {
		part := promLabel.FindString(rest)
		if part == "" {
			return fmt.Errorf("no label: %q", rest)
		}
		rest = rest[len(part):]
	}
	v, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		return err
	}
	if (typ == "counter") != strings.HasSuffix(name, "_total") || typ == "counter" && v < 0 {
		return fmt.Errorf("%s is no %s: %v", name, typ, v)
	}
	key := name + "{" + m[2] + "}"
	if _, ok := samples[key]; ok {
		return fmt.Errorf("%s stands twice", key)
	}
	samples[key] = v
	return nil
}

func metrics(t *testing.T, st api.Status) (string, map[string]float64) {
	t.Helper()
	var w strings.Builder
	if err := Metrics(st, &w); err != nil {
		t.Fatal(err)
	}
	samples, err := parseProm(w.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, w.String())
	}
	return w.String(), samples
}

func TestMetrics(t *testing.T) {
	text, samples := metrics(t, standing())
	golden(t, "metrics.txt", text)
	f := func(name string, want float64) {
		t.Helper()
		if got, ok := samples[name]; !ok || got != want {
			t.Errorf("%s = %v, %v; want %v", name, got, ok, want)
		}
	}
	f(`hekad_node_in_total{node="store"}`, 101)
	f(`hekad_node_blocked_seconds_total{node="nginx"}`, 2.25)
	f(`hekad_node_state{node="status",state="waiting"}`, 1)
	f(`hekad_node_state{node="status",state="running"}`, 0)
	f(`hekad_uptime_seconds{}`, 90)
	f(`hekad_info{version="1.0",hostname="web-1"}`, 1)
}

func TestMetricsNoNodes(t *testing.T) {
	if _, samples := metrics(t, api.Status{}); samples["hekad_nodes{}"] != 0 || len(samples) < 10 {
		t.Errorf("%v", samples)
	}
}

func TestMetricsEscapes(t *testing.T) {
	name := "a\"b\\c\nd\xff{},="
	_, samples := metrics(t, api.Status{Nodes: []api.Node{{Name: name, In: 5, CPU: 1e300}}})
	if got := samples[`hekad_node_in_total{node="a\"b\\c\nd`+"\uFFFD"+`{},="}`]; got != 5 {
		t.Errorf("%v", samples)
	}
}

// TestStrictness wants the parser that the other tests trust to refuse what is wrong.
func TestStrictness(t *testing.T) {
	const head = "# HELP a_total x\n# TYPE a_total counter\n"
	if _, err := parseProm(head + "a_total{b=\"c\",d=\"\\\"\"} 1\n"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		head + "a_total 1", head + "a_total 1\na_total 2\n", head + "a_total -1\n", head + "b_total 1\n",
		head + "a_total{b=c} 1\n", head + "a_total{b=\"\n\"} 1\n", head + "a_total x\n", "a_total 1\n",
		head + head + "a_total 1\n", "# HELP a x\n# TYPE a counter\na 1\n", head + "a_total  1\n",
		head + "a_total{b=\"\\x\"} 1\n", "# HELP a x\n# HELP a x\n# TYPE a gauge\na 1\n",
	} {
		if _, err := parseProm(bad); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

func TestPromtool(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed (Debian: prometheus); the parser above has looked")
	}
	text, _ := metrics(t, standing())
	cmd := exec.Command("promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func BenchmarkMetrics(b *testing.B) {
	st := standing()
	for len(st.Nodes) < 100 {
		st.Nodes = append(st.Nodes, st.Nodes[len(st.Nodes)%4])
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = Metrics(st, discard{})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

package convert

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// filter converts a filter.
func (c *converter) filter(s *section) {
	switch s.typ {
	case "SandboxFilter":
		n := c.add(s, "heka-filter lua "+c.script(s)+" --name "+word(s.name))
		c.every(n, s)
		n.Preserve = s.flag("preserve_data", false)
		if !s.flag("timer_event_on_shutdown", false) {
			n.Run += " --timer-at-end=false"
		}
		c.config(n, s)
		c.matcher(n, s, "")
	case "CounterFilter":
		every := s.seconds("ticker_interval", 5*time.Second)
		n := c.add(s, "heka-filter count every "+duration(every))
		c.matcher(n, s, "Type != 'heka.counter-output'")
		c.note(s, "",
			"count has the number of each interval in a field, not in a text; hekad top shows rates")
	case "StatFilter":
		c.statFilter(s)
	case "SandboxManagerFilter":
		c.manager(s)
	default:
		c.note(s, "",
			"%s has no counterpart; heka-filter lua runs filters of your own", printable(s.typ))
	}
}

// every sets how often the script is called by time.
func (c *converter) every(n *node, s *section) {
	d := s.seconds("ticker_interval", 0)
	if n.Every = min(d, 7*24*time.Hour); d > 0 {
		n.Every = max(n.Every, 10*time.Millisecond)
	}
	if n.Every != d {
		c.note(s, "ticker_interval", "every is from 10ms to 7d")
	}
}

// config sets what a script reads.
func (c *converter) config(n *node, s *section) {
	t := s.table("config")
	n.Config = map[string]string{}
	for _, name := range t.keys() {
		switch t.opts[name].(type) {
		case map[string]any, []any:
			c.note(s, "config",
				"%s: scripts read texts, numbers and true or false", printable(name))
			continue
		}
		n.Config[name] = t.text(name, "")
	}
}

var interpolation = regexp.MustCompile(`%([^%\s]+)%`)

// statFilter converts a StatFilter with the accumulator that it fed.
func (c *converter) statFilter(s *section) {
	metrics := s.table("Metric")
	var words []string
	for _, name := range metrics.keys() {
		m := metrics.table(name)
		kind := strings.ToLower(m.text("type", "Counter"))
		if !slices.Contains([]string{"counter", "timer", "gauge"}, kind) {
			c.note(s, "Metric", "%s: %s is no sort of metric", printable(name), printable(kind))
			continue
		}
		words = append(words, kind, word(interpolation.ReplaceAllString(m.text("name", name), "%{$1}")))
		value := m.text("value", "1")
		if x := interpolation.FindStringSubmatch(value); x != nil && x[0] == value {
			value = "Fields[" + x[1] + "]"
			if slices.Contains([]string{"Payload", "Severity", "Pid", "Timestamp", "Hostname", "Logger", "Type"}, x[1]) {
				value = x[1]
			}
		}
		if kind != "counter" || value != "1" {
			words = append(words, word(value))
		}
		if m.flag("replace_dot", false) {
			c.note(s, "Metric",
				"%s: --replace-dot CHARACTER of heka-filter statmetric does that, for all names", printable(name))
		}
	}
	acc := c.byName[s.text("stat_accum_name", "StatAccumInput")]
	n := c.add(s, "heka-filter statmetric "+c.accum(acc, strings.Join(words, " ")))
	if len(words) == 0 {
		n.missing = "a metric"
	}
	c.matcher(n, s, "")
}

// manager converts what let filters be loaded.
func (c *converter) manager(s *section) {
	s.done = true
	filters := s.text("max_filters", "0")
	signer := s.text("message_signer", "")
	s.text("message_matcher", "")
	s.text("working_directory", "")
	for _, line := range c.hekad {
		if strings.HasPrefix(line, "max_filters") {
			c.note(s, "", "hekad has one manager; this one is left out")
			return
		}
	}
	if size := s.size("max_filters", -1); size >= 0 && size <= 10_000 {
		c.hekad = append(c.hekad, "max_filters = "+filters)
	}
	c.hekad = append(c.hekad, "# keys = \"/etc/hekad.keys\"      # keys of signers, readable by the owner alone",
		"# control = "+quote(signer)+"        # the signer whose filters are taken")
	c.note(s, "",
		"hekad load adds filters; over the network, keys and control in [hekad] are needed, see heka-sbmgr(1)")
	for _, name := range []string{"memory_limit", "instruction_limit", "output_limit", "module_directory"} {
		if _, ok := s.take(name); ok {
			c.note(s, name, "memory and module_dirs in [hekad] are for all loaded filters")
		}
	}
}

package convert

import (
	"slices"
	"strings"
)

// output converts an output with its encoder.
func (c *converter) output(s *section) {
	switch s.typ {
	case "FileOutput":
		c.file(s)
	case "LogOutput":
		n := c.sink(s, "file", "heka-out"+c.encoder(s)+" -")
		c.matcher(n, s, "")
	case "TcpOutput":
		c.tcp(s)
	case "DashboardOutput":
		s.done = true
		s.take("message_matcher")
		s.take("ticker_interval")
		for _, name := range []string{"address", "static_directory", "working_directory", "headers"} {
			s.take(name)
		}
		c.note(s, "",
			"hekad top, hekad ps and /metrics show how things stand; hekad emits heka.all-report by itself")
	default:
		c.remote(s)
	}
}

// sink adds the node of an output whose sink is kind.
func (c *converter) sink(s *section, kind, run string) *node {
	n := c.add(s, run)
	if kind != "" && !slices.Contains(c.kinds.out, kind) {
		n.missing = "a heka-out that knows " + kind
		c.note(s, "", "heka-out has no %s yet; the section stands behind comment signs", kind)
	}
	return n
}

// encoder returns the flags of heka-out for the encoder of an output.
func (c *converter) encoder(s *section) string {
	name := s.text("encoder", "")
	if name == "" || name == "ProtobufEncoder" {
		return " -o heka"
	}
	e := c.byName[name]
	if e == nil {
		e = &section{name: name, typ: name, line: s.line, used: map[string]bool{}}
		if !slices.Contains([]string{"PayloadEncoder", "RstEncoder", "ESJsonEncoder", "ESLogstashV0Encoder"}, name) {
			c.note(s, "encoder", "there is no encoder %s", printable(name))
			return " -o json"
		}
	}
	e.done = true
	switch e.typ {
	case "ProtobufEncoder":
		return " -o heka"
	case "PayloadEncoder":
		lines := e.flag("append_newlines", true)
		if e.flag("prefix_ts", false) {
			for _, o := range []string{"ts_format", "ts_from_message"} {
				e.take(o)
			}
			c.note(e, "prefix_ts", "it is -o template now")
			return ` -o template --template '[%Y/%b/%d:%H:%M:%S %z] %{Payload}'`
		}
		if lines {
			return " -o text"
		}
		return " -o payload"
	case "SandboxEncoder":
		return " --encoder " + c.script(e) + c.configFlags(e)
	case "RstEncoder":
		c.note(e, "", "it is -o json now, which has every field as well")
		return " -o json"
	}
	c.note(e, "",
		"%s: -o json is what comes near; the layout of its documents differs", printable(e.typ))
	for name := range e.opts {
		e.take(name)
	}
	return " -o json"
}

// file converts a FileOutput.
func (c *converter) file(s *section) {
	path := s.text("path", "")
	run := "heka-out" + c.encoder(s)
	hours := s.text("rotation_interval", "0")
	if hours == "0" {
		path = strings.ReplaceAll(path, "%", "%%")
	} else {
		c.note(s, "rotation_interval",
			"the name follows the time of each message, in UTC or --tz; %%-directives in path say when a new file begins")
	}
	if perm := s.text("perm", ""); perm != "" && strings.Trim(perm, "01234567") == "" && len(perm) <= 4 {
		run += " --mode " + perm
	}
	if strings.Contains(run, "-o heka") {
		c.note(s, "encoder",
			"the file is a capture, which heka-cat reads; -o protobuf on standard output is Heka's framing")
	}
	s.take("use_framing")
	n := c.sink(s, "file", run+" --mkdir "+word(path))
	c.matcher(n, s, "")
}

// tcp converts a TcpOutput: to another hekad if it is framed.
func (c *converter) tcp(s *section) {
	enc := c.encoder(s)
	framed := s.flag("use_framing", enc == " -o heka")
	kind := "tcp"
	if framed && enc == " -o heka" {
		kind, enc = "heka", ""
		c.note(s, "address", "to a Heka 0.10 and not a hekad, see heka-out-heka(1) for its framing")
	}
	if s.flag("use_tls", false) {
		c.note(s, "use_tls", "%s", advice["use_tls"])
	}
	n := c.sink(s, kind, "heka-out"+enc+" "+word(kind+"://"+s.text("address", "localhost:9125")))
	c.matcher(n, s, "")
}

// remote converts what went to other systems.
func (c *converter) remote(s *section) {
	kinds := map[string][3]string{ // kind, option of the address, its default
		"ElasticSearchOutput": {"elasticsearch", "server", "http://localhost:9200"},
		"HttpOutput":          {"http", "address", ""},
		"UdpOutput":           {"udp", "address", ""},
		"CarbonOutput":        {"carbon", "address", "localhost:2003"},
		"KafkaOutput":         {"kafka", "addrs", ""},
		"AMQPOutput":          {"amqp", "url", "amqp://localhost"},
		"SmtpOutput":          {"smtp", "host", "127.0.0.1:25"},
		"IrcOutput":           {"irc", "server", ""},
		"NagiosOutput":        {"nagios", "url", "http://localhost/nagios/cgi-bin/cmd.cgi"},
		"WhisperOutput":       {"whisper", "base_path", ""},
		"SandboxOutput":       {"lua", "filename", ""},
	}
	k, ok := kinds[s.typ]
	if !ok {
		c.note(s, "",
			"%s has no counterpart; a command of your own in run can take its place", printable(s.typ))
		return
	}
	to := s.text(k[1], k[2])
	if items := s.texts(k[1]); len(items) > 0 {
		to = strings.Join(items, ",")
	}
	if !strings.Contains(to, "://") {
		to = k[0] + "://" + to
	}
	enc := ""
	if s.text("encoder", "") != "" {
		enc = c.encoder(s)
	}
	n := c.sink(s, k[0], "heka-out"+enc+" "+word(to))
	c.matcher(n, s, "")
	if n.missing != "" {
		n.comment = append(n.comment, "Until then, a command of your own may stand here: it reads JSON lines.")
	}
}

package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// input converts an input with its splitter and decoder.
func (c *converter) input(s *section) {
	switch s.typ {
	case "LogstreamerInput":
		c.logstreamer(s)
	case "TcpInput", "UdpInput", "HttpListenInput":
		c.listener(s)
	case "HttpInput":
		url := s.text("url", strings.Join(s.texts("urls"), " "))
		n := c.source(s, "http", "heka-tail http "+word(url)+c.decoders(s))
		n.comment = append(n.comment, "It asked every "+s.seconds("ticker_interval", 10*time.Second).String()+".")
	case "StatsdInput":
		c.statsd(s)
	case "StatAccumInput":
		c.accumulator(s)
	case "ProcessInput":
		c.process(s)
	case "FilePollingInput":
		c.polling(s)
	case "DockerLogInput":
		n := c.source(s, "docker", "heka-tail docker://"+c.decoders(s))
		n.comment = append(n.comment, "Until then, the files that Docker writes:",
			"heka-tail -f '/var/lib/docker/containers/*/*-json.log' --multiline docker | heka-decode json")
	case "KafkaInput":
		c.source(s, "kafka", "heka-tail kafka://"+word(strings.Join(s.texts("addrs"), ",")+"/"+s.text("topic", ""))+c.decoders(s))
	case "AMQPInput":
		c.source(s, "amqp", "heka-tail "+word(s.text("url", "amqp://localhost"))+c.decoders(s))
	case "SandboxInput":
		c.source(s, "lua", "heka-tail lua "+c.script(s))
		n := c.nodes[len(c.nodes)-1]
		c.config(n, s)
		c.every(n, s)
	default:
		c.note(s, "",
			"%s has no counterpart; a command of your own in run can take its place", printable(s.typ))
		s.done = true
	}
}

// source adds the node of an input whose source is kind.
func (c *converter) source(s *section, kind, run string) *node {
	n := c.add(s, run)
	if kind != "" && !slices.Contains(c.kinds.tail, kind) {
		n.missing = "a heka-tail that knows " + kind
		c.note(s, "", "heka-tail has no %s yet; the section stands behind comment signs", kind)
	}
	return n
}

// logstreamer converts what followed files.
func (c *converter) logstreamer(s *section) {
	run := []string{"heka-tail -f"}
	flag := func(name, value string) { run = append(run, "--"+name+" "+word(value)) }
	flag("file-match", s.text("file_match", ".*"))
	if p := s.texts("priority"); len(p) > 0 {
		flag("priority", strings.Join(p, ","))
	}
	var parts []string
	for _, d := range s.texts("differentiator") {
		parts = append(parts, strings.NewReplacer(`\`, `\\`, ",", `\,`, "=", `\=`, ":", `\:`).Replace(d))
	}
	if len(parts) > 0 {
		flag("differentiator", strings.Join(parts, ","))
	} else {
		flag("name", s.name)
	}
	t := s.table("translation")
	for _, group := range t.keys() {
		var pairs []string
		texts := t.table(group)
		for _, k := range texts.keys() {
			pairs = append(pairs, strings.NewReplacer(`\`, `\\`, ",", `\,`, "=", `\=`, ":", `\:`).Replace(k)+"="+texts.text(k, ""))
		}
		flag("translate", group+":"+strings.Join(pairs, ","))
	}
	if old := s.text("oldest_duration", "720h"); old != "720h" {
		flag("oldest", old)
	}
	if h := s.text("hostname", ""); h != "" {
		flag("hostname", h)
	}
	if s.flag("initial_tail", false) {
		run = append(run, "-n 0")
	} else {
		c.note(s, "",
			"without a position of Heka's, it begins at the first line; -n 0 begins at the end")
	}
	run = append(run, c.splitter(s)...)
	run = append(run, word(s.text("log_directory", "/var/log")))
	c.source(s, "file", strings.Join(run, " ")+c.decoders(s))
}

// splitter returns the flags of heka-tail for the splitter of an input.
func (c *converter) splitter(s *section) []string {
	name := s.text("splitter", "TokenSplitter")
	sp := c.byName[name]
	if sp == nil {
		sp = &section{name: name, typ: name, used: map[string]bool{}}
	}
	sp.done = true
	split := func(how string) []string { return []string{"--split " + word(how)} }
	switch sp.typ {
	case "TokenSplitter":
		delimiter, count := sp.text("delimiter", "\n"), sp.text("count", "1")
		switch {
		case delimiter == "\n" && count == "1":
			return nil
		case delimiter == "\x00" && count == "1":
			return split("null")
		case count != "1":
			return split("token:" + count + "=" + tokenText(delimiter))
		}
		return split("token=" + tokenText(delimiter))
	case "RegexSplitter":
		re := sp.text("delimiter", "")
		if sp.flag("delimiter_eol", true) {
			return split("regex=" + re)
		}
		return split("regex-start=" + re)
	case "PatternGroupingSplitter":
		c.note(s, "splitter",
			"it joined lines that match %s: --multiline java, python, go or start=REGEX join them; java is set",
			printable(sp.text("grouping", "")))
		sp.take("max_lines")
		sp.take("delimiter")
		return []string{"--multiline java"}
	}
	c.note(s, "splitter", "%s has no counterpart here: lines are what is read", printable(sp.typ))
	return nil
}

// tokenText writes a delimiter as --split takes it.
func tokenText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`).Replace(s)
}

// listener converts what waited for others.
func (c *converter) listener(s *section) {
	address := s.text("address", "")
	kind := map[string]string{"TcpInput": "tcp", "UdpInput": "udp", "HttpListenInput": "http"}[s.typ]
	usual := map[string]string{"TcpInput": "HekaFramingSplitter"}[s.typ]
	if net := s.text("net", ""); strings.HasPrefix(net, "unix") {
		kind = "unix"
	}
	name := s.text("splitter", usual)
	framed := name == "HekaFramingSplitter"
	if sp := c.byName[name]; sp != nil {
		sp.done = true
		framed = sp.typ == "HekaFramingSplitter"
		if sp.table("signer"); len(sp.table("signer").opts) > 0 {
			c.note(sp, "signer", "put the keys into a file, and its name into keys of [hekad]")
		}
	}
	decoder := ""
	if framed && s.typ == "TcpInput" {
		kind = "heka"
	}
	if s.text("decoder", "ProtobufDecoder") != "ProtobufDecoder" || !framed {
		decoder = c.decoders(s)
	}
	if strings.HasPrefix(address, ":") || strings.HasPrefix(address, "0.0.0.0:") {
		c.note(s, "address", "everybody who reaches the machine can send to %s", printable(address))
	}
	if s.flag("use_tls", false) {
		c.note(s, "use_tls", "%s", advice["use_tls"])
	}
	c.source(s, kind, "heka-tail "+word(kind+"://"+address)+decoder)
}

// statsd converts StatsdInput with the StatAccumInput that it fed.
func (c *converter) statsd(s *section) {
	acc := c.byName[s.text("stat_accum_name", "StatAccumInput")]
	s.take("max_msg_size")
	run := "heka-tail " + word("udp://"+s.text("address", "127.0.0.1:8125")) + " | heka-filter statmetric " + c.accum(acc, "statsd")
	c.source(s, "udp", run)
}

// accumulator notes where a StatAccumInput went: to those that fed it.
func (c *converter) accumulator(s *section) {
	s.done = true
	c.accum(s, "")
	c.note(s, "",
		"its options went to the nodes of StatsdInput and StatFilter that fed it, each of which emits metrics of its own")
}

// accum returns flags and words of heka-filter statmetric around what it does.
func (c *converter) accum(s *section, what string) string {
	if s == nil {
		return what + " every 10s"
	}
	var words []string
	payload, fields := s.flag("emit_in_payload", true), s.flag("emit_in_fields", false)
	switch {
	case payload && fields:
		words = append(words, "--emit both")
	case fields:
		words = append(words, "--emit fields")
	}
	percents := s.texts("percent_threshold")
	if p := s.text("percent_threshold", ""); len(percents) == 0 && p != "" {
		percents = []string{p}
	}
	if p := strings.Join(percents, ","); p != "" && p != "90" {
		words = append(words, "--percent-threshold "+word(p))
	}
	for old, flag := range map[string]string{"global_prefix": "prefix", "counter_prefix": "counter-prefix",
		"timer_prefix": "timer-prefix", "gauge_prefix": "gauge-prefix"} {
		usual := strings.TrimSuffix(flag, "-prefix") + "s"
		if flag == "prefix" {
			usual = "stats"
		}
		if p := s.text(old, usual); p != usual {
			words = append(words, "--"+flag+" "+word(p))
		}
	}
	slices.Sort(words)
	if s.flag("legacy_namespaces", false) {
		words = append(words, "--legacy-namespaces")
	}
	if s.flag("delete_idle_stats", false) {
		words = append(words, "--delete-idle")
	}
	if t := s.text("message_type", "heka.statmetric"); t != "heka.statmetric" && what != "" {
		c.note(s, "message_type",
			"messages are of Type heka.statmetric; heka-filter set 'Type=\"...\"' behind it changes that")
	}
	every := s.seconds("ticker_interval", 10*time.Second)
	return strings.TrimSpace(strings.Join(append(words, what), " ")) + " every " + duration(every)
}

// duration writes a duration as the programs read it.
func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(max(int64(d/time.Millisecond), 1), 10) + "ms"
}

// process converts a pipe of commands.
func (c *converter) process(s *section) {
	t := s.table("command")
	var cmds []string
	for _, i := range t.keys() {
		cmd := t.table(i)
		words := []string{word(cmd.text("bin", "true"))}
		for _, a := range cmd.texts("args") {
			words = append(words, word(a))
		}
		line := strings.Join(words, " ")
		if dir := cmd.text("directory", ""); dir != "" {
			line = "env -C " + word(dir) + " " + line
		}
		if len(cmd.texts("env")) > 0 {
			c.note(s, "command", "env of command %s: set it with env(1) in run", printable(i))
		}
		cmds = append(cmds, line)
	}
	line := strings.Join(cmds, " | ")
	every := s.seconds("ticker_interval", 15*time.Second)
	if every > 0 {
		loop := fmt.Sprintf("while :; do %s; sleep %s; done", line, strings.TrimSuffix(duration(every), "s"))
		line = "sh -c " + quoteWord(loop)
	}
	for _, name := range []string{"immediate_start", "stdout", "stderr", "timeout", "parser_type"} {
		if _, ok := s.take(name); ok && name != "immediate_start" {
			c.note(s, name,
				"what the command writes to stdout are messages, stderr goes to the log")
		}
	}
	s.take("splitter")
	c.source(s, "", line+c.decoders(s))
	c.note(s, "", "messages have no field ExitStatus: a failing command is in the log of hekad")
}

// quoteWord quotes a line with variables in it for the shell within a shell.
func quoteWord(line string) string {
	return "'" + strings.ReplaceAll(variables.Replace(line), "'", `'\''`) + "'"
}

// polling converts what read a file again and again.
func (c *converter) polling(s *section) {
	path, every := s.text("file_path", ""), s.seconds("ticker_interval", 5*time.Second)
	n := c.source(s, "poll", "heka-tail "+word("poll://"+path)+" --every "+duration(every)+c.decoders(s))
	n.comment = append(n.comment, "Each message was the whole file, every "+duration(every)+".")
}

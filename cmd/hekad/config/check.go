package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"heka/lib/match"
	"heka/lib/oneliner"
)

// maxName is how long the name of a node may be.
const maxName = 64

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// Name says what is wrong with the name of a node; nothing if the message is empty.
func Name(name string) (msg, hint string) {
	const rule = "want a-z, 0-9, _ and -, and a letter or digit first"
	switch {
	case name == "hekad":
		return "hekad is the section of the daemon itself", "choose another name"
	case name == "":
		return "the name is empty", rule
	case len(name) > maxName:
		return fmt.Sprintf("a name has at most %d characters, not %d", maxName, len(name)), ""
	case nameForm.MatchString(name):
		return "", ""
	}
	to := strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(name), "-"), "-_")
	if to != "" {
		return printable(name) + " is no name of a node: " + rule, "did you mean " + to + "?"
	}
	return printable(name) + " is no name of a node: " + rule, ""
}

func (l *loader) checkName(s *section) {
	if msg, hint := Name(s.name); msg != "" {
		l.fail(s.file, s.at, s.end, msg, hint)
	}
}

// key says what is wrong with the value of the key name, if it is there.
func (l *loader) key(s *section, name, msg, hint string) {
	if e := s.entries[name]; e != nil {
		l.fail(e.file, e.at, e.end, name+": "+msg, hint)
	}
}

// set reports whether the key name is there.
func (s *section) set(name string) bool { return s.entries[name] != nil }

// source reports whether the section is one of a node that makes its own messages.
func (s *section) source() bool { return !s.set("match") && !s.set("from") }

// checkNode checks a node. What is not there is no mistake if the file is broken.
func (l *loader) checkNode(s *section, g *Global, broken bool) {
	n := s.node
	if !s.set("run") && !broken {
		l.fail(s.file, s.at, s.end, "["+printable(s.name)+"] has no run",
			`want a command line, like run = "heka-tail -f app.log"`)
	} else if spot := s.spots["run"]; spot != nil {
		if strings.Trim(n.Run, " \t\r\n") == "" {
			l.wrong(s.entries["run"], spot.value,
				"run is empty", `want a command line, like "heka-tail -f app.log"`)
		} else {
			l.checkRun(s)
		}
	}
	l.expression(s, "match", n.Match)
	switch {
	case broken:
	case s.source():
		for _, name := range []string{"queue", "spool", "full", "sync", "retain", "signer"} {
			l.key(s, name, "this node is a source, in front of which nothing waits",
				"give it match or from, or leave "+name+" out")
		}
	case !s.set("spool"):
		l.key(s, "sync",
			"without spool there is nothing to sync", `spool = "1GiB" puts the queue on disk`)
		l.key(s, "retain",
			"without spool nothing is retained", `spool = "1GiB" puts the queue on disk`)
	}
	if s.set("signer") && g.Keys == "" {
		l.key(s, "signer", "[hekad] names no file of keys", "add keys to [hekad]")
	}
	l.checkProcess(s, g)
}

// checkProcess says which keys have nothing to act upon. It needs to know the commands.
func (l *loader) checkProcess(s *section, g *Global) {
	n := s.node
	if l.check == nil || s.spots["run"] == nil {
		return
	}
	if !n.Lua {
		l.key(s, "every", "no Lua script runs here, and others have --every in run", "")
		l.key(s, "preserve", "no Lua script runs here", "")
		l.key(s, "config", "no Lua script runs here that would read it", "")
	}
	if !n.Foreign {
		l.key(s, "feed", "every command in run is heka's, and reads records", "")
	}
	if !n.Foreign && !n.Isolate && !g.Isolate {
		for _, name := range []string{"memory", "cpu", "files", "tasks"} {
			l.key(s, name, "the node has no process of its own to limit", "add isolate = true")
		}
	}
}

// ours are the programs of the toolkit that a line may have.
var ours = map[string]bool{
	"heka-tail": true, "heka-decode": true, "heka-route": true, "heka-filter": true,
	"heka-out": true, "heka-cat": true, "heka-replay": true, "heka-inject": true,
	"heka-flood": true, "heka": true,
}

// guess sets what the words of run suggest.
func (n *Node) guess() (last string) {
	commands, err := oneliner.Parse(n.Run)
	if err != nil {
		n.Foreign = true
		return ""
	}
	if first := commands[0].Words; len(commands) == 1 && first[0] == "heka-tail" {
		n.Vouches = slices.ContainsFunc(first, func(w string) bool { return strings.HasPrefix(w, "heka://") })
	}
	for _, c := range commands {
		n.Foreign = n.Foreign || !ours[c.Words[0]]
		for i, w := range c.Words {
			verb := i == 1 || c.Words[max(i-1, 0)] == "then"
			n.Lua = n.Lua || w == "lua" && verb || w == "--encoder" || strings.HasPrefix(w, "--encoder=")
		}
	}
	return commands[len(commands)-1].Words[0]
}

// checkRun has the command line checked.
func (l *loader) checkRun(s *section) {
	n := s.node
	s.last = n.guess()
	if l.check == nil {
		return
	}
	for _, m := range l.check(n) {
		spot := s.spots["run"]
		refine(n.Run, &m)
		switch e := s.entries[m.Key]; {
		case m.Key != "" && e != nil:
			l.fail(s.file, e.at, e.end, m.Msg, m.Hint)
		case m.Key != "":
			l.fail(s.file, s.at, s.end, m.Msg, m.Hint)
		case m.Col <= 0:
			l.fail(spot.file, spot.value.at, spot.value.end, m.Msg, m.Hint)
		default:
			at := min(m.Col-1, len(n.Run))
			l.fail(spot.file, spot.at(at), spot.at(wordEnd(n.Run, at)), m.Msg, m.Hint)
		}
	}
}

var (
	// expressionMistake is the text of a match.Error; named is what a mistake names.
	expressionMistake = regexp.MustCompile(`^(.*)character (\d+): (.*)\n    (.*)\n +\^ ?(.*)$`)
	named             = regexp.MustCompile(`"([^"]+)"|(?:^|\s)(--?[a-z][a-z-]*)`)
)

// refine moves m, which is about a command, to the word of it that it names, or to the
// place in an expression.
func refine(run string, m *Mistake) {
	if m.Key != "" || m.Col <= 0 || m.Col > len(run) {
		return
	}
	rest := run[m.Col-1:]
	if x := expressionMistake.FindStringSubmatch(m.Msg); x != nil {
		n, _ := strconv.Atoi(x[2])
		if i := strings.Index(rest, x[4]); i >= 0 && n > 0 && n <= len(x[4])+1 {
			m.Col += i + len(string([]rune(x[4])[:min(n-1, utf8.RuneCountInString(x[4]))]))
			m.Msg, m.Hint = x[1]+x[3], cmp.Or(x[5], m.Hint)
		}
		return
	}
	if x := named.FindStringSubmatch(m.Msg); x != nil {
		if i := strings.Index(rest, cmp.Or(x[1], x[2])); i >= 0 {
			m.Col += i
		}
	}
}

// wordEnd returns where the word at at ends.
func wordEnd(s string, at int) int {
	if i := strings.IndexAny(s[at:], " \t\n|'\"`&;()<>"); i > 0 {
		return at + i
	} else if i == 0 {
		return at + 1
	}
	return len(s)
}

// expression checks that the value of the key name is an expression.
func (l *loader) expression(s *section, name, expr string) {
	spot := s.spots[name]
	if spot == nil {
		return
	}
	if strings.TrimSpace(expr) == "" {
		l.wrong(s.entries[name], spot.value, name+" is empty", "TRUE selects every message")
		return
	}
	_, err := match.Compile(expr)
	var me *match.Error
	if !errors.As(err, &me) {
		return
	}
	at := min(max(me.Pos, 0), len(expr))
	end := at
	for end < len(expr) && (expr[end] == '_' || expr[end]|0x20 >= 'a' && expr[end]|0x20 <= 'z') {
		end++
	}
	l.fail(s.file, spot.at(at), spot.at(end), name+": "+me.Msg, me.Hint)
}

func (l *loader) checkGlobal(g *Global, s *section) {
	l.expression(s, "allow", g.Allow)
	l.checkListen(g, s)
	l.checkControl(g, s)
	secret := map[string]string{"keys": g.Keys, "token_file": g.TokenFile, "control_cert": g.ControlCert}
	for name, path := range secret {
		if s.spots[name] == nil {
			continue
		}
		if msg, hint := private(path, 0o077); msg != "" {
			l.wrong(s.entries[name], s.spots[name].value, name+": "+msg, hint)
		}
	}
	if g.Keys == "" {
		l.key(s, "control",
			"there is no file of keys", "add keys, a file that only its owner can read")
	}
	if info, err := os.Stat(g.State); g.State != "" && err == nil && !info.IsDir() {
		l.wrong(s.entries["state"], s.spots["state"].value,
			"state: "+printable(g.State)+" is no folder", "")
	}
	for i, dir := range g.ModuleDirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			if spot := s.spots["module_dirs."+strconv.Itoa(i)]; spot != nil {
				l.wrong(s.entries["module_dirs"], spot.value,
					"module_dirs: there is no folder "+printable(dir), "")
			}
		}
	}
	if spot := s.spots["hostname"]; spot != nil {
		if g.Hostname == "" || len(g.Hostname) > 255 || strings.ContainsAny(g.Hostname, " \t\r\n") {
			l.wrong(s.entries["hostname"], spot.value,
				"hostname: want from 1 to 255 characters without blanks", "")
		}
	}
}

// checkListen wants an address that others than this machine can't reach.
func (l *loader) checkListen(g *Global, s *section) {
	spot := s.spots["listen"]
	if spot == nil {
		return
	}
	at, port, ok := l.address(s, "listen", g.Listen)
	switch {
	case !ok:
	case at != "":
		l.wrong(s.entries["listen"], spot.value, "listen: "+at+" not loopback",
			"want 127.0.0.1:"+port+"; for others, put a proxy with TLS in front")
	case !s.set("token_file"):
		l.key(s, "listen",
			"clients need a token", "add token_file, a file that only its owner can read")
	}
}

// checkControl wants an address, and TLS where others than this machine can reach it: what
// is loaded over it is signed, but not secret.
func (l *loader) checkControl(g *Global, s *section) {
	if !s.set("control_listen") {
		l.key(s, "control_cert", "there is no control_listen to show it", "")
		return
	}
	if !s.set("control") {
		l.key(s, "control_listen", "no signer's messages would be taken there", `add control = "NAME"`)
	}
	spot := s.spots["control_listen"]
	if spot == nil {
		return
	}
	at, port, ok := l.address(s, "control_listen", g.ControlListen)
	switch {
	case !ok:
	case at != "" && !s.set("control_cert"):
		l.wrong(s.entries["control_listen"], spot.value, "control_listen: "+at+" not loopback",
			"want 127.0.0.1:"+port+", or TLS: add control_cert")
	case g.ControlListen == g.Listen && port != "0":
		l.wrong(s.entries["control_listen"], spot.value, "control_listen: listen has the same address",
			"give it another port")
	}
}

// address reads an address to listen at, and says if it is none. beyond is empty if only
// this machine can reach it, else the start of a sentence about who can.
func (l *loader) address(s *section, name, text string) (beyond, port string, ok bool) {
	host, port, err := net.SplitHostPort(text)
	n, perr := strconv.Atoi(port)
	ip := net.ParseIP(host)
	switch {
	case err != nil || perr != nil || n < 0 || n > 65535:
		l.wrong(s.entries[name], s.spots[name].value, name+": want HOST:PORT",
			map[string]string{"listen": "like 127.0.0.1:5567", "control_listen": "like 127.0.0.1:5566"}[name])
		return "", "", false
	case host == "localhost", ip != nil && ip.IsLoopback():
		return "", port, true
	case host == "":
		return "all addresses are", port, true
	}
	return printable(host) + " is", port, true
}

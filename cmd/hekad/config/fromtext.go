package config

import (
	"fmt"
	"strings"
)

// text returns the file.
func (f *from) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Made of this line:
#
#     %s
#
# hekad check FILE looks for mistakes, hekad run FILE runs it: hekad.toml(5).

[hekad]
# state = "/var/lib/hekad"      # positions, spools and the control socket
`, strings.Join(cells([]byte(f.line), false), ""))
	for i, d := range f.nodes {
		b.WriteByte('\n')
		d.write(&b, i == len(f.nodes)-1)
	}
	return b.String()
}

// write writes the section of d; last says that no other node reads what it emits.
func (d *draft) write(b *strings.Builder, last bool) {
	say := func(format string, args ...any) { fmt.Fprintf(b, "# "+format+"\n", args...) }
	switch d.kind {
	case reading:
		if d.from != "" {
			say("What %s emits goes through this.", d.from)
		} else {
			say("A source: it makes the messages. Every other node may have them.")
		}
		if !d.follows && d.from == "" && strings.HasPrefix(d.run, "heka-tail ") {
			say("Without -f it ends when it has read everything.")
		}
	case counting:
		say("A filter: what it emits are messages of its own, for other nodes to read.")
	case delivering:
		say("A sink: it takes messages to where they belong.")
	}
	if d.comment != "" {
		say("%s", d.comment)
	}
	if last && d.kind != delivering {
		say("No other node takes its messages yet: hekad tap %s shows them.", d.name)
	}
	fmt.Fprintf(b, "[%s]\nrun = %s\n", d.name, tomlString(escapeDollars(d.run, true)))
	if d.from != "" {
		fmt.Fprintf(b, "from = %s\n", tomlString(d.from))
	}
	if d.match != "" {
		fmt.Fprintf(b, "match = %s\n", tomlString(d.match))
	}
	key := func(line, comment string) { fmt.Fprintf(b, "%-32s# %s\n", line, comment) }
	if d.feed != "" {
		key("feed = "+tomlString(d.feed), "what commands that are not heka's read: heka, json or text")
	}
	switch {
	case d.from == "":
		return
	case d.match == "":
		key(`# match = "Severity <= 3"`, "only some of them: heka-match(5)")
	}
	switch d.kind {
	case delivering:
		key(`# spool = "1GiB"`, "let messages wait on disk while they can't be delivered")
		key(`# full = "block"`, "when it is full: block, drop-new or drop-old")
	case counting:
		key(`# isolate = true`, "run it as a process of its own")
	}
}

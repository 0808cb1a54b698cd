// Package convert makes a configuration of ours of one of Mozilla's Heka 0.10:
// hekad-convert(1). Convert is what to call.
//
// What a section means is followed, not its form: an input becomes a node together with
// its splitter and decoder, an output together with its encoder, and a message_matcher
// stays as it is. What programs of ours do not do yet becomes a section behind comment
// signs. Nothing is left out without a note.
package convert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"heka/cmd/hekad/config"
	"heka/heka-out/sinks"
	"heka/heka-tail/sources"
	"heka/lib/match"
	"heka/lib/stage"
)

// Note says what became of something that was not simply taken over.
type Note struct {
	Section string // its name there; empty: it is about the whole
	Line    int    // in the old configuration, from 1; 0: unknown
	Option  string // empty: it is about the section
	Text    string // what is different, and what to do
}

// String returns the note in one line: line 12: [Section] option: text.
func (n Note) String() string {
	var b strings.Builder
	if n.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", n.Line)
	}
	if n.Section != "" {
		fmt.Fprintf(&b, "[%s] ", printable(n.Section))
	}
	if n.Option != "" {
		b.WriteString(printable(n.Option) + ": ")
	}
	return b.String() + n.Text
}

// maxSource bounds the old configuration, in bytes.
const maxSource = 256 << 10

// Convert returns the text of hekad.toml, and what a person should know about it, in the
// order of the lines. The error says where the old configuration can't be read.
func Convert(src []byte) (toml string, notes []Note, err error) {
	return convert(src, has{names(sources.All), names(sinks.All)})
}

// has says which kinds of sources and sinks there are.
type has struct{ tail, out []string }

func names(kinds []stage.Kind) []string {
	var all []string
	for _, k := range kinds {
		all = append(all, strings.TrimSuffix(k.Name, "://"))
	}
	return all
}

func convert(src []byte, kinds has) (string, []Note, error) {
	if len(src) > maxSource {
		return "", nil, errors.New("the file has more than 256KiB")
	}
	sections, err := read(src)
	if err != nil {
		return "", nil, err
	}
	c := &converter{kinds: kinds, byName: map[string]*section{}, taken: map[string]bool{"hekad": true}}
	for _, s := range sections {
		c.byName[s.name] = s
	}
	for _, s := range sections {
		c.section(s)
	}
	for _, s := range sections {
		c.rest(s)
	}
	slices.SortStableFunc(c.notes, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return c.text(), slices.Compact(c.notes), nil
}

// converter gathers nodes and notes.
type converter struct {
	kinds  has
	byName map[string]*section
	taken  map[string]bool // names of nodes
	hekad  []string        // lines of [hekad]
	nodes  []*node
	notes  []Note
}

// node is a section of ours.
type node struct {
	config.Node
	old     *section
	comment []string
	missing string // the kind that is not there; it is written behind comment signs
}

func (c *converter) note(s *section, option, format string, args ...any) {
	line := s.line
	if option != "" {
		line = cmp.Or(s.lines[option], s.line)
	}
	c.notes = append(c.notes, Note{s.name, line, option, fmt.Sprintf(format, args...)})
}

// section converts what stands for itself: inputs, filters, outputs and [hekad].
// Decoders, encoders and splitters go with those who use them.
func (c *converter) section(s *section) {
	switch {
	case s.name == "hekad":
		c.global(s)
	case strings.HasSuffix(s.typ, "Input"):
		c.input(s)
	case strings.HasSuffix(s.typ, "Filter"):
		c.filter(s)
	case strings.HasSuffix(s.typ, "Output"):
		c.output(s)
	}
}

// rest notes what nobody has asked for.
func (c *converter) rest(s *section) {
	kind := ""
	for _, k := range []string{"Decoder", "Encoder", "Splitter"} {
		if strings.HasSuffix(s.typ, k) {
			kind = strings.ToLower(k)
		}
	}
	switch {
	case s.done:
	case kind != "":
		c.note(s, "", "no section uses this %s; it is left out", kind)
		return
	default:
		c.note(s, "", "%s is no type that is known here; it is left out", printable(s.typ))
		return
	}
	usual := "there is nothing like it; it is left out"
	for _, n := range c.nodes {
		if n.old == s && n.missing != "" {
			usual = "see to it when the section can run"
		}
	}
	for _, name := range s.left() {
		c.note(s, name, "%s", cmp.Or(advice[name], usual))
	}
}

// add adds a node for s, which runs run.
func (c *converter) add(s *section, run string) *node {
	s.done = true
	n := &node{old: s}
	n.Name, n.Run, n.Full = c.name(s.name), run, config.Block
	n.comment = append(n.comment, fmt.Sprintf("[%s], %s", printable(s.name), printable(s.typ)))
	if n.Name != s.name {
		c.note(s, "", "the node is called %s", n.Name)
	}
	c.nodes = append(c.nodes, n)
	return n
}

// name makes a name of a node of one of Heka's.
func (c *converter) name(old string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(old) {
		ok := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		switch {
		case ok || (r == '_' || r == '-') && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0:
			b.WriteByte('_')
		}
	}
	name := cmp.Or(b.String(), "node")
	name = name[:min(len(name), 56)]
	try := name
	for i := 2; c.taken[try]; i++ {
		try = fmt.Sprintf("%s_%d", name, i)
	}
	c.taken[try] = true
	return try
}

// matcher sets what all that read messages have: which, and how they wait.
func (c *converter) matcher(n *node, s *section, usual string) {
	n.Match = s.text("message_matcher", usual)
	switch _, err := match.Compile(n.Match); {
	case n.Match == "":
		c.note(s, "",
			"it has no message_matcher, so Heka would not start; TRUE selects every message")
		n.Match = "TRUE"
	case strings.ContainsRune(n.Match, opens):
		c.note(s, "message_matcher", "%%ENV in it is not expanded: write the value")
		n.Match = plain(n.Match)
		if _, err := match.Compile(n.Match); err != nil {
			n.missing = "an expression"
		}
	case err != nil:
		c.note(s, "message_matcher", "it is no expression: %s", firstLine(err))
		n.missing = "an expression that is right"
	}
	if n.Signer = s.text("message_signer", ""); n.Signer != "" {
		c.note(s, "message_signer",
			"add keys to [hekad], a file with the keys that stood in signer sections")
		n.missing = cmp.Or(n.missing, "keys in [hekad]")
	}
	c.buffer(n, s)
}

func firstLine(err error) string {
	var me *match.Error
	if errors.As(err, &me) {
		return fmt.Sprintf("at character %d, %s", me.Pos+1, me.Msg)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// buffer sets the spool of a node that had one.
func (c *converter) buffer(n *node, s *section) {
	usual := s.typ == "TcpOutput" || s.typ == "ElasticSearchOutput"
	b := s.table("buffering")
	if !s.flag("use_buffering", usual) {
		return
	}
	n.Spool = b.size("max_buffer_size", 0)
	if n.Spool < 1<<20 {
		n.Spool = 1 << 30
		c.note(s, "use_buffering",
			"the disk buffer had no bound; spool is 1GiB, make it what the disk can spare")
	}
	switch action := b.text("full_action", "shutdown"); action {
	case "drop":
		n.Full = config.DropNew
	case "shutdown":
		c.note(s, "use_buffering",
			"full_action was shutdown, which lost a message; full is block: those who emit wait")
	}
	b.take("max_file_size")
	b.take("cursor_update_count")
	for _, name := range b.left() {
		c.note(s, "buffering", "%s: there is nothing like it; it is left out", printable(name))
	}
}

package config

import (
	"fmt"
	"strings"
)

// picture is a graph to be drawn.
type picture struct {
	boxes []box
	edges []edge
}

// box is a node, a spool in front of one, or the bus.
type box struct {
	id, label string
	shape     shape
}

type shape uint8

const (
	plain    shape = iota
	isolated       // a process of its own
	spool
	bus
)

type edge struct{ from, to, label string }

// maxLabel bounds what a label has of a command line or an expression, in characters.
const maxLabel = 100

func clip(s string) string {
	if r := []rune(s); len(r) > maxLabel {
		return string(r[:maxLabel-3]) + "..."
	}
	return s
}

// emits reports whether the node can have messages for others.
func (n *Node) emits() bool {
	m := Node{Run: n.Run}
	return m.guess() != "heka-out"
}

// picture returns what there is to draw. Nodes without from stand behind the bus.
func (c *Config) picture() *picture {
	p := &picture{}
	ids := map[string]string{}
	shared := false
	for i, n := range c.Nodes {
		ids[n.Name] = fmt.Sprintf("n%d", i)
		shared = shared || n.From == nil && n.Match != ""
	}
	if shared {
		p.boxes = append(p.boxes, box{"bus", "bus", bus})
	}
	for i := range c.Nodes {
		n := &c.Nodes[i]
		p.node(n, ids[n.Name], ids, c.Hekad.Isolate)
		if shared && n.emits() {
			p.edges = append(p.edges, edge{ids[n.Name], "bus", ""})
		}
	}
	return p
}

// node adds the boxes of n and the edges that lead to it.
func (p *picture) node(n *Node, id string, ids map[string]string, all bool) {
	b := box{id, n.Name + "\n" + clip(n.Written()), plain}
	if n.Isolate || all {
		b.shape = isolated
	}
	p.boxes = append(p.boxes, b)
	if n.Source() {
		return
	}
	to, label := id, clip(n.Match)
	if n.Spool > 0 {
		to = "s" + id
		p.boxes = append(p.boxes, box{to, "spool " + strings.Trim(sizeText(n.Spool), `"`) + ", " + string(n.Full), spool})
		p.edges = append(p.edges, edge{to, id, ""})
	} else if n.Full != Block && n.Full != "" {
		label = strings.TrimSpace(label + "\n" + string(n.Full))
	}
	if n.From == nil {
		p.edges = append(p.edges, edge{"bus", to, label})
	}
	for _, name := range n.From {
		if from, ok := ids[name]; ok {
			p.edges = append(p.edges, edge{from, to, label})
		}
	}
}

// mermaidText has what Mermaid takes for its own.
var mermaidText = strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;",
	"&", "#amp;", `\`, "#92;", "`", "#96;", "\n", "<br>", "\t", " ", "\r", " ")

// Mermaid returns the nodes, and the expressions on the ways between them, as a
// flowchart of Mermaid.
func (c *Config) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	p := c.picture()
	forms := [...][2]string{plain: {"[", "]"}, isolated: {"[[", "]]"}, spool: {"[(", ")]"}, bus: {"((", "))"}}
	for _, x := range p.boxes {
		fmt.Fprintf(&b, "    %s%s\"%s\"%s\n", x.id, forms[x.shape][0], mermaidText.Replace(x.label), forms[x.shape][1])
	}
	for _, e := range p.edges {
		label := ""
		if e.label != "" {
			label = `|"` + mermaidText.Replace(e.label) + `"|`
		}
		fmt.Fprintf(&b, "    %s -->%s %s\n", e.from, label, e.to)
	}
	return b.String()
}

// dotText has what ends a string of Graphviz, or breaks it.
var dotText = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", " ")

// Dot returns the same as Mermaid, for Graphviz.
func (c *Config) Dot() string {
	var b strings.Builder
	b.WriteString("digraph hekad {\n    rankdir=LR\n    node [shape=box fontname=monospace]\n")
	p := c.picture()
	forms := [...]string{plain: "", isolated: " peripheries=2", spool: " shape=cylinder", bus: " shape=circle"}
	for _, x := range p.boxes {
		fmt.Fprintf(&b, "    %s [label=\"%s\"%s]\n", x.id, dotText.Replace(x.label), forms[x.shape])
	}
	for _, e := range p.edges {
		label := ""
		if e.label != "" {
			label = ` [label="` + dotText.Replace(e.label) + `"]`
		}
		fmt.Fprintf(&b, "    %s -> %s%s\n", e.from, e.to, label)
	}
	b.WriteString("}\n")
	return b.String()
}

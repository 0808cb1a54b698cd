package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"heka/lib/near"
)

// checkGraph checks what nodes say of each other.
func (l *loader) checkGraph(nodes []*section) {
	byName := map[string]*section{}
	var names []string
	for _, s := range nodes {
		byName[s.name] = s
		names = append(names, s.name)
	}
	for _, s := range nodes {
		for i, from := range s.node.From {
			l.checkFrom(s, i, from, byName, names)
		}
		l.checkSigner(s, nodes)
	}
	c := &cycles{byName: byName, state: map[*section]int{}}
	for _, s := range nodes {
		c.visit(s)
	}
	for _, chain := range c.found {
		s := chain[0]
		e := s.entries["from"]
		l.fail(e.file, e.at, e.end, "from goes round in a circle: "+circle(chain),
			"one of them has to have another from")
	}
}

// checkFrom checks the ith name in the from of s.
func (l *loader) checkFrom(s *section, i int, from string, byName map[string]*section, names []string) {
	spot := s.spots["from."+strconv.Itoa(i)]
	if spot == nil {
		return
	}
	e := s.entries["from"]
	other := byName[from]
	switch {
	case other == s:
		l.wrong(e, spot.value,
			s.name+" can't read from itself", "a node is never given its own messages")
	case other == nil && from == "hekad": // what the daemon says of itself
	case len(l.mistakes) >= maxMistakes:
	case other == nil:
		hint := ""
		if to := near.Word(from, names); to != "" {
			hint = "did you mean " + to + "?"
		} else if len(names) <= 12 {
			hint = "there are " + strings.Join(names, ", ")
		}
		l.wrong(e, spot.value, "there is no node "+printable(from), hint)
	case other.last == "heka-out":
		l.wrong(e, spot.value,
			from+" emits nothing: its run ends in heka-out", "read from what it reads from")
	}
}

// checkSigner wants a node from which s can have what its signer has signed.
func (l *loader) checkSigner(s *section, nodes []*section) {
	n := s.node
	if n.Signer == "" || s.source() {
		return
	}
	for _, other := range nodes {
		if other.node.Vouches && (n.From == nil || slices.Contains(n.From, other.name)) {
			return
		}
	}
	whose := "no node"
	if n.From != nil {
		whose = "none of those in from"
	}
	l.key(s, "signer", whose+` is a source of heka:// alone, and only those say who has signed`,
		`want a node with run = "heka-tail heka://:5565", and what decodes its messages in another`)
}

const maxCycles = 20 // that are told

// cycles finds the circles that from makes.
type cycles struct {
	byName map[string]*section
	state  map[*section]int // 1: on the path, 2: done
	path   []*section
	found  [][]*section
}

func (c *cycles) visit(s *section) {
	c.state[s] = 1
	c.path = append(c.path, s)
	for _, name := range s.node.From {
		other := c.byName[name]
		switch {
		case other == nil || other == s:
		case c.state[other] == 0:
			c.visit(other)
		case c.state[other] == 1 && len(c.found) < maxCycles:
			i := len(c.path) - 1
			for c.path[i] != other {
				i--
			}
			c.found = append(c.found, append([]*section(nil), c.path[i:]...))
		}
	}
	c.path = c.path[:len(c.path)-1]
	c.state[s] = 2
}

// circle names the nodes of a chain, in the way that messages would take.
func circle(chain []*section) string {
	const most = 8
	names := []string{chain[0].name}
	for i := len(chain) - 1; i >= 0; i-- {
		if len(chain)-i > most {
			names = append(names, fmt.Sprintf("(%d more)", i), chain[0].name)
			break
		}
		names = append(names, chain[i].name)
	}
	return strings.Join(names, " -> ")
}

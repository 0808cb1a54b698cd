package config

import (
	"maps"
	"reflect"
	"slices"
)

// Diff names the sections that are only in new, differ, and are only in old, each in
// the order of their configuration. They are compared by what they mean, secrets and the
// environment included, not by their text. "hekad" is among those that changed if
// [hekad] is; a node that takes its queue or isolation from there has changed as well.
func Diff(old, new *Config) (added, changed, removed []string) {
	if !reflect.DeepEqual(old.Hekad.meaning(), new.Hekad.meaning()) {
		changed = append(changed, "hekad")
	}
	before := map[string]*Node{}
	for i := range old.Nodes {
		before[old.Nodes[i].Name] = &old.Nodes[i]
	}
	for i := range new.Nodes {
		n := &new.Nodes[i]
		o := before[n.Name]
		switch {
		case o == nil:
			added = append(added, n.Name)
		case !same(o, &old.Hekad, n, &new.Hekad):
			changed = append(changed, n.Name)
		}
		delete(before, n.Name)
	}
	for _, o := range old.Nodes {
		if before[o.Name] != nil {
			removed = append(removed, o.Name)
		}
	}
	return added, changed, removed
}

func (g Global) meaning() Global {
	g.raw = nil
	return g
}

// same reports whether two nodes mean the same.
func same(a *Node, ag *Global, b *Node, bg *Global) bool {
	return maps.Equal(a.Config, b.Config) && reflect.DeepEqual(a.meaning(ag), b.meaning(bg))
}

// meaning returns n with what it takes from g, and without where it stands.
func (n *Node) meaning(g *Global) Node {
	m := *n
	m.raw, m.Config, m.File, m.Line, m.Col = nil, nil, "", 0, 0
	m.Lua, m.Foreign, m.Vouches = false, false, false
	m.From = slices.Clone(n.From)
	slices.Sort(m.From)
	m.Isolate = m.Isolate || g.Isolate
	if !n.Source() && m.Queue == 0 {
		m.Queue = g.Queue
	}
	return m
}

package match

// names finds the slot of a field by its name: a table of chains, so that a field
// that no expression names costs one look.
type names struct {
	slots []fieldSlot
	heads []int32 // first of the chain, by hash; -1 if it is empty
}

// fieldSlot is a field that an expression names.
type fieldSlot struct {
	name  string
	index int32 // among the fields of this name
	next  int32 // in the chain; -1 at its end
}

// slot returns the slot of the field that v is, or is an element of.
func (n *names) slot(v Var) int32 {
	for i := range n.slots {
		if n.slots[i].name == v.name && n.slots[i].index == v.index {
			return int32(i)
		}
	}
	n.slots = append(n.slots, fieldSlot{name: v.name, index: v.index})
	return int32(len(n.slots) - 1)
}

// index builds the table, when all slots are there.
func (n *names) index() {
	size := 64
	for size < 4*len(n.slots) {
		size *= 2
	}
	n.heads = make([]int32, size)
	for i := range n.heads {
		n.heads[i] = -1
	}
	for i := range n.slots {
		h := hash(n.slots[i].name) & uint32(size-1)
		n.slots[i].next, n.heads[h] = n.heads[h], int32(i)
	}
}

// first returns the first slot that may be of this name; -1 if there is none.
func (n *names) first(name []byte) int32 {
	return n.heads[hash(name)&uint32(len(n.heads)-1)]
}

// hash tells names apart by their length, first and last byte.
func hash[S string | []byte](name S) uint32 {
	k := len(name)
	if k == 0 {
		return 0
	}
	return uint32(k)*5 + uint32(name[0])*3 + uint32(name[k-1])*11
}

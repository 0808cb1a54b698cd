package heartbeat

import (
	"heka/heka-filter/internal/keys"
	"heka/lib/match"
	"heka/lib/msg"
)

// state is what is known of a key.
type state uint8

const (
	up state = iota
	down
	forgotten // its place is free
)

var stateNames = [...]string{"up", "down", ""}

// beat is what there is about a key. Times are nanoseconds since 1970 UTC; 0: never.
type beat struct {
	name      string
	last      int64 // heard of
	lastAlert int64
	state     state
	alerted   bool // there was an alert about this silence
}

// maxName is how many bytes of a name are shown.
const maxName = 512

// watch has a beat for each key, up to a number of them. Places of keys that were
// forgotten are used again. It is for one goroutine.
type watch struct {
	by      *keys.By
	table   *keys.Table
	beats   []beat
	free    []int32
	max     int
	scratch []byte
	text    []byte
}

func newWatch(by *keys.By, most int) *watch {
	return &watch{by: by, table: keys.NewTable(), max: most}
}

// find returns the number of the key of m; -1 if it has no place and there is none left.
// It is the hot path.
func (w *watch) find(m *msg.View, vars []match.Var) int32 {
	w.scratch = w.by.Append(w.scratch[:0], m)
	if id, ok := w.table.Find(w.scratch); ok && w.beats[id].state != forgotten {
		return id
	} else if ok {
		w.take(id)
		return w.start(id, m, vars)
	}
	if n := len(w.free); n > 0 {
		id := w.free[n-1]
		w.free = w.free[:n-1]
		w.table.Replace(id, w.scratch)
		return w.start(id, m, vars)
	}
	if len(w.beats) == w.max {
		return -1
	}
	w.beats = append(w.beats, beat{})
	return w.start(w.table.Add(w.scratch), m, vars)
}

// take takes id, which is free, into use.
func (w *watch) take(id int32) {
	for i, f := range w.free {
		if f == id {
			w.free[i] = w.free[len(w.free)-1]
			w.free = w.free[:len(w.free)-1]
			return
		}
	}
}

// start makes beat id that of the key of m, which is new.
func (w *watch) start(id int32, m *msg.View, vars []match.Var) int32 {
	w.by.Note(m)
	w.text = w.text[:0]
	for i := range vars {
		if i > 0 {
			w.text = append(w.text, ' ')
		}
		w.text = vars[i].AppendText(w.text, m)
	}
	w.beats[id] = beat{name: string(w.text[:min(len(w.text), maxName)])}
	return id
}

// forget gives the place of id up.
func (w *watch) forget(id int32) {
	w.beats[id] = beat{state: forgotten}
	w.free = append(w.free, id)
}

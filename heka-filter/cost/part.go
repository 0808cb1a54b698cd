package cost

import "heka/lib/msg"

// maxName is how many bytes of a field's name a row has: what is longer counts under
// its beginning.
const maxName = 200

// frame is the name of what belongs to no header and no field: the record's header, the
// heads of the array and of the maps, and the representations.
var frame = []byte("(frame)")

var headers = headerNames()

func headerNames() (all [][]byte) {
	for _, n := range msg.HeaderNames() {
		all = append(all, []byte(n))
	}
	return all
}

// eachPart calls f for each part of the message, with its bytes as they are encoded; a
// field's include its name. All parts together are the record. name is valid during the
// call. A field that stands twice is two parts.
func eachPart(m *msg.View, f func(name []byte, isField bool, size int)) {
	b := m.Body()
	rest := msg.HeaderSize + len(b)
	part := func(name []byte, isField bool, size int) {
		rest -= size
		f(name, isField, size)
	}
	part(headers[msg.Uuid], false, 18)
	part(headers[msg.Timestamp], false, 9)
	at := msg.TypeAt
	for h := msg.Type; h <= msg.Hostname; h++ {
		next := msg.Skip(b, at)
		part(headers[h], false, next-at)
		at = next
	}
	n, at := m.FieldsAt()
	for range n {
		start, value := msg.TextAt(b, at)
		next := msg.Skip(b, value)
		part(b[start:min(value, start+maxName)], true, next-at)
		at = next
	}
	f(frame, false, rest)
}

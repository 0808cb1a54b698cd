package encode

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/go-logfmt/logfmt"

	"heka/lib/msg"
)

func seed(f *testing.F) {
	f.Add(view(nginxMessage()).Body())
	f.Add(view(jsonMessage()).Body())
	r := rand.New(rand.NewPCG(9, 10))
	for range 10 {
		m := randomMessage(r)
		f.Add(view(m).Body())
	}
}

// viewOf is the message that data is, or else one that data tells how to make,
// so that hardly any data is wasted.
func viewOf(data []byte) *msg.View {
	if v, err := msg.Parse(data); err == nil {
		return &v
	}
	take := func(n int) []byte {
		n = min(n, len(data))
		s := data[:n]
		data = data[n:]
		return s
	}
	number := func() (u uint64) {
		for _, c := range take(8) {
			u = u<<8 | uint64(c)
		}
		return u
	}
	b := msg.Builder{Severity: msg.DefaultSeverity}
	scalar := func(kind byte) {
		switch kind % 6 {
		case 0:
			b.Str(take(int(kind) / 6))
		case 1:
			b.Bin(take(int(kind) / 6))
		case 2:
			b.Int(int64(number()) >> (kind / 4))
		case 3:
			b.Float(math.Float64frombits(number()))
		case 4:
			b.Bool(kind > 128)
		case 5:
			b.Str(bytes.Repeat(take(7), int(kind)))
		}
	}
	for len(data) > 0 {
		switch op := take(1)[0]; op % 8 {
		case 0:
			b.Payload = take(int(op))
		case 1:
			b.Type, b.Hostname, b.Pid = take(int(op)/8), take(int(op)/16), int64(op)/64
		case 2:
			b.Timestamp, b.Severity = int64(number()), int64(op)/32
		case 3:
			b.Name(take(int(op) / 16))
			b.Array(int(op) / 8)
			for range op / 8 {
				scalar(op)
			}
		default:
			b.Name(take(int(op) / 64))
			scalar(op)
		}
	}
	v, err := msg.Parse(b.AppendBody(nil))
	if err != nil {
		panic(err)
	}
	return &v
}

// FuzzLogfmt renders any message: as many pairs as the message
// has fields are read from one line.
func FuzzLogfmt(f *testing.F) {
	seed(f)
	e, whole := NewLogfmt(true), NewLogfmt(false)
	f.Fuzz(func(t *testing.T, data []byte) {
		v := viewOf(data)
		out := e.Append(nil, v)
		if !utf8.Valid(out) || bytes.IndexByte(out, '\n') != len(out)-1 {
			t.Fatalf("not a line of UTF-8: %q", out)
		}
		if len(out) > 1<<15 {
			return // longer than the line that the decoder reads
		}
		d := logfmt.NewDecoder(bytes.NewReader(out))
		n := 0
		for d.ScanRecord() {
			for d.ScanKeyval() {
				n++
			}
		}
		if n != v.NumFields() || d.Err() != nil {
			t.Fatalf("%d pairs of %d fields in %q: %v", n, v.NumFields(), out, d.Err())
		}
		if out := whole.Append(nil, v); !bytes.HasPrefix(out, []byte("timestamp=")) {
			t.Fatalf("no timestamp in %q", out)
		}
	})
}

// FuzzCSV renders any message: a header and a row are read, as
// long as each other, and no field is lost uncounted.
func FuzzCSV(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		v := viewOf(data)
		e, err := NewCSV(CSVOptions{Comma: ';'})
		if err != nil {
			t.Fatal(err)
		}
		out := e.Append(nil, v)
		r := csv.NewReader(bytes.NewReader(out))
		r.Comma = ';'
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows of %q: %v", len(rows), out, err)
		}
		headers := 2 // Timestamp and Type
		if len(v.Payload()) > 0 {
			headers++
		}
		if len(rows[0])-headers+int(e.Dropped()) != v.NumFields() {
			t.Fatalf("%d columns, %d dropped, of %d fields", len(rows[0]), e.Dropped(), v.NumFields())
		}
	})
}

// FuzzJSON renders any message, twice by one encoder.
func FuzzJSON(f *testing.F) {
	seed(f)
	e, flat := NewJSON(false), NewJSON(true)
	f.Fuzz(func(t *testing.T, data []byte) {
		v := viewOf(data)
		one := e.Append(nil, v)
		if !json.Valid(one) || !utf8.Valid(one) || bytes.IndexByte(one, '\n') != len(one)-1 {
			t.Fatalf("not a line of JSON: %q", one)
		}
		if d := json.NewDecoder(bytes.NewReader(one)); repeats(d) {
			t.Fatalf("a key repeats: %q", one)
		}
		if again := e.Append(nil, v); string(again) != string(one) {
			t.Fatalf("at first  %q\nthen %q", one, again)
		}
		if all := flat.Append(nil, v); !json.Valid(all) || !utf8.Valid(all) {
			t.Fatalf("flat is not JSON: %q", all)
		}
	})
}

// repeats reports whether an object of a line has a key twice.
func repeats(d *json.Decoder) bool {
	var objects []map[string]bool
	key := false
	for {
		tok, err := d.Token()
		if err != nil {
			return false
		}
		switch tok {
		case json.Delim('{'):
			objects, key = append(objects, map[string]bool{}), true
			continue
		case json.Delim('}'):
			objects = objects[:len(objects)-1]
			key = len(objects) > 0
			continue
		case json.Delim('['), json.Delim(']'):
			if tok == json.Delim('[') {
				for d.More() {
					var any json.RawMessage
					if d.Decode(&any) != nil {
						return false
					}
				}
				continue
			}
		}
		if key {
			seen := objects[len(objects)-1]
			if seen[tok.(string)] {
				return true
			}
			seen[tok.(string)] = true
			key = false
			continue
		}
		key = len(objects) > 0
	}
}

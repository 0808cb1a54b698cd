package msg

import "fmt"

// Message is a message as a Go value: easy to make and to compare, and as slow
// as that implies. Tests and tools use it; stages use View and Builder.
type Message struct {
	Uuid       [16]byte
	Timestamp  int64 // nanoseconds since 1970 UTC
	Type       string
	Logger     string
	Severity   int64
	Payload    string
	EnvVersion string
	Pid        int64
	Hostname   string
	Fields     []Field
}

// Field is one field of a Message. Value is a string, []byte, int64, float64 or
// bool, or a []any of one of these.
type Field struct {
	Name  string
	Value any
	Rep   string // representation; empty if none
}

// Message returns a copy of the message that v reads.
func (v *View) Message() Message {
	m := Message{
		Timestamp:  v.Timestamp(),
		Type:       string(v.Type()),
		Logger:     string(v.Logger()),
		Severity:   v.Severity(),
		Payload:    string(v.Payload()),
		EnvVersion: string(v.EnvVersion()),
		Pid:        v.Pid(),
		Hostname:   string(v.Hostname()),
	}
	copy(m.Uuid[:], v.Uuid())
	for it := v.Fields(); it.Next(); {
		f := Field{Name: string(it.Name), Rep: string(v.Rep(it.Name))}
		if it.Value.Kind() == Array {
			all := []any{}
			for e := it.Value.Elems(); e.Next(); {
				all = append(all, e.Value.Go())
			}
			f.Value = all
		} else {
			f.Value = it.Value.Go()
		}
		m.Fields = append(m.Fields, f)
	}
	return m
}

// Go returns a scalar as a Go value: string, []byte, int64, float64 or bool; nil
// for an Array.
func (v Value) Go() any {
	switch v.Kind() {
	case String:
		return string(v.Text())
	case Bytes:
		return append([]byte{}, v.Text()...)
	case Int:
		return v.Int()
	case Float:
		return v.Float()
	case Bool:
		return v.Bool()
	}
	return nil
}

// Append appends the record of m to dst. A value of a type that a message can't
// hold is a mistake of the caller, and panics.
func (m *Message) Append(dst []byte) []byte {
	b := Builder{
		Uuid:       m.Uuid,
		Timestamp:  m.Timestamp,
		Type:       []byte(m.Type),
		Logger:     []byte(m.Logger),
		Severity:   m.Severity,
		Payload:    []byte(m.Payload),
		EnvVersion: []byte(m.EnvVersion),
		Pid:        m.Pid,
		Hostname:   []byte(m.Hostname),
	}
	for _, f := range m.Fields {
		b.Name([]byte(f.Name))
		b.Any(f.Value)
		if f.Rep != "" {
			b.Rep(f.Rep)
		}
	}
	return b.Append(dst)
}

// Any appends a Go value: one of Field's types, or an int.
func (b *Builder) Any(v any) {
	switch v := v.(type) {
	case string:
		b.String(v)
	case []byte:
		b.Bin(v)
	case int:
		b.Int(int64(v))
	case int64:
		b.Int(v)
	case float64:
		b.Float(v)
	case bool:
		b.Bool(v)
	case []any:
		b.Array(len(v))
		for _, e := range v {
			b.Any(e)
		}
	default:
		panic(fmt.Sprintf("msg: a field can't hold a %T", v))
	}
}

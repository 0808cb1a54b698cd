package supervise

import (
	"bytes"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

func TestMark(t *testing.T) {
	f := func(r stage.Range) {
		t.Helper()
		rec := appendMark([]byte("x"), r)[1:]
		kind, size, err := header(rec, 0)
		if kind != frame.KindAck || size != len(rec) || size > markSize || err != nil {
			t.Errorf("%v: kind %c, size %d of %d, %v", r, kind, size, len(rec), err)
		}
		if got, err := parseMark(rec[msg.HeaderSize:]); got != r || err != nil {
			t.Errorf("got %v, %v, want %v", got, err, r)
		}
	}
	f(stage.Range{})
	f(stage.Range{Source: 1<<32 - 1, From: -1, To: 1<<63 - 1, Hops: 255})
	got, err := parseMark([]byte{0x95, 1, 0xcc, 200, 0xd1, 1, 0, 3, 0xc0})
	if want := (stage.Range{Source: 1, From: 200, To: 256, Hops: 3}); got != want || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{
		"", "\x94", "\x93\x01\x02\x03", "\x94\x01\x02\x03", "\x94\xff\x02\x03\x04", "\x94\x01\x02\x03\xff",
		"\x94\x01\x02\x03\xcd\x01", "\x94\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x03\x04", "\x94\xa1x\x02\x03\x04",
	} {
		if _, err := parseMark([]byte(bad)); !errors.Is(err, frame.ErrDamaged) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// batch is what a test sends and wants to receive.
type batch struct {
	Payloads string // with a space between them
	Ack      stage.Range
}

// ends returns a receiver, and a sender to it.
func ends(t testing.TB) (*receiver, *sender) {
	ours, theirs, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	c, err := net.FileConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); c.Close() })
	r, err := newReceiver(ours, stage.NewPool(4), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r, newSender(c.(*net.UnixConn))
}

// make returns a batch of pool.
func (b batch) make(pool *stage.Pool) *stage.Batch {
	s := pool.Get()
	for _, p := range strings.Fields(b.Payloads) {
		s.Off = append(s.Off, uint32(len(s.Buf)))
		s.Buf = (&msg.Message{Payload: p}).Append(s.Buf)
	}
	s.Ack = b.Ack
	return s
}

// all receives to the end.
func all(r *receiver) (got []batch, controls []string, err error) {
	for {
		b, c, err := r.next()
		if err != nil {
			return got, controls, err
		}
		if b == nil {
			controls = append(controls, string(c))
			continue
		}
		var g batch
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			g.Payloads += " " + string(v.Payload())
		}
		if b.Gap != nil {
			g.Payloads = " gap " + b.Gap.Source
		}
		g.Payloads, g.Ack = strings.TrimPrefix(g.Payloads, " "), b.Ack
		got = append(got, g)
		b.Release()
	}
}

func TestBatches(t *testing.T) {
	ack := func(source uint32, from, to int64, hops uint8) stage.Range {
		return stage.Range{Source: source, From: from, To: to, Hops: hops}
	}
	f := func(in []batch, want []batch) {
		t.Helper()
		r, s := ends(t)
		pool := stage.NewPool(4)
		for _, b := range in {
			if err := s.batch(b.make(pool)); err != nil {
				t.Fatal(err)
			}
		}
		s.conn.Close()
		got, _, err := all(r)
		if err != io.EOF || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	f(nil, nil)
	f([]batch{{"a b", ack(1, 0, 2, 0)}}, []batch{{"a b", ack(1, 0, 2, 0)}})
	f([]batch{{"a", ack(1, 0, 2, 0)}, {"b", ack(1, 2, 3, 0)}, {"c", ack(1, 4, 5, 0)}},
		[]batch{{"a b", ack(1, 0, 3, 0)}, {"c", ack(1, 4, 5, 0)}})
	f([]batch{{"a", ack(1, 0, 2, 0)}, {"b", ack(2, 2, 3, 0)}}, []batch{{"a", ack(1, 0, 2, 0)}, {"b", ack(2, 2, 3, 0)}})
	f([]batch{{"a", ack(1, 0, 2, 1)}, {"b", ack(1, 2, 3, 2)}}, []batch{{"a", ack(1, 0, 2, 1)}, {"b", ack(1, 2, 3, 2)}})
	f([]batch{{"a", ack(0, 0, 0, 1)}, {"b", ack(1, 2, 3, 1)}, {"c", ack(0, 0, 0, 1)}}, []batch{{"a b c", ack(1, 2, 3, 1)}})
	f([]batch{{"", ack(1, 2, 3, 1)}, {"", ack(1, 3, 4, 1)}, {"", ack(1, 9, 10, 1)}},
		[]batch{{"", ack(1, 2, 4, 1)}, {"", ack(1, 9, 10, 1)}})
}

func TestControls(t *testing.T) {
	r, s := ends(t)
	pool := stage.NewPool(4)
	sel := batch{"a b c", stage.Range{To: 3}}.make(pool)
	sel = sel.Select([]uint32{sel.Off[0], sel.Off[2]})
	for _, err := range []error{
		s.control(codeReady, nil), s.batch(batch{Payloads: "x"}.make(pool)), s.control(codeError, []byte("e")),
		s.batch(pool.Gap(&frame.Gap{Source: "f", Bytes: 3})), s.batch(sel), s.batch(pool.Tick(7, false)),
		s.control(codeStop, bytes.Repeat([]byte("s"), 1<<15)), s.conn.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, controls, err := all(r)
	want := []batch{{Payloads: "x"}, {Payloads: "gap f"}, {"a c", stage.Range{To: 3}}}
	if err != io.EOF || !reflect.DeepEqual(got, want) || len(controls) != 3 || controls[1] != "\x05e" {
		t.Errorf("got %v, %v, %v", got, len(controls), err)
	}
	if err := s.batch(&stage.Batch{Text: true}); !errors.As(err, new(stage.Permanent)) {
		t.Errorf("text: %v", err)
	}
}

// TestPieces wants the bytes of a stream in any pieces to give the same batches.
func TestPieces(t *testing.T) {
	var stream []byte
	m := msg.Message{Payload: strings.Repeat("p", 300)}
	for i := range int64(40) {
		for range i % 5 {
			stream = m.Append(stream)
		}
		stream = appendMark(stream, stage.Range{From: i, To: i + 1})
		if i%7 == 0 {
			stream = appendControl(stream, codeReady, nil)
		}
	}
	for _, size := range []int{1, 7, 8, 9, 100, 333, 5000} {
		r, s := ends(t)
		go func() {
			for p := stream; len(p) > 0; p = p[min(size, len(p)):] {
				s.conn.Write(p[:min(size, len(p))])
			}
			s.conn.Close()
		}()
		got, controls, err := all(r)
		n, acked := 0, int64(0)
		for _, b := range got {
			n += len(strings.Fields(b.Payloads))
			acked += b.Ack.To - b.Ack.From
		}
		if err != io.EOF || n != 80 || acked != 40 || len(controls) != 6 {
			t.Errorf("%d bytes at a time: %d messages, %d, %d, %v", size, n, acked, len(controls), err)
		}
	}
}

func TestDamage(t *testing.T) {
	one := (&msg.Message{Payload: "a"}).Append(nil)
	f := func(stream []byte, want error) {
		t.Helper()
		r, s := ends(t)
		r.check = true
		s.conn.Write(stream)
		s.conn.Close()
		if _, _, err := all(r); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", stream, err, want)
		}
	}
	f(one, io.ErrUnexpectedEOF) // no mark
	f(one[:len(one)-1], io.ErrUnexpectedEOF)
	f(one[:3], io.ErrUnexpectedEOF)
	f([]byte("GET / HTTP/1.1\r\n"), frame.ErrDamaged)
	f([]byte{msg.Sep, 'M', 0, 1, 0xff, 0, 0, 0}, frame.ErrDamaged)
	f([]byte{msg.Sep, 'B', 0, 1, 0, 0, 0, 1, 0}, frame.ErrDamaged)
	f([]byte{msg.Sep, kindControl, 0, 1, 0, 0, 0, 0}, frame.ErrDamaged)
	f(appendControl(bytes.Clone(one), codeReady, nil), frame.ErrDamaged)
	f(appendMark([]byte{msg.Sep, 'M', 0, 1, 0, 0, 0, 1, 0xc0}, stage.Range{}), msg.ErrMalformed)
}

// TestDeadlines wants a reader to give up on one that is silent, to take what is there of
// one that is gone, and to let time that others took be none of its own.
func TestDeadlines(t *testing.T) {
	r, s := ends(t)
	r.drain(20 * time.Millisecond)
	s.control(codeReady, nil)
	time.Sleep(60 * time.Millisecond) // downstream was slow
	if _, c, err := r.next(); err != nil || c[0] != codeReady {
		t.Fatalf("got %v, %v", c, err)
	}
	if _, _, err := r.next(); !isTimeout(err) {
		t.Fatalf("got %v", err)
	}
	s.control(codeStop, nil)
	r.hurry()
	if _, c, err := r.next(); err != nil || c[0] != codeStop {
		t.Fatalf("got %v, %v", c, err)
	}
	if _, _, err := r.next(); err != io.EOF {
		t.Fatalf("got %v", err)
	}
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

// TestHopAllocs wants a batch from one end to the other to cost no allocation a message.
func TestHopAllocs(t *testing.T) {
	r, s := ends(t)
	r.check = true
	pool := stage.NewPool(4)
	b := batch{strings.Repeat("payload ", 1000), stage.Range{To: 1}}.make(pool)
	hop := func() {
		done := make(chan error)
		go func() { done <- s.batch(b) }()
		got, _, err := r.next()
		if err != nil || got.Len() != 1000 {
			t.Fatal(err)
		}
		got.Release()
		<-done
	}
	hop()
	if n := testing.AllocsPerRun(50, hop); n > 10 {
		t.Errorf("%v allocations for 1000 messages", n)
	}
}

func FuzzReceive(f *testing.F) {
	m := msg.Message{Payload: "a", Fields: []msg.Field{{Name: "n", Value: int64(1)}}}
	seed := appendMark(m.Append(nil), stage.Range{To: 1})
	f.Add(seed, 7)
	f.Add(appendControl(seed, codeError, []byte("x")), 1)
	f.Add(appendMark(frame.AppendGap(seed, &frame.Gap{Source: "s"}), stage.Range{Hops: 3}), 100)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size = max(1, size&0xfff); len(stream) > 1<<16 {
			return
		}
		r, s := ends(t)
		r.check = true
		go func() {
			for p := stream; len(p) > 0; p = p[min(size, len(p)):] {
				if _, err := s.conn.Write(p[:min(size, len(p))]); err != nil {
					break
				}
			}
			s.conn.Close()
		}()
		if _, _, err := all(r); err == nil {
			t.Error("no end")
		}
		r.conn.(*net.UnixConn).Close()
	})
}

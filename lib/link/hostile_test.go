package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/oracle"
	"heka/lib/stage"
)

// inbox is a sink that keeps payloads and signers.
type inbox struct {
	mu   sync.Mutex
	got  []string
	gaps int
}

func (x *inbox) sink() sink {
	return sink{func(b *stage.Batch) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if b.Gap != nil {
			x.gaps++
		}
		var v msg.View
		for i := range b.Off {
			b.View(i, &v)
			s := string(v.Payload())
			for it := v.Fields(); it.Next(); {
				s += " " + string(it.Name) + "=" + string(it.Value.Text())
			}
			x.got = append(x.got, s)
		}
	}}
}

func (x *inbox) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.got, "; ")
}

func record(payload string, fields ...string) []byte {
	m := msg.Message{Timestamp: 1, Payload: payload}
	for i := 0; i < len(fields); i += 2 {
		m.Fields = append(m.Fields, msg.Field{Name: fields[i], Value: fields[i+1]})
	}
	return m.Append(nil)
}

// hekaRecord is record in the framing of Mozilla's Heka.
func hekaRecord(t testing.TB, s *frame.Signer, payload string, fields ...string) []byte {
	v, err := msg.Parse(record(payload, fields...)[msg.HeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	return frame.AppendHeka(nil, &v, s)
}

func greeting(id byte, from, next int64) []byte {
	h := hello{version: version, timeout: patient, from: from, next: next}
	h.id[0] = id
	return h.append(nil)
}

// batchOf is the head of records and the records.
func batchOf(from, to int64, records ...[]byte) []byte {
	body := bytes.Join(records, nil)
	h := head{from: from, to: to, bytes: int64(len(body))}
	return append(h.append(nil), body...)
}

// talk sends p to addr, ends what it has to say, and waits for the other end to close.
// It returns what that said.
func talk(t testing.TB, addr string, p []byte) []byte {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patient))
	c.Write(p)
	c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		t.Errorf("%.40q: the connection stays open", p)
	}
	return got
}

// TestOthers sends what programs send that do not speak the protocol.
func TestOthers(t *testing.T) {
	old, err := frame.NewSigner("ops", 1, frame.HashSHA1, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	wrong, _ := frame.NewSigner("ops", 1, frame.HashSHA256, []byte("guessed"))
	keys := frame.Keys{"ops_1": []byte("secret")}
	// A header that names a signer, and has no hmac.
	plain := hekaRecord(t, nil, "x")
	bare := append([]byte{msg.Sep, plain[1] + 6}, plain[2:2+plain[1]]...)
	bare = append(append(bare, 4<<3|2, 4, 'o', 'p', 's', '!'), plain[2+plain[1]:]...)
	f := func(name string, opt ReceiverOptions, keys frame.Keys, want string, refused, damaged int64, p ...[]byte) {
		t.Run(name, func(t *testing.T) {
			var x inbox
			opt.Env = &stage.Env{Keys: keys}
			s := serve(t, opt, x.sink())
			talk(t, s.addr, bytes.Join(p, nil))
			s.end(t)
			st := &s.env.Stats
			if x.String() != want || st.Refused.Load() != refused || st.Damaged.Load() != damaged {
				t.Errorf("got %q, %d refused, %d damaged; want %q, %d, %d",
					x.String(), st.Refused.Load(), st.Damaged.Load(), want, refused, damaged)
			}
		})
	}
	none := ReceiverOptions{}
	f("records", none, nil, "a; b", 0, 0, record("a"), record("b"))
	f("records that claim", none, nil, "a x=y heka.claims=ops", 0, 0, record("a", "x", "y", SignerField, "ops"))
	f("heka", none, nil, "a; b", 0, 0, hekaRecord(t, nil, "a"), hekaRecord(t, nil, "b"))
	f("heka, damage between", none, nil, "a; b", 0, 1,
		hekaRecord(t, nil, "a"), []byte("###\x1e#"), hekaRecord(t, nil, "b"))
	f("heka, cut", none, nil, "a", 0, 1, hekaRecord(t, nil, "a"), hekaRecord(t, nil, "b")[:20])
	f("signed", none, keys, "a heka.signer=ops", 0, 0, hekaRecord(t, old, "a"))
	f("signed, with a claim", none, keys, "a heka.claims=root heka.signer=ops", 0, 0,
		hekaRecord(t, old, "a", SignerField, "root"))
	f("signed, no keys here", none, nil, "a", 0, 0, hekaRecord(t, old, "a"))
	f("wrong key", none, keys, "b heka.signer=ops", 1, 0, hekaRecord(t, wrong, "a"), hekaRecord(t, old, "b"))
	f("wrong version", none, frame.Keys{"ops_2": []byte("secret")}, "", 1, 0, hekaRecord(t, old, "a"))
	f("a signer without hmac", ReceiverOptions{Unsigned: true}, keys, "a", 1, 0, bare, hekaRecord(t, nil, "a"))
	f("unsigned, refused", none, keys, "", 1, 0, hekaRecord(t, nil, "a"))
	f("unsigned, wanted", ReceiverOptions{Unsigned: true}, keys, "a heka.claims=ops", 0, 0,
		hekaRecord(t, nil, "a", SignerField, "ops"))
	f("text", none, nil, "", 0, 1, []byte("GET / HTTP/1.1\r\n\r\n"))
	f("nothing", none, nil, "", 0, 0)
	f("too little", none, nil, "", 0, 0, []byte{msg.Sep, 'A'})
}

// TestProtocol sends what no peer of ours would.
func TestProtocol(t *testing.T) {
	f := func(name, want string, damaged int64, p ...[]byte) {
		t.Run(name, func(t *testing.T) {
			var x inbox
			s := serve(t, ReceiverOptions{Env: &stage.Env{MaxRecord: 100_000}}, x.sink())
			talk(t, s.addr, bytes.Join(p, nil))
			s.end(t)
			if x.String() != want || s.env.Stats.Damaged.Load() != damaged {
				t.Errorf("got %q and %d damaged, want %q and %d", x.String(), s.env.Stats.Damaged.Load(), want, damaged)
			}
		})
	}
	hi := greeting(1, 0, 9)
	huge := head{from: 0, to: 1, bytes: 4 << 30}
	negative := head{from: 0, to: 1, bytes: -1}
	many := head{from: 0, to: 1 << 40, bytes: 1 << 20}
	later := greeting(1, 0, 9)
	later[msg.HeaderSize+9] = 9
	f("good", "a; b; c", 0, hi, batchOf(0, 2, record("a"), record("b")), appendBeat(nil, 1), batchOf(2, 3, record("c")))
	f("another version", "", 1, later)
	f("half a hello", "", 0, hi[:30])
	f("a hello out of bounds", "", 1, greeting(1, -5, 9))
	f("twice hello", "", 1, hi, hi)
	f("a batch of 4 GiB", "", 1, hi, huge.append(nil), make([]byte, 1000))
	f("a batch of less than nothing", "", 1, hi, negative.append(nil))
	f("more records than bytes", "", 1, hi, many.append(nil))
	f("another number of records", "", 1, hi, batchOf(0, 2, record("a")))
	f("a gap in the numbers", "a", 1, hi, batchOf(0, 1, record("a")), batchOf(2, 3, record("b")))
	f("the same again", "a", 1, hi, batchOf(0, 1, record("a")), batchOf(0, 1, record("a")))
	f("no record", "", 1, hi, batchOf(0, 1, []byte("##############")))
	f("a block", "", 1, hi, batchOf(0, 1, []byte{msg.Sep, 'B', 0, 1, 0, 0, 0, 1, 0}))
	f("a head cut", "", 0, hi, batchOf(0, 1, record("a"))[:20])
	f("a batch cut", "", 0, hi, batchOf(0, 1, record("a"))[:60])
	f("no message", "b", 1, hi, batchOf(0, 2, []byte{msg.Sep, 'M', 0, 1, 0, 0, 0, 5, 0xdd, 0xff, 0xff, 0xff, 0xff}, record("b")))
	f("a record among messages", "", 1, hi, batchOf(0, 2, record("a"), frame.AppendGap(nil, &frame.Gap{Bytes: 1})))
	f("too long", "b", 0, hi, batchOf(0, 1, record(strings.Repeat("x", 120_000))), batchOf(1, 2, record("b")))
	f("much too long", "b", 0, hi, batchOf(0, 1, record(strings.Repeat("x", 1<<20))), batchOf(1, 2, record("b")))
}

// TestGaps wants a gap to come through in its place.
func TestGaps(t *testing.T) {
	var x inbox
	s := serve(t, ReceiverOptions{}, x.sink())
	pool := stage.NewPool(4)
	src := sourceFunc(func(out stage.Writer) error {
		for i := range 3 {
			b := pool.Get()
			b.Off, b.Buf = append(b.Off, 0), append(b.Buf, record("a")...)
			if err := out.Write(b); err != nil {
				return err
			}
			g := pool.Gap(&frame.Gap{Source: "f", Bytes: int64(i) + 1})
			if err := out.Write(g); err != nil {
				return err
			}
		}
		return nil
	})
	send(t, src, SenderOptions{Dial: dialer("tcp", s.addr)})
	s.end(t)
	if x.String() != "a; a; a" || x.gaps != 3 {
		t.Errorf("got %q and %d gaps", x.String(), x.gaps)
	}
}

type sourceFunc func(out stage.Writer) error

func (f sourceFunc) Run(_ context.Context, _ stage.Reader, out stage.Writer) error { return f(out) }

// TestLate wants those cut off who do not say in time what they have to say.
func TestLate(t *testing.T) {
	f := func(name string, p []byte, beats bool) {
		t.Run(name, func(t *testing.T) {
			s := serve(t, ReceiverOptions{Timeout: 200 * time.Millisecond, Handshake: 200 * time.Millisecond},
				sink{func(*stage.Batch) {}})
			c, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patient))
			c.Write(p)
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Add(1)
			go func() { // a byte at a time
				defer wg.Done()
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for beats {
					select {
					case <-tick.C:
						c.Write([]byte{0})
					case <-stop:
						return
					}
				}
			}()
			if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Error("the connection stays open")
			}
			close(stop)
			wg.Wait()
		})
	}
	h := head{from: 0, to: 1, bytes: 1000}
	f("nothing", nil, false)
	f("half a hello", greeting(1, 0, 1)[:20], false)
	f("silence behind the hello", greeting(1, 0, 1), false)
	f("a batch, byte by byte", h.append(greeting(1, 0, 1)), true)
	f("a message of Heka, byte by byte", []byte("\x1e\x03\x08\xe8\x07\x1f"), true)
}

// TestCrowd wants no more connections than allowed, and room again for others later.
func TestCrowd(t *testing.T) {
	var x inbox
	s := serve(t, ReceiverOptions{Connections: 3}, x.sink())
	var all []net.Conn
	for range 10 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
	}
	for _, c := range all[3:] {
		c.SetDeadline(time.Now().Add(patient))
		if _, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("a connection too many: %v", err)
		}
	}
	for _, c := range all {
		c.Close()
	}
	deadline := time.Now().Add(patient)
	for x.String() == "" && time.Now().Before(deadline) {
		talk(t, s.addr, record("a"))
	}
	s.end(t)
	if !strings.HasPrefix(x.String(), "a") {
		t.Errorf("got %q", x.String())
	}
}

// TestMemory has many connections announce long batches, and send little of them.
func TestMemory(t *testing.T) {
	s := serve(t, ReceiverOptions{}, sink{func(*stage.Batch) {}})
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range 100 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		h := head{from: 0, to: 1, bytes: 8 << 20}
		p := h.append(greeting(byte(i), 0, 1))
		c.Write(append(p, make([]byte, 300<<10)...))
		io.ReadFull(c, make([]byte, msg.HeaderSize+helloSize))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d bytes more", grown)
	}
}

// TestTakeover has a sender come back while its old connection stands, again and
// again, and the pipeline be behind meanwhile.
func TestTakeover(t *testing.T) {
	var x inbox
	take := x.sink()
	held := make(chan struct{})
	s := serve(t, ReceiverOptions{}, sink{func(b *stage.Batch) { <-held; take.f(b) }})
	for i := range 20 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write(greeting(1, 0, 100))
		buf := make([]byte, msg.HeaderSize+helloSize)
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatal(err)
		}
		a, err := parseHello(buf)
		if err != nil {
			t.Fatal(err)
		}
		for next := a.from; next < a.from+3; next++ {
			text := string(rune('A' + next%26))
			c.Write(batchOf(next, next+1, record(text)))
		}
		if i == 10 {
			close(held)
		}
	}
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write(greeting(1, 0, 100))
	buf := make([]byte, msg.HeaderSize+helloSize)
	io.ReadFull(c, buf)
	a, _ := parseHello(buf)
	c.Write(batchOf(a.from, a.from+1, record(string(rune('A'+a.from%26)))))
	for c.SetDeadline(time.Now().Add(patient)); ; {
		if _, err := io.ReadFull(c, buf[:msg.HeaderSize+ackSize]); err != nil {
			t.Fatal(err)
		}
		if int64(binary.BigEndian.Uint64(buf[msg.HeaderSize+16:])) == a.from+1 {
			break
		}
	}
	s.end(t)
	for i, s := range strings.Split(x.String(), "; ") {
		if s != string(rune('A'+i%26)) {
			t.Fatalf("message %d is %s: %s", i, s, x.String())
		}
	}
}

// TestProtobuf sends to a program that knows Heka's framing alone, over connections
// that are cut: what is whole arrives.
func TestProtobuf(t *testing.T) {
	src := newLines(3000, 50)
	c := oracle.NewChecker(src.ledger(t))
	s := serve(t, ReceiverOptions{}, checking(c))
	send(t, src, SenderOptions{Dial: dialer("tcp", s.addr), Protobuf: true})
	s.end(t)
	whole(t, c, false)
	if src.at() != src.n {
		t.Errorf("%d acknowledged", src.at())
	}
}

// TestGiveUp wants an end where there is nobody, and what is wrong to be said.
func TestGiveUp(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	src := newLines(10, 10)
	var log bytes.Buffer
	err = stage.Run(t.Context(), &stage.Env{}, src, &sendTo{opt: SenderOptions{
		Dial: dialer("tcp", addr), GiveUp: 50 * time.Millisecond, Name: "heka://x",
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}})
	var op *net.OpError
	if !errors.As(err, &op) || !strings.HasPrefix(err.Error(), "heka://x: ") || src.at() != 0 {
		t.Errorf("%v, %d acknowledged, log %q", err, src.at(), log.String())
	}
}

// TestTooLong wants messages that the peer does not take to go elsewhere, once it has
// said how long they may be, and the others through.
func TestTooLong(t *testing.T) {
	var x inbox
	s := serve(t, ReceiverOptions{Env: &stage.Env{MaxRecord: 200}}, x.sink())
	pool := stage.NewPool(4)
	met := make(chan struct{}, 10)
	src := sourceFunc(func(out stage.Writer) error {
		for _, text := range []string{"a", strings.Repeat("x", 500), "b"} {
			b := pool.Get()
			for _, p := range []string{text, "c"} {
				b.Off, b.Buf = append(b.Off, uint32(len(b.Buf))), append(b.Buf, record(p)...)
			}
			if err := out.Write(b); err != nil {
				return err
			}
			if text == "a" {
				within(t, met)
			}
		}
		return nil
	})
	dial := dialer("tcp", s.addr)
	var refused []int
	opt := SenderOptions{
		Refused: func(rec []byte) error { refused = append(refused, len(rec)); return nil },
		Dial: func(ctx context.Context) (net.Conn, error) {
			c, err := dial(ctx)
			return heard{c, met}, err
		},
	}
	send(t, src, opt)
	s.end(t)
	if x.String() != "a; c; c; b; c" || len(refused) != 1 || s.env.Stats.Dropped.Load() != 0 {
		t.Errorf("got %q, refused %v, dropped there %d", x.String(), refused, s.env.Stats.Dropped.Load())
	}
}

// heard is a connection that tells when it was read from a second time: the answer to
// the hello has been taken then.
type heard struct {
	net.Conn
	met chan struct{}
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n == msg.HeaderSize+ackSize {
		select {
		case h.met <- struct{}{}:
		default:
		}
	}
	return n, err
}

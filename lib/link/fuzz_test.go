package link

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// FuzzReceive has a connection bring anything: no panic, no hang, and what comes out
// passes msg.Check and has no signer.
func FuzzReceive(f *testing.F) {
	hi := greeting(1, 0, 9)
	f.Add(append(hi, batchOf(0, 2, record("a"), record("b", SignerField, "x"))...))
	f.Add(append(hi, batchOf(0, 1, frame.AppendGap(nil, &frame.Gap{Bytes: 1}))...))
	f.Add(append(record("a"), record("b")...))
	f.Add(append(hekaRecord(f, nil, "a"), hekaRecord(f, nil, "b", SignerField, "x")...))
	f.Add([]byte("text"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if isHello(p) && len(p) >= len(hi) {
			copy(p, hi) // that one is for parseHello
		}
		r := NewReceiver(ReceiverOptions{
			Env:     &stage.Env{MaxRecord: 1 << 20, Log: slog.New(slog.DiscardHandler)},
			Timeout: time.Second, Handshake: time.Second,
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for h := range r.batches {
				for i := range h.b.Off {
					if err := msg.Check(h.b.Record(i)[msg.HeaderSize:]); err != nil {
						t.Errorf("record %d: %v", i, err)
					}
				}
				if h.b.Gap == nil && mentions(h.b.Buf) {
					var v msg.View
					for i := range h.b.Off {
						h.b.View(i, &v)
						if v.Seek(SignerField, 0) != 0 {
							t.Errorf("record %d has a signer", i)
						}
					}
				}
				h.b.Release()
			}
		}()
		ours, theirs := net.Pipe()
		c := newConn(r, ours)
		r.conns[c] = struct{}{}
		go func() {
			io.Copy(theirs, bytes.NewReader(p))
			theirs.Close()
		}()
		go io.Copy(io.Discard, theirs)
		c.serve(t.Context())
		r.answers.Wait()
		close(r.batches)
		<-done
	})
}

// FuzzParse wants what parses to be written back as it was.
func FuzzParse(f *testing.F) {
	f.Add(greeting(1, 2, 3))
	h := head{from: 1, to: 2, bytes: 100, hops: 3}
	f.Add(h.append(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		if h, err := parseHello(p); err == nil {
			if got := h.append(nil); !bytes.Equal(got, p) {
				t.Errorf("%x became %x", p, got)
			}
		}
		if len(p) < msg.HeaderSize+headSize {
			return
		}
		if h, err := parseHead(p[msg.HeaderSize:]); err == nil && h.bytes >= 0 {
			if got := h.append(nil); !bytes.Equal(got[msg.HeaderSize:], p[msg.HeaderSize:][:headSize]) {
				t.Errorf("%x became %x", p, got)
			}
		}
	})
}

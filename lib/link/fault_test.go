package link

import (
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"heka/lib/oracle"
	"heka/lib/stage"
)

// through sends lines to a Receiver through a proxy that does harm, and wants them to
// come each once and in order. It returns how many connections that took.
func through(t *testing.T, n int64, each int, timeout time.Duration, f func(i int) harm) int64 {
	t.Helper()
	src := newLines(n, each)
	c := oracle.NewChecker(src.ledger(t))
	s := serve(t, ReceiverOptions{Timeout: timeout, Handshake: patient}, checking(c))
	p := newProxy(t, s.addr, f)
	send(t, src, SenderOptions{
		Dial: dialer("tcp", p.ln.Addr().String()), Timeout: timeout, Handshake: timeout,
		FirstWait: time.Millisecond, LongestWait: 20 * time.Millisecond,
	})
	s.end(t)
	whole(t, c, false)
	if src.at() != n {
		t.Errorf("%d lines acknowledged of %d", src.at(), n)
	}
	return p.count.Load()
}

func TestUnharmed(t *testing.T) {
	if n := through(t, 50_000, 500, patient, func(int) harm { return harm{} }); n != 1 {
		t.Errorf("%d connections", n)
	}
	through(t, 300, 1, patient, func(int) harm { return harm{} })
}

// TestCut cuts connections after some bytes: in the hello, in heads, in the middle of
// records, in acknowledgements.
func TestCut(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	cuts := 60
	f := func(name string, reset bool) {
		t.Run(name, func(t *testing.T) {
			n := through(t, 20_000, 100, patient, func(i int) harm {
				if i >= cuts {
					return harm{}
				}
				h := harm{there: 1 + rnd.Int64N(100), reset: reset}
				if i%2 == 0 {
					h.there = 1 + rnd.Int64N(200_000)
				}
				if i%5 == 0 {
					h.back = 1 + rnd.Int64N(300)
				}
				return h
			})
			if n < 10 {
				t.Errorf("%d connections: nothing was cut", n)
			}
		})
	}
	f("closed", false)
	f("reset", true)
}

// TestHalfOpen has connections stay open through which nothing comes any more.
func TestHalfOpen(t *testing.T) {
	n := through(t, 5000, 100, 400*time.Millisecond, func(i int) harm {
		switch i {
		case 0:
			return harm{there: 100_000, hole: true}
		case 1:
			return harm{back: 100, hole: true}
		case 2:
			return harm{there: 10, hole: true}
		}
		return harm{}
	})
	if n < 4 { // a busy machine may come to more
		t.Errorf("%d connections, want 4", n)
	}
}

// TestSlow has bytes come in pieces, and late.
func TestSlow(t *testing.T) {
	n := through(t, 2000, 50, patient, func(int) harm { return harm{delay: time.Millisecond, piece: 4000} })
	if n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestBehind has a pipeline that takes nothing for many times the timeout: nobody gives
// up, the sender holds no more than its window, and all comes in the end.
func TestBehind(t *testing.T) {
	const timeout, window = 500 * time.Millisecond, 1 << 20
	src := newLines(40_000, 100)
	c := oracle.NewChecker(src.ledger(t))
	check := checking(c)
	var once sync.Once
	held := make(chan struct{})
	s := serve(t, ReceiverOptions{Timeout: timeout}, sink{func(b *stage.Batch) {
		once.Do(func() { <-held })
		check.f(b)
	}})
	p := newProxy(t, s.addr, func(int) harm { return harm{} })
	go func() {
		time.Sleep(10 * timeout) // the fault itself, not a wait for something
		close(held)
	}()
	send(t, src, SenderOptions{
		Dial: dialer("tcp", p.ln.Addr().String()), Timeout: timeout, Window: window,
	})
	s.end(t)
	whole(t, c, false)
	if n := p.count.Load(); n > 3 { // a busy machine may come to a few; giving up, to ten
		t.Errorf("%d connections, want 1", n)
	}
}

// TestStorm does all harm at once, to three senders, while the pipeline is slow now and
// then.
func TestStorm(t *testing.T) {
	const timeout = 300 * time.Millisecond
	count, storm := int64(8000), 30
	if os.Getenv("HEKA_FAULTS") != "" {
		count, storm = 400_000, 1000
	}
	var checks []*oracle.Checker
	var sources []*lines
	for range 3 {
		src := newLines(count, 37)
		sources = append(sources, src)
		checks = append(checks, oracle.NewChecker(src.ledger(t)))
	}
	var busy rand.PCG
	s := serve(t, ReceiverOptions{Timeout: timeout, Handshake: timeout}, sink{func(b *stage.Batch) {
		if busy.Uint64()%100 == 0 {
			<-time.After(10 * time.Millisecond)
		}
		checking(checks[b.Ack.Source%3]).f(b)
	}})
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(3, 4))
	f := func(i int) harm {
		mu.Lock()
		defer mu.Unlock()
		h := harm{reset: rnd.IntN(2) == 0, hole: rnd.IntN(8) == 0}
		switch {
		case i >= storm:
			return harm{}
		case rnd.IntN(3) == 0:
			h.back = 1 + rnd.Int64N(2000)
		default:
			h.there = 1 + rnd.Int64N(300_000)
		}
		if rnd.IntN(4) == 0 {
			h.delay, h.piece = time.Duration(rnd.IntN(300))*time.Microsecond, 1+rnd.IntN(5000)
		}
		return h
	}
	var wg sync.WaitGroup
	for _, src := range sources {
		p := newProxy(t, s.addr, f)
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := stage.Run(t.Context(), &stage.Env{}, src, &sendTo{opt: SenderOptions{
				Dial: dialer("tcp", p.ln.Addr().String()), Timeout: timeout, Handshake: timeout,
				FirstWait: time.Millisecond, LongestWait: 20 * time.Millisecond, Window: 1 << 18,
			}})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	s.end(t)
	for i, c := range checks {
		whole(t, c, false)
		if sources[i].at() != count {
			t.Errorf("%d lines acknowledged of %d", sources[i].at(), count)
		}
	}
}

// TestReceiverAgain stops the receiver again and again, and has another take its
// place: nothing is missing.
func TestReceiverAgain(t *testing.T) {
	src := newLines(30_000, 50)
	c := oracle.NewChecker(src.ledger(t))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	limit := func() *stage.Env { return &stage.Env{Limit: 3017} }
	s := serveOn(t, ln, ReceiverOptions{Env: limit()}, checking(c))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 8 {
			if err := within(t, s.done); err != nil {
				t.Error(err)
			}
			s.done <- nil
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			s = serveOn(t, ln, ReceiverOptions{Env: limit()}, checking(c))
		}
		if err := within(t, s.done); err != nil {
			t.Error(err)
		}
		s.done <- nil
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		s = serveOn(t, ln, ReceiverOptions{}, checking(c))
	}()
	send(t, src, SenderOptions{Dial: dialer("tcp", addr)})
	<-done
	// A limit acknowledges what it let through, and no more: so nothing came twice.
	whole(t, c, false)
}

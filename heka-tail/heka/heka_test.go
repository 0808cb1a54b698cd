package heka

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/link"
	"heka/lib/peer"
	"heka/lib/peer/peertest"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMistakes wants every mistake in a command line to be found before anything is
// opened.
func TestMistakes(t *testing.T) {
	f := func(want string, words ...string) {
		t.Helper()
		_, err := stagetest.Make(Kind, &stage.Env{}, words...)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
	f("", "heka://:5565")
	f("", "heka:///run/heka.sock")
	f("", "-f", "heka://:5565")
	f("", "heka://[::]:5565", "--cert", "c", "--key", "k", "--ca", "a", "--trust-signers")
	f("one address at a time; heka-tail heka://HOST:PORT", "heka://:1", "heka://:2")
	f("a listener with TLS needs --cert and --key; --ca alone is for those who connect", "heka://:1", "--ca", "x")
	f("--cert and --key belong together; give both, they may name one file", "heka://:1", "--cert", "x")
	f("no TLS over a unix socket: heka:///s; its permissions say who may connect",
		"heka:///s", "--cert", "x", "--key", "x")
	f("--timeout, --handshake, --idle: too short; want durations like 30s\n"+
		"--max-connections 0; want 1 or more\n"+
		"--trust-signers without --ca; a peer has to prove who it is",
		"heka://:1", "--timeout", "1ms", "--max-connections", "0", "--trust-signers")
}

// TestListens takes messages over each way of listening, until --limit, and
// acknowledges no more than that.
func TestListens(t *testing.T) {
	ca := peertest.New(t)
	cert := ca.Issue(t, "both", time.Now().Add(time.Hour))
	sock := "heka://" + filepath.Join(t.TempDir(), "s")
	f := func(address string, words ...string) {
		t.Helper()
		log := &said{text: make(chan string, 8)}
		env := &stage.Env{Limit: 5, Log: slog.New(slog.NewTextHandler(log, nil))}
		st, err := stagetest.Make(Kind, env, append(words, address)...)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		n := 0
		go func() {
			done <- stage.Run(t.Context(), env, st, stagetest.Sink(func(b *stage.Batch) error {
				n += b.Len()
				return nil
			}))
		}()
		a, err := peer.Parse(address, "heka", port)
		if err != nil {
			t.Fatal(err)
		}
		if a.Network == "tcp" {
			_, where, _ := strings.Cut(<-log.text, "listening on ")
			a.Where = strings.TrimRight(where, "\"\n")
			if !strings.HasPrefix(a.Where, "127.0.0.1:") {
				t.Errorf("%s listens on %s", address, a.Where)
			}
		}
		acked := send(t, a, peer.Files{Cert: cert, Key: cert, CA: ca.File}, len(words) > 0, done)
		if n != 5 || acked != 5 {
			t.Errorf("%s: %d messages, %d acknowledged, want 5", address, n, acked)
		}
	}
	f(sock)
	f("heka://:0")
	f("heka://:0", "--cert", cert, "--key", cert, "--ca", ca.File)
}

// said is a log that a test reads.
type said struct{ text chan string }

func (s *said) Write(p []byte) (int, error) {
	s.text <- string(p)
	return len(p), nil
}

// send sends messages to a, one by one, until done, and returns how many were acknowledged.
func send(t *testing.T, a peer.Address, files peer.Files, secure bool, done chan error) (acked int64) {
	t.Helper()
	certs, err := peer.NewCertificates(files, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := link.NewSender(link.SenderOptions{
		FirstWait: time.Millisecond,
		Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := peer.Dial(ctx, a, time.Minute)
			if err != nil || !secure {
				return conn, err
			}
			return certs.Client(ctx, conn, a.Host())
		},
		Done: func(r []stage.Range) error {
			acked = max(acked, r[len(r)-1].To)
			return nil
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	for _, b := range stagetest.Batches(&stage.Env{}, strings.Fields("a b c d e f g h")...) {
		if err := s.Add(ctx, b); err != nil {
			t.Error(err)
		}
		b.Release()
	}
	select {
	case err = <-done:
	case <-time.After(time.Minute):
		err = errors.New("it does not end")
	}
	if err != nil {
		t.Error(err)
	}
	cancel()
	<-ran
	return acked
}

// TestBusy wants an address that is taken to be an error of its own.
func TestBusy(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	st, err := stagetest.Make(Kind, &stage.Env{}, "heka://"+ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var op *net.OpError
	if err := stage.Run(t.Context(), &stage.Env{}, st); !errors.As(err, &op) {
		t.Errorf("%v", err)
	}
}

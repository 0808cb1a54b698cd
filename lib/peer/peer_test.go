package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/peer/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const second = time.Second

func TestParse(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		a, err := Parse(text, "heka", 5565)
		got := fmt.Sprint(a.Network, " ", a.Where, " ", a.Local())
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), ";")
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	f("heka://:5565", "tcp 127.0.0.1:5565 true")
	f("heka://", "tcp 127.0.0.1:5565 true")
	f("heka://host.example", "tcp host.example:5565 false")
	f("heka://localhost:1", "tcp localhost:1 true")
	f("heka://0.0.0.0:0", "tcp 0.0.0.0:0 false")
	f("heka://[::1]:7", "tcp [::1]:7 true")
	f("heka://[2001:db8::1]", "tcp [2001:db8::1]:5565 false")
	f("heka:///run/heka.sock", "unix /run/heka.sock true")
	f("heka:///run/a%20b", "unix /run/a b true")
	f("heka:///", "heka:///: no path of a socket")
	f("heka:///"+strings.Repeat("x", 100), "heka:///"+strings.Repeat("x", 100)+": the path of a socket has at most 96 bytes")
	f("heka://host:99999", "heka://host:99999: a port is a number from 0 to 65535")
	f("heka://host:port", "heka://host:port: no address")
	f("heka://u:p@host", "heka://u:p@host: an address is a host and a port, and nothing else")
	f("heka://host/path", "heka://host/path: an address is a host and a port, and nothing else")
	f("heka://host?x=1", "heka://host?x=1: an address is a host and a port, and nothing else")
	f("http://host", "http://host: no address of scheme heka")
}

func TestKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	text := "# keys\nops_1 one\nops_10 ten\n\nops_2 two  \nops_x bad\nops\nother_3 three\na_b_4 four\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(name, want string) {
		t.Helper()
		signer, version, key, err := Key(file, name)
		got := fmt.Sprint(signer, " ", version, " ", string(key))
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f("ops", "ops 10 ten")
	f("ops_2", "ops 2 two")
	f("ops_1", "ops 1 one")
	f("other", "other 3 three")
	f("a_b", "a_b 4 four")
	f("ops_3", "error")
	f("nobody", "error")
	if err := os.WriteFile(file, []byte("alone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f("ops", "ops 0 alone")
	f("ops_7", "ops 7 alone")
	os.WriteFile(file, nil, 0o600)
	f("ops", "error")
}

// TestSocket wants a unix socket to be this user's alone, to take the place of one that
// is left, and of nothing else.
func TestSocket(t *testing.T) {
	ctx := t.Context()
	a := Address{Network: "unix", Where: filepath.Join(t.TempDir(), "s")}
	ln, err := Listen(ctx, a, second)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(a.Where); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := Listen(ctx, a, second); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listening twice: %v", err)
	}
	conn, err := Dial(ctx, a, second)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	ln.(*socketListener).UnixListener.Close() // as a kill leaves it
	again, err := Listen(ctx, a, second)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if _, err := os.Lstat(a.Where); err == nil {
		t.Error("the socket stays")
	}
	if err := os.WriteFile(a.Where, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(ctx, a, second); err == nil {
		t.Error("a file is replaced")
	}
	if m, _ := filepath.Glob(a.Where + "*"); len(m) != 1 {
		t.Errorf("left behind: %v", m)
	}
}

// shake has both ends shake hands, and returns how that went at each of them.
func shake(t *testing.T, server, client *Certificates) (there, here error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		s := server.Server(conn)
		if err := s.HandshakeContext(ctx); err != nil {
			done <- err
			return
		}
		_, err = s.Write([]byte("x"))
		done <- err
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, here := client.Client(ctx, conn, "127.0.0.1")
	if here == nil { // a server that does not like what it was shown says so later
		_, here = io.ReadFull(c, make([]byte, 1))
	}
	conn.Close()
	return <-done, here
}

func certificates(t *testing.T, f Files, listen bool, log io.Writer) *Certificates {
	t.Helper()
	c, err := NewCertificates(f, listen, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTLS(t *testing.T) {
	ours, others := peertest.New(t), peertest.New(t)
	good := time.Now().Add(time.Hour)
	server, client := ours.Issue(t, "server", good), ours.Issue(t, "client", good)
	foreign := others.Issue(t, "foreign", good)
	expired := ours.Issue(t, "expired", time.Now().Add(-time.Minute))
	f := func(name string, s, c Files, ok bool) {
		t.Helper()
		there, here := shake(t, certificates(t, s, true, io.Discard), certificates(t, c, false, io.Discard))
		if (here == nil) != ok || ok && there != nil {
			t.Errorf("%s: server %v, client %v", name, there, here)
		}
	}
	pair := func(file, ca string) Files { return Files{Cert: file, Key: file, CA: ca} }
	both := pair(server, ours.File)
	f("both show theirs", both, pair(client, ours.File), true)
	f("the server alone", pair(server, ""), Files{CA: ours.File}, true)
	f("a client without", both, Files{CA: ours.File}, false)
	f("a client of another CA", both, pair(foreign, ours.File), false)
	f("a client whose time is over", both, pair(expired, ours.File), false)
	f("a server of another CA", pair(foreign, ours.File), pair(client, ours.File), false)
	f("a server whose time is over", pair(expired, ours.File), pair(client, ours.File), false)
	f("a CA that the system does not know", both, Files{TLS: true, Cert: client, Key: client}, false)
}

// TestReload wants files that have changed to be read before the next handshake, and
// what is of no use in them to change nothing.
func TestReload(t *testing.T) {
	ours, others := peertest.New(t), peertest.New(t)
	good := time.Now().Add(time.Hour)
	server, client := ours.Issue(t, "server", good), ours.Issue(t, "client", good)
	var log bytes.Buffer
	s := certificates(t, Files{Cert: server, Key: server, CA: ours.File}, true, &log)
	c := certificates(t, Files{Cert: client, Key: client, CA: ours.File}, false, io.Discard)
	f := func(name string, ok bool) {
		t.Helper()
		if there, here := shake(t, s, c); (here == nil) != ok {
			t.Errorf("%s: server %v, client %v", name, there, here)
		}
	}
	f("at first", true)
	foreign, err := os.ReadFile(others.Issue(t, "server", good))
	if err != nil {
		t.Fatal(err)
	}
	own, _ := os.ReadFile(server)
	if err := os.WriteFile(server, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	f("another server", false)
	if err := os.WriteFile(server, []byte("half a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	f("nothing of use", false)
	if !strings.Contains(log.String(), "the old ones stay") {
		t.Errorf("log: %s", log.String())
	}
	os.WriteFile(server, own, 0o600)
	f("as it was", true)
	ca, _ := os.ReadFile(others.File)
	os.WriteFile(ours.File, ca, 0o600)
	f("another CA", false)
	if _, err := NewCertificates(Files{CA: server + "x"}, false, slog.Default()); err == nil {
		t.Error("a file that is not there is no error at the start")
	}
}

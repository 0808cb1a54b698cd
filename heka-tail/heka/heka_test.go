package heka

import (
	"testing"

	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

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

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
	f("", "heka://host")
	f("", "heka://host", "--tls", "--give-up", "1m", "--window", "1MiB")
	f("", "heka://host", "--sign", "ops", "--key-file", "k", "--hash", "sha1")
	f("which address?; heka-out heka://HOST:PORT")
	f("--sign and --key-file belong together; keys are in files, since command lines can be seen",
		"heka://host", "--sign", "ops")
	f("--framing xml: no such form; want records or protobuf\n--hash crc: no such hash; want sha256, sha1 or md5",
		"heka://host", "--framing", "xml", "--hash", "crc")
	f("heka://a/b: an address is a host and a port, and nothing else; "+
		"write heka://HOST:PORT, or heka:///PATH for a unix socket", "heka://a/b")
	_, err := stagetest.Make(Kind, &stage.Env{Format: "json"}, "heka://host")
	if err == nil {
		t.Error("-o json is taken")
	}
}

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heka/lib/msg"
)

// forgeScript makes messages that say of themselves who has signed them.
const forgeScript = `
function process_message()
	inject_message({Type = "deploy", Payload = "lua", Fields = {["heka.signer"] = "ops"}})
	return 0
end
`

// keyFile has keys of ops and of somebody else.
const keyFile = "ops_1 a key that ops alone has, and hekad\nops_2 another one of theirs, a newer one\neve_1 a key of eve, whom hekad knows as well\n"

// signers is a daemon with a listener, and with others that forge its field.
const signers = `
[hekad]
keys = "keys"
report = "0s"
[in]
run = "heka-tail heka://127.0.0.1:0"
[forged]
run = "heka-tail -f --from-start forged.log | heka-decode json"
[script]
run = "heka-filter lua forge.lua"
from = "forged"
[behind]
run = "heka-filter where TRUE"
from = "in"
[mixed]
run = "heka-tail heka://127.0.0.1:0 | heka-filter where TRUE"
[ops]
run = "heka-out ops.heka"
match = "TRUE"
signer = "ops"
[apart]
run = "heka-out apart.heka"
match = "TRUE"
signer = "ops"
spool = "1MiB"
isolate = true
[all]
run = "heka-out all.heka"
match = "TRUE"
`

// sign sends one message to a listener, signed by as with the key in a file, if those are
// given.
func (s *scene) sign(to, payload string, as ...string) {
	s.t.Helper()
	words := []string{"heka-out", "heka://" + to, "--framing", "protobuf"}
	if len(as) > 0 {
		words = append(words, "--sign", as[0], "--key-file", as[1])
	}
	if status, out := s.command(payload+"\n", words...); status != 0 {
		s.t.Fatalf("%v: status %d: %s", words, status, out)
	}
}

// have waits until the capture all.heka has payloads.
func (s *scene) have(payloads ...string) {
	s.t.Helper()
	for _, p := range payloads {
		s.poll("all.heka has "+p, func() bool { return strings.Contains(s.payloads("all.heka"), p) })
	}
}

// TestSigner: a node with a signer is given what that signer has signed, and nothing that
// merely says so: a field that a decoder has made of a line, or a script, or that came
// with a message; not what went through another node, or another stage; not the wrong
// key, not another signer. And so it stays when the configuration is changed under it.
func TestSigner(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.file("forge.lua", forgeScript)
	s.secret("keys", keyFile)
	s.secret("mine", keyFile)
	s.secret("wrong", "ops_2 not the daemon's\n")
	s.file("forged.log", `{"heka.signer": "ops", "n": 1}`+"\n")
	s.config(signers)
	p := s.runIn("", "")
	in, mixed := p.listens("in"), p.listens("mixed")
	s.have("lua")
	s.sign(in, "right-1", "ops_1", "mine")
	s.sign(in, "right-2", "ops", "mine")
	s.sign(in, "wrong", "ops", "wrong")
	s.sign(in, "eve", "eve", "mine")
	s.sign(in, "unsigned")
	s.sign(mixed, "mixed", "ops", "mine")
	if status, out := s.command(`{"heka.signer":"ops"}`+"\n", "heka-decode", "json"); status != 0 {
		t.Fatal(out)
	} else if status, out := s.command(out, "heka-out", "heka://"+in); status != 0 { // over a link of ours
		t.Fatal(out)
	}
	s.have("right-1", "right-2", "eve", "unsigned", "mixed")
	s.poll("what a peer of ours claims has come", func() bool { return s.field("heka.claims") })
	s.sign(in, "last", "ops_2", "mine")
	s.have("last")
	for _, name := range []string{"ops.heka", "apart.heka"} {
		s.poll(name+" has the last", func() bool { return strings.Contains(s.payloads(name), "last") })
		if got := s.payloads(name); got != "right-1 right-2 last" {
			t.Errorf("%s has %q", name, got)
		}
	}
	if strings.Contains(s.payloads("all.heka"), "wrong") {
		t.Error("what was signed with a wrong key was taken")
	}
	s.poll("what was refused is counted", func() bool { return s.node("", "in")["dropped"] == 1.0 })

	// in becomes one of those that can't be believed, and mixed one of those that can.
	s.file("other.log", `{"heka.signer": "ops", "other": 1}`+"\n")
	s.config(strings.NewReplacer(
		`run = "heka-tail heka://127.0.0.1:0"`, `run = "heka-tail -f --from-start other.log | heka-decode json"`,
		`run = "heka-tail heka://127.0.0.1:0 | heka-filter where TRUE"`, `run = "heka-tail heka://127.0.0.1:0"`,
	).Replace(signers))
	s.wants(0, "mixed changed", "hekad", "reload", "--state", "state")
	s.poll("a forged line came through in", func() bool { return s.field("other") })
	said := p.said.String()
	mixed = regexp.MustCompile(`.*"msg":"listening on ([^"]+)","node":"mixed"`).FindAllStringSubmatch(said, -1)[1][1]
	s.sign(mixed, "after", "ops", "mine")
	for _, name := range []string{"ops.heka", "apart.heka"} {
		s.poll(name+" has what came after", func() bool { return strings.Contains(s.payloads(name), "after") })
		if got := s.payloads(name); got != "right-1 right-2 last after" {
			t.Errorf("%s has %q", name, got)
		}
	}

	s.config(strings.ReplaceAll(signers, `"heka-tail heka://127.0.0.1:0"`, `"heka-tail forged.log"`))
	s.wants(78, "signer: no node is a source of heka:// alone", "hekad", "reload", "--state", "state")
	p.stop()
}

// field reports whether a message of all.heka has a field of this name.
func (s *scene) field(name string) bool {
	return slices.ContainsFunc(s.records("all.heka"), func(m msg.Message) bool {
		return slices.ContainsFunc(m.Fields, func(f msg.Field) bool { return f.Name == name })
	})
}

// secret writes a file that nobody else can read.
func (s *scene) secret(name, text string) {
	s.t.Helper()
	s.file(name, text)
	if err := os.Chmod(s.path(name), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

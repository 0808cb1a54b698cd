package control

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heka/lib/frame"
	"heka/lib/msg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is the time in tests, where it stands still unless moved.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var secrets = frame.Keys{
	"ops_1": []byte("first key of ops"), "ops_2": []byte("second key of ops"),
	"eve_1": []byte("a key of eve"), "none_1": {},
}

// scene is a gate, and the clock that it sees.
type scene struct {
	*Gate
	t    *testing.T
	path string
	now  time.Time
	keys frame.Keys
	done int
	told []string
	mu   sync.Mutex
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, now: start, keys: frame.Keys{}, path: filepath.Join(t.TempDir(), "nonces")}
	for k, v := range secrets {
		s.keys[k] = v
	}
	s.Gate = &Gate{
		Keys:    func() (frame.Keys, error) { return s.keys, nil },
		Signers: []string{"ops"}, Targets: []string{"web1"},
		Now: func() time.Time { return s.now },
	}
	s.restart()
	t.Cleanup(func() { s.Nonces.Close() })
	return s
}

// restart opens the nonces as a new process would.
func (s *scene) restart() {
	s.t.Helper()
	if s.Nonces != nil {
		s.Nonces.Close()
	}
	n, err := OpenNonces(s.path, s.now, 2*DefaultWindow, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Nonces = n
}

// Do and Refused make s a Handler.
func (s *scene) Do(_ context.Context, c *Command) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	if c.Name == "bad" {
		return Answer{Result: Refused, Text: "no filter bad"}
	}
	return Answer{Result: Done, Text: "did " + c.Action}
}

func (s *scene) Refused(_ *Command, why *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, why.Why)
}

// command returns one that is to be admitted.
func command() *Command {
	return &Command{
		Action: Load, Config: "[a]\n", Script: "x = 1", Target: "web1",
		Time: start.UnixNano(), Expires: start.Add(time.Minute).UnixNano(),
	}
}

func key(t testing.TB, id string, h frame.Hash) Key {
	t.Helper()
	signer, version, _ := splitID(id)
	k, err := FindKey(secrets, signer, int64(version))
	if err != nil {
		t.Fatal(err)
	}
	k.Hash = h
	return k
}

// seal returns c signed by a key, as a message.
func seal(t testing.TB, c *Command, id string) msg.Message {
	t.Helper()
	rec, err := c.Seal(key(t, id, frame.HashSHA256), "sender")
	if err != nil {
		t.Fatal(err)
	}
	return messageOf(t, rec)
}

func messageOf(t testing.TB, record []byte) msg.Message {
	t.Helper()
	body, _, _, err := frame.NextHeka(record, 1<<22, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := viewOf(body)
	if err != nil {
		t.Fatal(err)
	}
	return v.Message()
}

// admit asks the gate, and returns why not; empty: admitted.
func (s *scene) admit(m msg.Message) string {
	s.t.Helper()
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		s.t.Fatal(err)
	}
	_, why := s.Admit(&v, Framing{})
	if why == nil {
		return ""
	}
	return fmt.Sprintf("%v %s", why.Verified, why.Why)
}

func TestAdmit(t *testing.T) {
	s := newScene(t)
	f := func(want, id string, change func(c *Command)) {
		t.Helper()
		c := command()
		change(c)
		got := s.admit(seal(t, c, id))
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	at := func(d time.Duration) int64 { return start.Add(d).UnixNano() }
	same := func(*Command) {}
	f("", "ops_1", same)
	f("", "ops_2", same)
	f("", "ops_2", func(c *Command) { c.Target = "WEB1" })
	f("", "ops_1", func(c *Command) { c.Time = at(time.Minute); c.Expires = at(2 * time.Minute) })
	f("", "ops_1", func(c *Command) { c.Time = at(-time.Minute) })
	f("", "ops_1", func(c *Command) { c.Expires = at(0) })
	f(`true it is for "web2", and this daemon is "web1"`, "ops_1", func(c *Command) { c.Target = "web2" })
	f(`true it is for ""`, "ops_1", func(c *Command) { c.Target = "" })
	f(`true signer "eve" may not control`, "eve_1", same)
	f("true its time is 1m1s away", "ops_1", func(c *Command) { c.Time = at(-61 * time.Second) })
	f("true its time is 1m1s away", "ops_1", func(c *Command) { c.Time = at(61 * time.Second) })
	f("true its time is ", "ops_1", func(c *Command) { c.Time = 1<<63 - 1 })
	f("true its time is ", "ops_1", func(c *Command) { c.Time = -1 << 63 })
	f("true it ended to hold 1s ago", "ops_1", func(c *Command) { c.Expires = at(-time.Second) })
	f("false field control.expires is no such number", "ops_1", func(c *Command) { c.Expires = -1 })
	f("false there is no key", "none_1", same)
}

// TestTampered changes each part of a signed message: none of these is admitted, and
// then the right one is, whose nonce they had.
func TestTampered(t *testing.T) {
	s := newScene(t)
	f := func(want string, change func(m *msg.Message)) {
		t.Helper()
		c := command()
		c.Name = "n"
		good := seal(t, c, "ops_1")
		bad := good
		bad.Fields = append([]msg.Field{}, good.Fields...)
		change(&bad)
		if got := s.admit(bad); !strings.HasPrefix(got, "false "+want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := s.admit(good); got != "" {
			t.Errorf("the right one, after that: %s", got)
		}
	}
	set := func(name string, value any) func(m *msg.Message) {
		return func(m *msg.Message) {
			for i := range m.Fields {
				if m.Fields[i].Name == name {
					m.Fields[i].Value = value
					return
				}
			}
			m.Fields = append(m.Fields, msg.Field{Name: name, Value: value})
		}
	}
	without := func(name string) func(m *msg.Message) {
		return func(m *msg.Message) {
			for i := range m.Fields {
				if m.Fields[i].Name == name {
					m.Fields = append(m.Fields[:i], m.Fields[i+1:]...)
					return
				}
			}
		}
	}
	const wrong = "it is not signed with the key"
	f(wrong, func(m *msg.Message) { m.Payload += " " })
	f(wrong, func(m *msg.Message) { m.Timestamp++ })
	f("the message is of Type", func(m *msg.Message) { m.Type = "heka.control.answer" })
	f(wrong, set("action", Unload))
	f(wrong, set("name", "m"))
	f(wrong, set("config", "[b]\n"))
	f(wrong, without("config"))
	f(wrong, set("control.target", "web2"))
	f(wrong, set("control.signer", "eve"))
	f("there is no key", set("control.signer", "adam"))
	f("there is no key", set("control.signer", ""))
	f(wrong, set("control.key_version", int64(2)))
	f("there is no key", set("control.key_version", int64(3)))
	f("field control.key_version is no such number", set("control.key_version", int64(1)<<32+1))
	f(wrong, set("control.nonce", strings.Repeat("0", 32)))
	f("field control.nonce is not", set("control.nonce", strings.Repeat("0", 31)))
	f("field control.nonce is not", set("control.nonce", ""))
	f(wrong, set("control.expires", int64(1)<<62))
	f(wrong, set("control.mac", strings.Repeat("0", 64)))
	f("field control.mac is not", set("control.mac", ""))
	f("field control.mac is not", set("control.mac", []byte("x")))
	f("field control.mac is missing", without("control.mac"))
	f("field control.nonce is missing", without("control.nonce"))
	f("field control.target is missing", without("control.target"))
	f(`field "replace" is not among those that are signed`, set("replace", true))
	f("field action is no text", set("action", int64(1)))
	f(`field "action" stands there twice`, func(m *msg.Message) {
		m.Fields = append(m.Fields, msg.Field{Name: "action", Value: Unload})
	})
	// Without any of the signature it is one of Heka's, and not signed at all.
	f("it is not signed", func(m *msg.Message) { m.Fields = m.Fields[:2] })
}

// TestParts wants what moves from one part into the next to be another text.
func TestParts(t *testing.T) {
	a := Command{Action: "load", Name: "ab", Config: "c"}
	b := Command{Action: "load", Name: "a", Config: "bc"}
	if bytes.Equal(a.sum([]byte("k")), b.sum([]byte("k"))) {
		t.Error("two commands of one signature")
	}
}

func TestReplay(t *testing.T) {
	s := newScene(t)
	const again = "true it was sent before"
	m := seal(t, command(), "ops_1")
	f := func(want string) {
		t.Helper()
		if got := s.admit(m); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("")
	f(again)
	s.restart()
	f(again)
	s.now = start.Add(time.Minute) // the last moment at which it would hold
	f(again)
	s.restart()
	f(again)
	s.now = start.Add(2 * time.Minute)
	f("true its time is 2m0s away")
	s.restart() // it is not remembered any more, and the clock goes back
	if s.Nonces.Len() != 0 {
		t.Error("it is remembered for ever")
	}
	s.now = start
	f("true it may have been sent before")
	s.restart()
	f("true it may have been sent before")
	s.now = start.Add(2 * time.Minute)
	c := command()
	c.Time, c.Expires = s.now.UnixNano(), s.now.Add(time.Minute).UnixNano()
	if got := s.admit(seal(t, c, "ops_1")); got != "" {
		t.Errorf("a new one: %s", got)
	}
}

// TestRotation: two versions of a key overlap, then one is taken away.
func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	both := "# keys\nops_1 first key of ops\n\nops_2 second key of ops\n"
	write(both)
	k, err := OpenKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t)
	s.Keys = k.Keys
	f := func(id, want string) {
		t.Helper()
		if got := s.admit(seal(t, command(), id)); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	f("ops_1", "")
	f("ops_2", "")
	write("ops_2 second key of ops\n")
	f("ops_1", `there is no key "ops" of version 1`)
	f("ops_2", "")
	write("garbage\n")
	f("ops_2", "line 1 is no SIGNER_VERSION and KEY")
	write(both)
	f("ops_1", "")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	f("ops_1", "others have access to it")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f("ops_1", "no such file")
}

func TestKeys(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		keys, err := ParseKeys(text)
		got := fmt.Sprintf("%q", keys)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		if err != nil && strings.Contains(got, "secret") {
			t.Error("a key in the text of an error")
		}
	}
	const bad = "line 1 is no SIGNER_VERSION and KEY"
	f("", `map[]`)
	f("# c\n a_b_3  x y \n", `map["a_b_3":"x y"]`)
	f("secret", bad)
	f("ops secret", bad)
	f("ops_ secret", bad)
	f("ops_x secret", bad)
	f("ops_01 secret", bad)
	f("ops_4294967296 secret", bad)
	f("_1 secret", bad)
	f("ops_1", bad)
	f("ops_1 ", bad)
	f("ops_1 a\nops_1 secret", "line 2: ops_1 stands there twice")
	k, err := FindKey(secrets, "ops", -1)
	if err != nil || k.Version != 2 {
		t.Error(k.Version, err)
	}
	if _, err := FindKey(secrets, "ops", 3); err == nil || err.Error() != "no key ops_3" {
		t.Error(err)
	}
	if _, err := FindKey(secrets, "o", -1); err == nil || err.Error() != "no key of o" {
		t.Error(err)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add("ops_1 key\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParseKeys(text)
		if err != nil {
			return
		}
		for id, k := range keys {
			if _, _, ok := splitID(id); !ok || len(k) == 0 {
				t.Errorf("%q: %q", id, k)
			}
		}
	})
}

// FuzzAdmit wants no message to be admitted that was not signed, whatever is in it.
func FuzzAdmit(f *testing.F) {
	c := command()
	rec, err := c.Seal(Key{"ops", 1, []byte("another key"), frame.HashSHA256}, "x")
	if err != nil {
		f.Fatal(err)
	}
	body, _, _, _ := frame.NextHeka(rec, 1<<20, nil)
	f.Add(append([]byte{}, body...))
	f.Add([]byte{})
	dir := f.TempDir()
	n, err := OpenNonces(filepath.Join(dir, "n"), start, time.Minute, nil)
	if err != nil {
		f.Fatal(err)
	}
	g := &Gate{
		Keys:    func() (frame.Keys, error) { return secrets, nil },
		Signers: []string{"ops"}, Targets: []string{"web1"}, Nonces: n,
		Now: func() time.Time { return start },
	}
	f.Fuzz(func(t *testing.T, pb []byte) {
		v, err := viewOf(pb)
		if err != nil {
			return
		}
		c, why := g.Admit(&v, Framing{})
		if why == nil || why.Verified || c == nil {
			t.Errorf("admitted: %+v", c)
		}
		if n.Len() != 0 {
			t.Error("a nonce is remembered that nobody signed")
		}
	})
}

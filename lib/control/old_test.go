package control

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// TestOld is about clients of Heka: their signature is in the framing, by MD5 or SHA-1,
// without a nonce.
func TestOld(t *testing.T) {
	s := newScene(t)
	f := func(want, id string, h frame.Hash, change func(c *Command)) []byte {
		t.Helper()
		c := command()
		c.Target, c.Expires = "", 0
		change(c)
		rec, err := c.Seal(key(t, id, h), "sender")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.frame(rec); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		return rec
	}
	same := func(*Command) {}
	f("false it is signed as Heka did, and that is not allowed", "ops_1", frame.HashMD5, same)
	s.Old = []frame.Hash{frame.HashSHA1}
	f("false it is signed as Heka did with md5, and that is not", "ops_1", frame.HashMD5, same)
	f(`true signer "eve" may not`, "eve_1", frame.HashSHA1, same)
	f("true Discarded control message: 5 seconds skew", "ops_1", frame.HashSHA1,
		func(c *Command) { c.Time = start.Add(-5 * time.Second).UnixNano() })
	f("true Discarded control message: 6 seconds skew", "ops_1", frame.HashSHA1,
		func(c *Command) { c.Time = start.Add(6 * time.Second).UnixNano() })
	rec := f("", "ops_1", frame.HashSHA1, same)
	again := func(want string) {
		t.Helper()
		if got := s.frame(rec); !strings.HasPrefix(got, want) {
			t.Errorf("sent again: got %q, want %q", got, want)
		}
	}
	again("true it was sent before")
	s.restart()
	again("true it was sent before")
	s.now = start.Add(4 * time.Second)
	again("true it was sent before")
	s.restart()
	again("true it was sent before")
	s.now = start.Add(5 * time.Second)
	again("true Discarded control message: 5 seconds skew")
	s.Old = []frame.Hash{frame.HashMD5}
	s.now = start
	f("", "ops_2", frame.HashMD5, same)
}

// frame admits a record of Heka's framing; it returns why not.
func (s *scene) frame(rec []byte) string {
	f, err := framingOf(rec, s.keys)
	if err != nil {
		return err.Error()
	}
	m := messageOf(s.t, rec)
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		s.t.Fatal(err)
	}
	_, why := s.Admit(&v, f)
	if why == nil {
		return ""
	}
	return fmt.Sprintf("%v %s", why.Verified, why.Why)
}

// TestFraming is about signatures in the framing that are none: a signer without a
// mac, which Heka took, above all.
func TestFraming(t *testing.T) {
	const body = "10 80c48c94 91a9e8d4 13 1a 04 54455354"
	f := func(header, want string) {
		t.Helper()
		rec, err := hex.DecodeString(strings.ReplaceAll("1e"+header+"1f"+body, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := framingOf(rec, frame.Keys{"test_0": {}, "admin_0": []byte("k")})
		text := fmt.Sprintf("%s %d %v", got.Signer, got.Version, got.Hash)
		if err != nil {
			text = err.Error()
		}
		if text != want {
			t.Errorf("%s: got %q, want %q", header, text, want)
		}
	}
	const bad = "the signature in the framing is wrong"
	f("02 0810", " 0 md5")
	f("09 0810 22 05 61646d696e", bad) // no mac
	f("1c 0810 22 04 74657374 28 00 32 10 78357e3635383f9fbc7598461b05ef2d", "test 0 md5")
	f("1c 0810 22 04 74657374 28 00 32 10 78357e3635383f9fbc7598461b05ef2e", bad)
	f("1c 0810 22 04 74657374 28 01 32 10 78357e3635383f9fbc7598461b05ef2d", bad)
}

// TestNotUnwrapped: who takes our fields away from a message does not get one of
// Heka's, although the framing is signed.
func TestNotUnwrapped(t *testing.T) {
	s := newScene(t)
	s.Old = []frame.Hash{frame.HashMD5, frame.HashSHA1}
	c := command()
	rec, err := c.Seal(key(t, "ops_1", frame.HashSHA256), "sender")
	if err != nil {
		t.Fatal(err)
	}
	m := messageOf(t, rec)
	m.Fields = m.Fields[:2]
	v, _ := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	bare := frame.AppendHeka(nil, &v, nil)
	if got := s.frame(bare); got != "false it is not signed" {
		t.Error(got)
	}
	// A message of that kind by SHA-256 in the framing alone has no nonce either.
	k := key(t, "ops_1", frame.HashSHA256)
	signer, err := frame.NewSigner(k.Signer, k.Version, k.Hash, k.Secret)
	if err != nil {
		t.Fatal(err)
	}
	got := s.frame(frame.AppendHeka(nil, &v, signer))
	if !strings.HasPrefix(got, "false it is signed as Heka did with sha256") {
		t.Error(got)
	}
}

func FuzzFraming(f *testing.F) {
	c := command()
	rec, err := c.Seal(Key{"ops", 1, secrets["ops_1"], frame.HashSHA1}, "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec)
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &reader{src: strings.NewReader(string(b)), max: 1 << 16}
		used := 0
		for {
			body, record, err := r.next(used)
			if err != nil {
				return
			}
			if len(record) == 0 || len(body) == 0 {
				t.Fatal("nothing")
			}
			used = len(record)
			g, err := framingOf(record, secrets)
			if err == nil && g.Signer != "" && g.Hash > frame.HashSHA256 {
				t.Errorf("%+v", g)
			}
		}
	})
}

// TestOldAnswer: an old client's answer is signed with the key, and has its uuid.
func TestOldAnswer(t *testing.T) {
	s := newScene(t)
	s.Old = []frame.Hash{frame.HashSHA1}
	c := command()
	rec, err := c.Seal(key(t, "ops_1", frame.HashSHA1), "sender")
	if err != nil {
		t.Fatal(err)
	}
	f, err := framingOf(rec, s.keys)
	if err != nil {
		t.Fatal(err)
	}
	m := messageOf(t, rec)
	v, _ := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	answer, why := s.Exchange(context.Background(), s, &v, f, "")
	if why != nil {
		t.Fatal(why)
	}
	av, _ := msg.Parse(answer[msg.HeaderSize:])
	a, err := open(&av, c, secrets["ops_1"])
	if err != nil || !a.Signed || a.Result != Done {
		t.Error(a, err)
	}
}

package frame

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"testing"

	"heka/lib/msg"
)

// The vectors of Heka's own tests: a message without a uuid.
const (
	goldenBody   = "10 80c48c94 91a9e8d4 13 1a 04 54455354"
	goldenRecord = "1e 02 0810 1f" + goldenBody
	goldenSigned = "1e 1c 08 10 22 04 74657374 28 00 32 10 78357e3635383f9fbc7598461b05ef2d 1f" +
		goldenBody
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '|' {
			return -1
		}
		return r
	}, s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNextHekaGolden(t *testing.T) {
	body := unhex(t, goldenBody)
	keys := Keys{"test_0": {}, "test_1": []byte("k")}
	f := func(record string, keys Keys, signer string) {
		t.Helper()
		b := append(unhex(t, record), "behind"...)
		got, who, n, err := NextHeka(b, 64<<10, keys)
		if err != nil || !bytes.Equal(got, body) || string(who) != signer || n != len(b)-6 {
			t.Errorf("%x signer %q, n %d, err %v", got, who, n, err)
		}
		for i := range n {
			if _, _, _, err := NextHeka(b[:i:i], 64<<10, keys); err != ErrShort {
				t.Errorf("%d bytes: err %v", i, err)
			}
		}
	}
	f(goldenRecord, nil, "")
	f(goldenRecord, keys, "")
	f(goldenSigned, nil, "")
	f(goldenSigned, keys, "test")
}

func TestNextHekaSignatures(t *testing.T) {
	keys := Keys{"test_0": {}, "test_1": []byte("k"), "admin_0": []byte("secret"), "_0": {}}
	f := func(record string) {
		t.Helper()
		b := append(unhex(t, record), "behind"...)
		body, who, n, err := NextHeka(b, 64<<10, keys)
		if err != ErrSignature || body != nil || who != nil || n != len(b)-6 {
			t.Errorf("%x signer %q, n %d, err %v", body, who, n, err)
		}
		if _, who, _, err = NextHeka(b, 64<<10, nil); err != nil || len(who) != 0 {
			t.Errorf("without keys: signer %q, err %v", who, err)
		}
	}
	const mac = "32 10 78357e3635383f9fbc7598461b05ef2d"
	// A name without hmac:
	f("1e 09 08 10 22 05 61646d696e 1f" + goldenBody)
	// Another's key:
	f("1e 1d 08 10 22 05 61646d696e 28 00" + mac + "1f" + goldenBody)
	// Another version:
	f("1e 1c 08 10 22 04 74657374 28 01" + mac + "1f" + goldenBody)
	// Unknown signer:
	f("1e 1c 08 10 22 04 74657375 28 00" + mac + "1f" + goldenBody)
	// Another hash:
	f("1e 1e 08 10 18 01 22 04 74657374 28 00" + mac + "1f" + goldenBody)
	// No such hash:
	f("1e 1e 08 10 18 03 22 04 74657374 28 00" + mac + "1f" + goldenBody)
	// Hmac of nobody:
	f("1e 14 08 10" + mac + "1f" + goldenBody)
	// Empty hmac:
	f("1e 0c 08 10 22 04 74657374 28 00 32 00 1f" + goldenBody)
	// Cut hmac:
	f("1e 1b 08 10 22 04 74657374 28 00 32 0f" + "78357e3635383f9fbc7598461b05ef" + "1f" + goldenBody)
	f("1e 1c 08 10 22 04 74657374 28 00" + mac + "1f" +
		strings.Replace(goldenBody, "54455354", "54455355", 1)) // another message
}

func TestNextHekaDamaged(t *testing.T) {
	if _, _, _, err := NextHeka(unhex(t, goldenRecord), -1, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("max -1: %v", err)
	}
	f := func(record string) {
		t.Helper()
		body, who, n, err := NextHeka(unhex(t, record), 16, Keys{})
		if !errors.Is(err, ErrDamaged) || body != nil || who != nil || n != 0 {
			t.Errorf("%x signer %q, n %d, err %v", body, who, n, err)
		}
	}
	f("00")                              // no separator
	f("0a 02 0810 1f")                   // nor here
	f("1e 00")                           // no header
	f("1e 01")                           // no length
	f("1e 02 0810 1e")                   // no separator of units
	f("1e 02 0811 1f")                   // longer than max
	f("1e 02 0800 1f")                   // no message
	f("1e 06 08ffffffff0f 1f")           // 4 GiB
	f("1e 0b 08ffffffffffffffffff01 1f") // 2^64-1
	f("1e 0b 08ffffffffffffffffff02 1f") // beyond
	f("1e 02 1800 1f")                   // length missing
	f("1e 03 0810 22 1f")                // cut
	f("1e 04 0810 2205 1f")              // longer than the header
	f("1e 03 0a0110 1f")                 // length of the wrong wire type
	f("1e 04 0810 3000 1f")              // hmac of the wrong wire type
	f("1e 04 0810 0b0c 1f")              // group
	f("1e 04 0810 0000 1f")              // number 0
	f("1e 08 0810 8080808010 00 1f")     // number beyond 2^29
}

// A hash function of no name is no other one, however its number is cut.
func TestNextHekaUnknownHash(t *testing.T) {
	body := unhex(t, goldenBody)
	f := func(number string, h Hash, want error) {
		t.Helper()
		b := unhex(t, "1e 00 0810 18"+number+"22 01 6e 28 00 32"+fmt.Sprintf("%02x", h.size()))
		b = append(h.appendMac(b, []byte("key"), body), hekaUnit)
		b[1] = byte(len(b) - 3)
		if _, _, _, err := NextHeka(append(b, body...), 16, Keys{"n_0": []byte("key")}); err != want {
			t.Errorf("hash %s: err %v, want %v", number, err, want)
		}
	}
	f("00", HashMD5, nil)
	f("01", HashSHA1, nil)
	f("02", HashSHA256, nil)
	f("03", HashSHA256, ErrSignature)
	f("8002", HashMD5, ErrSignature)
	f("ffffffffffffffffff01", HashSHA256, ErrSignature)
}

func TestNextHekaForeignHeader(t *testing.T) {
	// Other orders, long varints, unknown fields of all wire types.
	b := unhex(t, "1e 1c 38 05 0d 00000000 45 01020304 49 0102030405060708 08 90 80 00 52 02 0810"+
		"1f"+goldenBody)
	b[1] = byte(bytes.IndexByte(b, 0x1f) - 2)
	if _, _, _, err := NextHeka(b, 16, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("fixed32 as message_length: %v", err)
	}
	b = unhex(t, "1e 00 38 05 45 01020304 49 0102030405060708 08 90 80 00 52 02 0810 1f"+goldenBody)
	b[1] = byte(bytes.IndexByte(b, 0x1f) - 2)
	if body, _, n, err := NextHeka(b, 16, nil); err != nil || n != len(b) || len(body) != 16 {
		t.Errorf("n %d, err %v", n, err)
	}
}

func TestAppendMac(t *testing.T) {
	f := func(h Hash, std func() hash.Hash, key, text string) {
		t.Helper()
		m := hmac.New(std, []byte(key))
		m.Write([]byte(text))
		got := h.appendMac([]byte("x"), []byte(key), []byte(text))
		if want := m.Sum([]byte("x")); !bytes.Equal(got, want) || len(got) != 1+h.size() {
			t.Errorf("%v: %x, want %x", h, got, want)
		}
	}
	for _, n := range []int{0, 1, 20, 63, 64, 65, 200} {
		key := strings.Repeat("k", n)
		for _, text := range []string{"", "a", strings.Repeat("text", 50)} {
			f(HashMD5, md5.New, key, text)
			f(HashSHA1, sha1.New, key, text)
			f(HashSHA256, sha256.New, key, text)
		}
	}
}

func TestParseHash(t *testing.T) {
	for h := HashMD5; h <= HashSHA256; h++ {
		if got, err := ParseHash(h.String()); got != h || err != nil {
			t.Errorf("%v: %v %v", h, got, err)
		}
	}
	if _, err := ParseHash("crc32"); err == nil {
		t.Error("crc32 was taken")
	}
	if Hash(9).String() != "hash 9" {
		t.Error(Hash(9))
	}
}

func TestSignerGolden(t *testing.T) {
	s, err := NewSigner("test", 0, HashMD5, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := unhex(t, goldenSigned)
	head := append(append([]byte{hekaLengthTag, 16}, s.head...),
		s.hash.appendMac(nil, s.key, unhex(t, goldenBody))...)
	if !bytes.Equal(head, b[2:30]) {
		t.Errorf("header %x, want %x", head, b[2:30])
	}
	f := func(name string, h Hash) {
		t.Helper()
		if _, err := NewSigner(name, 0, h, nil); err == nil {
			t.Error("no error")
		}
	}
	f("", HashMD5)
	f(strings.Repeat("n", 201), HashMD5)
	f("n", 3)
}

// Signed and unsigned, over all sizes where lengths grow a byte.
func TestAppendHekaFraming(t *testing.T) {
	keys := Keys{strings.Repeat("n", 200) + "_4294967295": []byte("key"), "n_0": nil}
	long, _ := NewSigner(strings.Repeat("n", 200), 1<<32-1, HashSHA256, []byte("key"))
	short, _ := NewSigner("n", 0, HashSHA1, nil)
	f := func(size int, s *Signer, signer string) {
		t.Helper()
		m := msg.Message{Payload: strings.Repeat("p", size), Severity: 7}
		v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
		if err != nil {
			t.Fatal(err)
		}
		b := AppendHeka([]byte("before"), &v, s)
		body, who, n, err := NextHeka(b[6:], 1<<22, keys)
		if err != nil || n != len(b)-6 || string(who) != signer || string(b[:6]) != "before" {
			t.Fatalf("payload of %d: signer %q, n %d of %d, err %v", size, who, n, len(b)-6, err)
		}
		back, err := AppendFromHeka(nil, body)
		if err != nil || !bytes.Equal(back[msg.HeaderSize:], v.Body()) {
			t.Fatalf("payload of %d: %v", size, err)
		}
		if len(b) > 1<<20 {
			return
		}
		b[len(b)-1] ^= 1
		if _, _, _, err = NextHeka(b[6:], 1<<22, keys); s != nil && err != ErrSignature {
			t.Errorf("forged: %v", err)
		}
	}
	for _, size := range []int{0, 90, 100, 101, 102, 103, 104, 105, 110, 127, 128, 129, 16350, 16356,
		16357, 16358, 16359, 16360, 16361, 16383, 16384, 16385, 2097000, 2097152, 2097153} {
		f(size, nil, "")
		f(size, short, "n")
		f(size, long, strings.Repeat("n", 200))
	}
}

func FuzzNextHeka(f *testing.F) {
	f.Add(unhex(f, goldenRecord), 100)
	f.Add(unhex(f, goldenSigned), 100)
	f.Add(unhex(f, "1e 06 08ffffffff0f 1f"), 1<<30)
	f.Add([]byte("\x1e\x1e\x08\x1e"), 0)
	keys := Keys{"test_0": {}}
	f.Fuzz(func(t *testing.T, b []byte, max int) {
		body, who, n, err := NextHeka(b, max, keys)
		switch {
		case err == nil:
			if n > len(b) || len(body) > max || &body[len(body)-1] != &b[n-1] {
				t.Fatalf("n %d, body of %d", n, len(body))
			}
			if _, w, m, err := NextHeka(b[:n], max, nil); err != nil || m != n || len(w) > 0 {
				t.Fatalf("without keys: %d %v", m, err)
			}
		case err == ErrShort:
			if body != nil || who != nil || n != 0 && n <= len(b) {
				t.Fatalf("short, n %d of %d", n, len(b))
			}
		case err == ErrSignature:
			if body != nil || who != nil || n < 4 || n > len(b) {
				t.Fatalf("refused, n %d of %d", n, len(b))
			}
		case !errors.Is(err, ErrDamaged) || n != 0:
			t.Fatalf("n %d, err %v", n, err)
		}
	})
}

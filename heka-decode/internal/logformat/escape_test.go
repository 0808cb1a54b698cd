package logformat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"
)

func TestUnescape(t *testing.T) {
	f := func(e Escape, in, want string) {
		t.Helper()
		if got := string(e.Unescape(nil, []byte(in))); got != want {
			t.Errorf("%d: %s: got %q, want %q", e, in, got, want)
		}
	}
	for _, e := range []Escape{EscapeNginx, EscapeJSON, EscapeApache} {
		f(e, `plain`, "plain")
		f(e, `\"\\`, `"\`)
		f(e, `a\`, `a\`)
		f(e, `\q`, `\q`)
		f(e, `\x`, `\x`)
		f(e, `\u12`, `\u12`)
	}
	f(EscapeNginx, `\x22\x5C\x0A\xD0\x9f`, "\"\\\n\xD0\x9f")
	f(EscapeNginx, `\xG1\x1`, `\xG1\x1`)
	f(EscapeNginx, `\n\t\u0041`, `\n\t\u0041`)
	f(EscapeJSON, `\n\r\t\b\f\/\u0041\u00e9`, "\n\r\t\b\f/A\u00e9")
	f(EscapeJSON, `\ud83d\ude00`, "\U0001F600")
	f(EscapeJSON, `\ud83d\u0041`, "\uFFFDA")
	f(EscapeJSON, `\ud83d`, "\uFFFD")
	f(EscapeJSON, `\x41`, `\x41`)
	f(EscapeApache, `\n\r\t\b\v\f\x7f`, "\n\r\t\b\v\f\x7f")
	f(EscapeNone, `\"\x41`, `\"\x41`)
}

// FuzzUnescape escapes as the servers do and wants the same bytes back.
func FuzzUnescape(f *testing.F) {
	f.Add([]byte("a \"b\" \\ \n\t\x00\xff é"))
	f.Add([]byte(`\x22 \u0041 \n`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var nginx, apache []byte
		for _, c := range in {
			switch {
			case c == '"' || c == '\\':
				nginx = fmt.Appendf(nginx, `\x%02X`, c)
				apache = append(apache, '\\', c)
			case c == '\n':
				nginx = append(nginx, `\x0A`...)
				apache = append(apache, `\n`...)
			case c < 0x20 || c > 0x7e:
				nginx = fmt.Appendf(nginx, `\x%02X`, c)
				apache = fmt.Appendf(apache, `\x%02x`, c)
			default:
				nginx, apache = append(nginx, c), append(apache, c)
			}
		}
		if got := EscapeNginx.Unescape(nil, nginx); !bytes.Equal(got, in) {
			t.Errorf("nginx: %q: got %q, want %q", nginx, got, in)
		}
		if got := EscapeApache.Unescape(nil, apache); !bytes.Equal(got, in) {
			t.Errorf("apache: %q: got %q, want %q", apache, got, in)
		}
		for e := range EscapeApache + 1 {
			if got := e.Unescape(nil, in); len(got) > len(in) {
				t.Errorf("%d: %q grew to %q", e, in, got)
			}
		}
		if utf8.Valid(in) {
			text, err := json.Marshal(string(in))
			if err != nil {
				t.Fatal(err)
			}
			if got := EscapeJSON.Unescape(nil, text[1:len(text)-1]); !bytes.Equal(got, in) {
				t.Errorf("json: %s: got %q, want %q", text, got, in)
			}
		}
	})
}

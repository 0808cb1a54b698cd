package split

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"heka/lib/msg"
)

const tooLong = " truncated=true truncated_bytes="

func TestDocker(t *testing.T) {
	f := cases(t, "", "docker", 60, false)
	f(`{"log":"a\n","stream":"stdout"}`+"\n"+`no object`+"\n",
		`0:"{\"log\":\"a\\n\",\"stream\":\"stdout\"}"`, `32:"no object"`)
	f(`{"time":"1","log":"a\"","stream":"stderr","n":{"x":["}"]}}`+"\n"+
		`{"log":"o\n","stream":"stdout"}`+"\n"+
		`{"log":"b\n","stream":"stderr","time":"2"}`,
		`59:"{\"log\":\"o\\n\",\"stream\":\"stdout\"}"`,
		`0:"{\"time\":\"1\",\"log\":\"a\\\"b\",\"stream\":\"stderr\",\"n\":{\"x\":[\"}\"]}}"`+tooLong+"2")
	f(`{"log":"a\\n"}`+"\n"+`{"log":"b"}`+"\n", `0:"{\"log\":\"a\\\\nb\"}" partial=true`)
	f("{\"log\":3}\n{\"stream\":\"x\"}\n{}\n{\"log\n",
		`0:"{\"log\":3}"`, `10:"{\"stream\":\"x\"}"`, `25:"{}"`, `28:"{\"log"`)

	f = cases(t, "", "docker", 24, false)
	f(`{"log":"12345"}`+"\n"+`{"log":"6\ud83d\ude00"}`+"\n"+`{"log":"x\n"}`+"\n",
		`0:"{\"log\":\"123456\"}"`+tooLong+"15")
	f(`{"log":"12345"}`+"\n"+`{"log":"\u00e9x\n"}`+"\n", `0:"{\"log\":\"12345\\u00e9x\\n\"}"`)
	f(`{"log":"12345678"}`+"\n"+`{"log":"\u00e9x\n"}`+"\n",
		`0:"{\"log\":\"12345678\\u00e9\"}"`+tooLong+"3")
	f(`{"log":"1234567890123456"}`+"\n", `0:"{\"log\":\"1234567890123456"`+tooLong+"2")
}

func TestCRI(t *testing.T) {
	f := cases(t, "", "cri", 25, true)
	f("2T stdout F a b\n", `0:"2T stdout F a b"`)
	f("2T stdout P a \n3T stderr F x\n4T stdout P:q b\n5T stdout F  c\n",
		`15:"3T stderr F x"`, `0:"2T stdout F a b c"`)
	f("2T stdout P a\n2T stdout F", `0:"2T stdout P a" partial=true`, `14:"2T stdout F" partial=true`)
	f("2T stdout P 1234567890\n2T stdout F abcdef\n",
		`0:"2T stdout F 1234567890abc"`+tooLong+"3")
	f("2T stdout Q a\n", `0:"2T stdout Q a"`)
}

// A part whose rest does not come must not hold the stream up for ever.
func TestFarParts(t *testing.T) {
	r := newTrial(t, mustParse(t, "", "cri"), 0, 1<<30, 0)
	r.feed("2T stderr P x\n")
	line := "2T stdout F " + strings.Repeat("y", 1<<20) + "\n"
	for n := 0; r.done == 0; n++ {
		if r.feed(line); n > 5 {
			t.Fatal("held still")
		}
		r.rest, r.out = nil, r.out[:0]
	}
}

// What parts make up is JSON, and says what they said, as far as there is room.
func FuzzDocker(f *testing.F) {
	f.Add("a", "b", "stdout", 1000)
	f.Add("é\\\"\x00\U0001f600", "\u2028\n\\n", "", 60)
	f.Fuzz(func(t *testing.T, a, b, stream string, limit int) {
		spec := mustParse(t, "", "docker")
		a, b = strings.TrimRight(strings.ToValidUTF8(a, "?"), "\n"), strings.ToValidUTF8(b, "?")
		type line struct {
			Log, Stream string
		}
		var text []byte
		for _, l := range []line{{a, stream}, {b + "\n", stream}} {
			j, _ := json.Marshal(map[string]string{"log": l.Log, "stream": l.Stream})
			text = append(append(text, j...), '\n')
		}
		first := bytes.IndexByte(text, '\n')
		limit = max(limit&0x3ff, first)
		if len(text)-first-2 > limit {
			return // the second line is no part: it is cut
		}
		s := spec.New(envelope(), limit, 0)
		dst, off, used := s.Append(nil, nil, text, 1<<30)
		if used != len(text) || s.Pending() {
			t.Fatalf("%s: used %d", text, used)
		}
		if len(off) != 1 {
			t.Fatalf("%s: %d records", text, len(off))
		}
		var v msg.View
		v.Reset(dst[msg.HeaderSize:])
		var l line
		if err := json.Unmarshal(v.Payload(), &l); err != nil {
			t.Fatalf("%s: %s: %v", text, v.Payload(), err)
		}
		cut := len(v.Message().Fields) > 0
		if !strings.HasPrefix(a+b+"\n", l.Log) || !cut && l.Log != a+b+"\n" {
			t.Fatalf("%s: %q", text, l.Log)
		}
	})
}

package split

import (
	"strings"
	"testing"
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

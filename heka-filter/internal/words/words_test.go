package words

import (
	"errors"
	"strings"
	"testing"
	"time"

	"heka/lib/stage"
)

func TestParse(t *testing.T) {
	f := func(args string, want string) {
		t.Helper()
		w, err := Parse("v", strings.Fields(args), By|Every|Within)
		if err != nil {
			t.Errorf("%s: %v", args, err)
			return
		}
		got := strings.Join(w.Args, " ") + " |"
		for _, v := range w.By {
			got += " " + v.String()
		}
		got += " | " + time.Duration(w.Every).String() + " | " + time.Duration(w.Within).String()
		if got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	f("", " | | 0s | 0s")
	f("a b", "a b | | 0s | 0s")
	f("a by .x", "a | Fields[x] | 0s | 0s")
	f("by .x .y,Type Fields[z,1]", " | Fields[x] Fields[y] Type Fields[z,1] | 0s | 0s")
	f("by .x, .y", " | Fields[x] Fields[y] | 0s | 0s")
	f("5 every 10s by .x within 1m30s", "5 | Fields[x] | 10s | 1m30s")
	f("every 1d", " | | 24h0m0s | 0s")
	f("every 0.5d within 1ms", " | | 12h0m0s | 1ms")
}

func TestMistakes(t *testing.T) {
	f := func(args string, allowed Clause, want ...string) {
		t.Helper()
		w, err := Parse("v", strings.Fields(args), allowed)
		if err == nil {
			err = w.NoArgs()
		}
		var u *stage.UsageError
		if !errors.As(err, &u) {
			t.Errorf("%s: %v", args, err)
			return
		}
		for _, s := range want {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q, want %q in it", args, err, s)
			}
		}
	}
	f("by", By, `v: "by": nothing follows it`)
	f("every", Every, "every 10s")
	f("by every 5s", By|Every, `"by": nothing follows it`)
	f("by .a every", By|Every, `"every"`)
	f("by .a", 0, "no such clause", "it has none")
	f("every 5s", By, "no such clause", "by")
	f("every 5s every 6s", Every, "twice")
	f("every 5s x", Every, `"x"`, "one word too many")
	f("every 5s witin", Every|Within, `"witin"`, "did you mean within?")
	f("every 5", Every, "did you mean 5s?")
	f("every -5s", Every, "too short")
	f("every 1e9d", Every, "no duration")
	f("every NaNd", Every, "no duration")
	f("by ,", By, `""`)
	f("by .a,,.b", By, `""`)
	f("whitin 5s", Within, `"whitin"`, "did you mean within?")
	f("witin 5s", Within, `"witin"`, "did you mean within?")
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"by .a,.b every 10s", "a b within 1d", "by Fields[a,b] ,",
		"every every", "by by"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := Parse("v", strings.Split(s, " "), By|Every|Within)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without text")
			}
			return
		}
		if w.Every < 0 || w.Within < 0 {
			t.Fatalf("%+v", w)
		}
	})
}

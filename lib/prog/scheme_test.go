package prog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// schemedWing is a wing of two kinds: file, with -f, -n N and --state DIR, and link.
func schemedWing() Wing {
	kind := func(name string, flags func(fs *pflag.FlagSet)) stage.Kind {
		k := through(name)
		k.New = func(fs *pflag.FlagSet) stage.Make {
			flags(fs)
			return func(_ *stage.Env, args []string) (stage.Stage, error) {
				return nil, &stage.UsageError{Msg: name + " has " + strings.Join(args, ",")}
			}
		}
		return k
	}
	return Tail([]stage.Kind{
		kind("file", func(fs *pflag.FlagSet) {
			fs.BoolP("follow", "f", false, "")
			fs.IntP("lines", "n", 0, "")
			fs.String("state", "", "")
		}),
		kind("link", func(fs *pflag.FlagSet) { fs.String("ca", "", "") }),
	}, "# heka-tail: makes messages\n")
}

func TestScheme(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		var out strings.Builder
		c, err := schemedWing().Parse(strings.Fields(line), &out)
		got := fmt.Sprint(err)
		if c == nil && err == nil {
			got, _, _ = strings.Cut(out.String(), ":")
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	f("x.log", "file has x.log")
	f("", "file has ")
	f("-f --state link://s x.log", "file has x.log")
	f("-fn 5 x.log", "file has x.log")
	f("-n5 --state=s x.log y.log", "file has x.log,y.log")
	f("-o json link://h:1", "link has link://h:1")
	f("--ca ca.pem --strict link://h:1 --limit 4", "link has link://h:1")
	f("--strict -- link://h:1", "link has link://h:1")
	f("x.log link://h:1", "file has x.log,link://h:1")
	f("./link://h", "file has ./link://h")
	f("a b://c", "file has a,b://c")
	f("link", "file has link")
	f("lnk://h", "no way to lnk://h; did you mean link://?")
	f("http://h", "no way to http://h; there is link://; write ./http://h for a file of that name")
	f("-f link://h:1", "unknown shorthand flag: 'f' in -f; file has it, link:// does not")
	f("--ca x y.log", "unknown flag: --ca; link:// has it, file does not")
	f("--stat x y.log", "unknown flag: --stat; did you mean --state?")
	f("--help", "heka-tail")
	f("-f --help", "heka-tail")
	f("file --help", "heka-tail file")
	f("link --help", "heka-tail link")
	f("--ca x link:// --help", "heka-tail link")
}

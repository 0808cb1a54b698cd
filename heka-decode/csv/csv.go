// Package csv is the kinds of heka-decode for tables: lines of values between commas
// or tabs, with the columns' names in the first line.
package csv

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-decode/internal/stamp"
	"heka/lib/stage"
)

var (
	//go:embed README.md
	docCSV string
	//go:embed tsv.md
	docTSV string
)

// Kind decodes comma-separated values.
var Kind = stage.Kind{Name: "csv", Doc: docCSV, NArgs: stage.NoArgs, New: declare("csv", ",")}

// TSV decodes tab-separated values.
var TSV = stage.Kind{Name: "tsv", Doc: docTSV, NArgs: stage.NoArgs, New: declare("tsv", "tab")}

// options are the flags of the kinds.
type options struct {
	name      string
	typ       string
	payload   bool
	columns   string
	delimiter string
	types     string
	noQuotes  bool
	time      stamp.Flags
}

func declare(name, delimiter string) func(*pflag.FlagSet) stage.Make {
	return func(fs *pflag.FlagSet) stage.Make {
		o := options{name: name}
		fs.StringVar(&o.typ, "type", name, "the messages' Type is `NAME`")
		fs.BoolVar(&o.payload, "keep-payload", false, "keep the line as the payload")
		fs.StringVar(&o.columns, "header", "",
			"the columns are `NAME,NAME,...`; without this, the first line has their names")
		fs.StringVar(&o.delimiter, "delimiter", delimiter,
			"the `CHARACTER` between values, or comma, tab, semicolon, pipe, space")
		fs.StringVar(&o.types, "types", "auto",
			"`HOW` values are typed: auto (what looks like a number is one) or string")
		fs.BoolVar(&o.noQuotes, "no-quotes", false, "quotes are characters like all others")
		o.time.Declare(fs)
		return o.make
	}
}

// make returns the stage that the flags ask for.
func (o *options) make(env *stage.Env, args []string) (stage.Stage, error) {
	if len(args) > 0 {
		return nil, &stage.UsageError{
			Msg:  o.name + " takes no words, only flags",
			Hint: "columns are named as in --header time,user,bytes",
		}
	}
	if o.types != "auto" && o.types != "string" {
		return nil, &stage.UsageError{
			Msg: fmt.Sprintf("--types %q", o.types), Hint: "it is auto or string",
		}
	}
	delim, err := delimiter(o.delimiter)
	if err != nil {
		return nil, err
	}
	times, err := o.time.Reader(env.Location())
	if err != nil {
		return nil, err
	}
	t := &table{options: *o, delim: delim, times: times}
	if o.columns == "" {
		return &header{env: env, table: t}, nil
	}
	t.setColumns(strings.Split(o.columns, ","))
	t.line = []byte(strings.Join(t.names, string(delim)))
	return t.rows(env), nil
}

// delimiter returns the character that s names.
func delimiter(s string) (byte, error) {
	switch s {
	case "comma":
		return ',', nil
	case "tab", `\t`:
		return '\t', nil
	case "semicolon":
		return ';', nil
	case "pipe":
		return '|', nil
	case "space":
		return ' ', nil
	}
	if len(s) == 1 && s[0] != '"' && s[0] != '\n' && s[0] != '\r' && s[0] < 0x80 {
		return s[0], nil
	}
	return 0, &stage.UsageError{
		Msg:  fmt.Sprintf("--delimiter %q", s),
		Hint: "it is one ASCII character, or comma, tab, semicolon, pipe or space",
	}
}

// Package encode renders messages as text: JSON, logfmt, CSV, plain text, and
// templates. It reads the encoded message in place ([msg.View]) and appends to
// the caller's buffer; in the steady state nothing is allocated.
//
// [New] makes the encoders of a format by the name that `-o` takes. An encoder
// keeps what it learnt of earlier messages (names, hosts, the second), up to a
// bound, so it is for one goroutine and each lane has its own. An encoder only ever appends what
// one message becomes; where the bytes go is not its business.
//
// The parts are exported for those who render keys or names themselves:
// [AppendJSONString], [AppendTime], [AppendInt], [AppendFloat], [Template] for
// output file names, and [AppendVisible] for whatever goes to a terminal.
package encode

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"heka/lib/msg"
	"heka/lib/near"
)

// Encoder renders messages.
type Encoder interface {
	// Append appends what v becomes, its newline included, to dst and returns
	// the longer slice. It keeps neither dst nor v. What lies between the length
	// and the capacity of dst may be overwritten, and JSON wants 2 KiB of it to
	// be free beyond what it appends, or moves to a longer slice. It is for one
	// goroutine.
	Append(dst []byte, v *msg.View) []byte
}

// Options are what the formats can be told. The zero value is the default of
// each; an option that a format does not know is ignored.
type Options struct {
	Flat     bool           // json, logfmt: the fields alone
	Columns  []string       // csv, tsv: the columns; empty: those of the first message
	Comma    byte           // csv: the separator; 0 is ','
	NoHeader bool           // csv, tsv: no row with the names of the columns
	Template string         // template: the text
	Location *time.Location // template: the zone of %H and the like; nil is UTC
}

// Format is a format that New knows.
type Format struct {
	Name string
	Doc  string // half a line for a help text

	// Ordered says that the output depends on the order of the messages, as the
	// header of CSV does: there must be one encoder, called in order, and not
	// one a lane.
	Ordered bool
}

// Formats returns the formats that New knows, in the order to show them in.
func Formats() []Format {
	return []Format{
		{Name: "json", Doc: "an object a line"},
		{Name: "logfmt", Doc: "name=value pairs, a line each"},
		{Name: "csv", Doc: "comma-separated values with a header", Ordered: true},
		{Name: "tsv", Doc: "as csv, separated by tabs", Ordered: true},
		{Name: "text", Doc: "the payload, or else the fields"},
		{Name: "payload", Doc: "the payload as it is, with nothing behind it"},
		{Name: "template", Doc: "a text with %{Name} and %Y %m %d ..."},
		{Name: "protobuf", Doc: "the framing and messages of Mozilla's Heka"},
	}
}

// Ordered reports whether the named format is Ordered.
func Ordered(format string) bool {
	for _, f := range Formats() {
		if f.Name == format {
			return f.Ordered
		}
	}
	return false
}

// New returns what makes the encoders of a format, one a lane. All of the
// options are checked here. An unknown format is an error that lists the known.
func New(format string, opts Options) (func() Encoder, error) {
	switch format {
	case "json":
		return func() Encoder { return NewJSON(opts.Flat) }, nil
	case "logfmt":
		return func() Encoder { return NewLogfmt(opts.Flat) }, nil
	case "csv", "tsv":
		if format == "tsv" {
			opts.Comma = '\t'
		}
		c := CSVOptions{Columns: opts.Columns, Comma: opts.Comma, NoHeader: opts.NoHeader}
		if _, err := NewCSV(c); err != nil {
			return nil, err
		}
		return func() Encoder { e, _ := NewCSV(c); return e }, nil
	case "text":
		return func() Encoder { return NewText() }, nil
	case "payload":
		return func() Encoder { return Payload{} }, nil
	case "protobuf":
		return func() Encoder { return Protobuf{} }, nil
	case "template":
		if opts.Template == "" {
			return nil, errors.New("template: the text is empty")
		}
		t, err := ParseTemplate(opts.Template, opts.Location)
		if err != nil {
			return nil, err
		}
		return func() Encoder { return line{t.Clone()} }, nil
	}
	return nil, unknown(format)
}

func unknown(format string) error {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	hint := ""
	if n := near.Word(format, names); n != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", n)
	}
	return fmt.Errorf("unknown format %q%s; there are %s", format, hint, strings.Join(names, ", "))
}

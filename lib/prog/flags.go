package prog

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // --tz works on machines without a time zone database

	"github.com/spf13/pflag"

	"heka/lib/encode"
	"heka/lib/size"
	"heka/lib/stage"
)

// options are the flags that all programs share.
type options struct {
	format    string
	flat      bool
	columns   []string
	template  string
	fail      string
	strict    bool
	needOut   bool
	stats     bool
	limit     int64
	lanes     int
	tz        string
	clock     string
	color     string
	maxRecord size.Value
	maxLine   size.Value
	hostname  string
	keys      string
	showData  bool
	grace     time.Duration
}

// newOptions returns the defaults.
func newOptions() *options {
	return &options{
		clock: "wall", color: "auto", maxRecord: size.Value{Bytes: 8 << 20, Min: 1}, maxLine: size.Value{Bytes: 1 << 20, Min: 1}, grace: 10 * time.Second,
	}
}

// declare declares the shared flags on fs. What stands there already is the
// default, so that several parts of one command line add up.
func (o *options) declare(fs *pflag.FlagSet) {
	fs.StringVarP(&o.format, "as", "o", o.format,
		"`FORMAT`: heka, json, logfmt, csv, tsv, text, payload, template, table, protobuf")
	fs.BoolVar(&o.flat, "flat", o.flat, "with -o json or logfmt: the fields alone, no envelope")
	fs.StringSliceVar(&o.columns, "columns", o.columns, "with -o csv or tsv: `NAMES` of the columns")
	fs.StringVar(&o.template, "template", o.template,
		"with -o template: `TEXT` with %{Type}, %{status}, %Y-%m-%d, ...")
	fs.StringVar(&o.fail, "fail", o.fail, "put messages that can't be processed into `FILE`")
	fs.BoolVar(&o.strict, "strict", o.strict, "end with status 65 at the first of those")
	fs.BoolVarP(&o.needOut, "exit-status", "e", o.needOut, "end with status 1 when nothing came out")
	fs.BoolVar(&o.stats, "stats", o.stats, "say on stderr at the end what went through")
	fs.Int64Var(&o.limit, "limit", o.limit, "end after `N` messages")
	fs.IntVarP(&o.lanes, "lanes", "j", o.lanes, "work on `N` batches at once (0: one a core)")
	fs.StringVar(&o.tz, "tz", o.tz, "time zone `NAME` of times that name none (UTC)")
	fs.StringVar(&o.clock, "clock", o.clock, "windows follow the `CLOCK`: wall, or data (the messages)")
	fs.StringVar(&o.color, "color", o.color, "colour for a terminal: `WHEN` is auto, always or never")
	fs.Var(&o.maxRecord, "max-record", "longest message that is read, in `BYTES`")
	fs.Var(&o.maxLine, "max-line", "longest line that is kept whole, in `BYTES`")
	fs.StringVar(&o.hostname, "hostname", o.hostname, "`NAME` of this host in messages made here")
	fs.StringVar(&o.keys, "keys", o.keys, "refuse records of Heka's framing that no key in `FILE` signed")
	fs.BoolVar(&o.showData, "show-data", o.showData, "let texts of errors quote messages")
	fs.DurationVar(&o.grace, "grace", o.grace, "how long to drain after an interrupt, a `DURATION` like 10s")
}

// check reports mistakes in the shared flags, and fills in env from them.
func (o *options) check(env *stage.Env) []error {
	var errs []error
	mistake := func(format string, args ...any) {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...)})
	}
	switch o.clock {
	case "wall", "data":
	default:
		mistake("--clock %s: want wall or data", o.clock)
	}
	switch o.color {
	case "auto", "always", "never":
	default:
		mistake("--color %s: want auto, always or never", o.color)
	}
	if o.lanes < 0 || o.lanes > 256 {
		mistake("-j %d: want 0 to 256", o.lanes)
	}
	if o.limit < 0 {
		mistake("--limit %d: want 0 (none) or more", o.limit)
	}
	if o.strict && o.fail != "" {
		mistake("--strict ends at the first bad message, --fail keeps them: give one of the two")
	}
	if o.template != "" && o.format == "" {
		o.format = "template"
	}
	env.Format = o.format
	switch o.format {
	case "", "heka", "table":
	default:
		if _, err := encode.New(o.format, encode.Options{Columns: o.columns, Template: o.template}); err != nil {
			mistake("-o: %v", err)
			env.Format = "" // a sink need not find it again
		}
	}
	if o.tz != "" {
		loc, err := time.LoadLocation(o.tz)
		if err != nil {
			mistake("--tz %s: no such time zone; want a name like Europe/Berlin, UTC or Local", o.tz)
		}
		env.TZ = loc
	}
	env.Hostname = o.hostname
	if env.Hostname == "" {
		env.Hostname, _ = os.Hostname()
	}
	env.Lanes, env.DataTime, env.Strict, env.ShowData = o.lanes, o.clock == "data", o.strict, o.showData
	env.MaxRecord, env.MaxLine = int(o.maxRecord.Bytes), int(o.maxLine.Bytes)
	env.Flat, env.Columns, env.Template = o.flat, o.columns, o.template
	return errs
}

// fromEnvironment sets each flag that the command line left alone from its twin
// in the environment: HEKA_MAX_LINE for --max-line.
func fromEnvironment(fs *pflag.FlagSet) error {
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || err != nil {
			return
		}
		name := "HEKA_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if own := f.Annotations[stage.EnvAnnotation]; own != nil {
			name = own[0]
		}
		if v, ok := os.LookupEnv(name); ok && v != "" {
			var value *pflag.InvalidValueError
			if serr := fs.Set(f.Name, v); errors.As(serr, &value) {
				err = &stage.UsageError{Msg: fmt.Sprintf("%s=%s in the environment: %s", name, v, reason(value))}
			} else if serr != nil {
				err = &stage.UsageError{Msg: fmt.Sprintf("%s=%s in the environment: %v", name, v, serr)}
			}
		}
	})
	return err
}

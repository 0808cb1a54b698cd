// Package file is heka-out's way to files: messages appended to one file, or to
// many whose names the messages make, as a capture or rendered as text; or
// written to standard output.
package file

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/encode"
	"heka/lib/sandbox"
	"heka/lib/sandbox/asked"
	"heka/lib/sandbox/transform"
	"heka/lib/size"
	"heka/lib/stage"
	"heka/lib/target"
)

//go:embed README.md
var doc string

// Kind is heka-out [DEST].
var Kind = stage.Kind{Name: "file", Doc: doc, Args: "[DEST]", NArgs: stage.OneArg, New: declare}

// options are the flags, as typed and as read.
type options struct {
	compress string
	mode     string
	fsync    string
	size     string
	every    time.Duration
	keep     int
	maxFiles int
	truncate bool
	mkdir    bool
	encoder  string
	lua      *asked.Flags // of the encoder

	level  target.Level
	perm   fs.FileMode
	rotate int64
}

// The policies of --fsync.
const (
	fsyncNever  = "never"
	fsyncBatch  = "batch"
	fsyncSecond = "1s"
	fsyncClose  = "close"
)

func declare(fs *pflag.FlagSet) stage.Make {
	o := &options{}
	fs.BoolVar(&o.truncate, "truncate", false, "empty a file that is there, instead of appending")
	fs.StringVar(&o.compress, "compress", "fast",
		"`LEVEL` for captures and names in .gz or .zst: none, fast, default or best")
	fs.StringVar(&o.fsync, "fsync", fsyncSecond,
		"`WHEN` what was written is forced to disk: never, batch, 1s or close")
	fs.StringVar(&o.size, "rotate-size", "",
		"rename a file to FILE.1 before it is larger than `BYTES`, as in 100MiB")
	fs.DurationVar(&o.every, "rotate-every", 0,
		"rename files to FILE.1 at each multiple of a `DURATION`, as in 1h")
	fs.Lookup("rotate-every").DefValue = ""
	fs.IntVar(&o.keep, "keep", 0, "rotated files to keep: `N`, the oldest go; 0 keeps all")
	fs.StringVar(&o.mode, "mode", "0644", "permissions of new files, in `OCTAL`")
	fs.BoolVar(&o.mkdir, "mkdir", false, "make the directory of DEST if it is missing")
	fs.IntVar(&o.maxFiles, "max-files", 1000, "files that a DEST with %{...} may make: `N`")
	fs.StringVar(&o.encoder, "encoder", "", "Lua `SCRIPT` that makes the text of each message, in place of -o")
	o.lua = asked.Declare(fs)
	o.lua.DeclareState(fs)
	return o.make
}

func (o *options) make(env *stage.Env, args []string) (stage.Stage, error) {
	dest := "-"
	if len(args) > 0 {
		dest = args[0]
	}
	errs := o.check()
	enc, eerrs := o.encode(env)
	errs = append(errs, eerrs...)
	var sink stage.Stage
	if dest == "-" {
		st, err := standardOutput(env)
		errs = append(errs, err)
		sink = st
	} else if d, err := newDest(env, o, dest); err != nil {
		errs = append(errs, err)
	} else {
		sink = d.stage()
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if enc != nil {
		return stage.Chain{enc, sink}, nil
	}
	return sink, nil
}

// encode returns the stage of --encoder, if that is given: what it makes stands in the
// payloads, which are then written as they are.
func (o *options) encode(env *stage.Env) (stage.Stage, []error) {
	if o.encoder == "" {
		return nil, nil
	}
	s, c, errs := o.lua.Script(env, sandbox.Encoder, o.encoder)
	if env.Format != "" && env.Format != formatPayload {
		errs = append(errs, &stage.UsageError{
			Msg: "--encoder and -o " + env.Format + " both say what is written", Hint: "give one of the two",
		})
	}
	env.Format = formatPayload
	return transform.New(env, s, c, o.lua), errs
}

// check reads the flags, and reports all mistakes in them.
func (o *options) check() (errs []error) {
	mistake := func(hint, format string, args ...any) {
		errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	var ok bool
	if o.level, ok = target.LevelNamed(o.compress); !ok {
		mistake("want none, fast, default or best", "--compress %s: no such level", o.compress)
	}
	mode, err := strconv.ParseUint(o.mode, 8, 32)
	if err != nil || mode > 0o777 || mode&0o200 == 0 {
		mistake("want octal digits like 0640, that let the owner write", "--mode %s", o.mode)
	}
	o.perm = fs.FileMode(mode)
	switch o.fsync {
	case fsyncNever, fsyncBatch, fsyncSecond, fsyncClose:
	default:
		mistake("want never, batch, 1s or close", "--fsync %s: no such policy", o.fsync)
	}
	if o.rotate, ok = parseSize(o.size); !ok {
		mistake("want a size like 500kB or 100MiB", "--rotate-size %s", o.size)
	}
	if o.every < 0 || o.every%time.Second != 0 {
		mistake("want whole seconds, as in 30s or 1h", "--rotate-every %v", o.every)
	}
	if o.keep < 0 {
		mistake("0 keeps all", "--keep %d", o.keep)
	}
	if o.keep > 0 && o.rotate == 0 && o.every == 0 {
		mistake("give --rotate-size or --rotate-every",
			"--keep is of rotated files, and nothing rotates")
	}
	if o.maxFiles < 1 {
		mistake("want 1 or more", "--max-files %d", o.maxFiles)
	}
	return errs
}

// parseSize reads a size in bytes; 0 for none.
func parseSize(text string) (int64, bool) {
	if text == "" {
		return 0, true
	}
	n, ok := size.Parse(text)
	return n, ok && n > 0
}

// newEncoder returns what makes the encoders of a format; nil for records.
func newEncoder(env *stage.Env, format string, header bool) (func() encode.Encoder, error) {
	if format == formatHeka {
		return nil, nil
	}
	mk, err := encode.New(format, encode.Options{
		Flat: env.Flat, Columns: env.Columns, Template: env.Template, Location: env.Location(),
		NoHeader: !header,
	})
	if err != nil {
		return nil, &stage.UsageError{Msg: "-o " + format + ": " + err.Error()}
	}
	return mk, nil
}

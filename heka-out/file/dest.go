package file

import (
	"path/filepath"
	"strings"

	"heka/lib/encode"
	"heka/lib/stage"
	"heka/lib/target"
)

// formatHeka is the name of records; in files they stand in blocks.
const formatHeka = "heka"

// formatPayload is the name of payloads as they are: of what an encoder in Lua makes.
const formatPayload = "payload"

// endings has the format that the ending of a file's name asks for.
var endings = map[string]string{
	".heka": formatHeka, ".json": "json", ".jsonl": "json", ".ndjson": "json",
	".csv": "csv", ".tsv": "tsv", ".log": "text", ".txt": "text", ".logfmt": "logfmt",
}

// How bytes are packed before they are written.
const (
	packNone   = ""
	packBlocks = "blocks"
	packGzip   = ".gz"
	packZstd   = ".zst"
)

// dest is a destination that was checked: a path, or a template of paths.
type dest struct {
	env    *stage.Env
	opt    *options
	name   string
	format string
	pack   string

	root     string           // of a template: the directory that its own text names
	template *encode.Template // nil: name is a path

	header func() encode.Encoder // encoders of an empty file; nil: records
	more   func() encode.Encoder // of a file that has something in it already
}

func newDest(env *stage.Env, o *options, name string) (*dest, error) {
	d := &dest{env: env, opt: o, name: name}
	if strings.Contains(name, "://") {
		return nil, &stage.UsageError{
			Msg: "no way to " + name, Hint: "DEST is '-', a path, or a template of paths",
		}
	}
	if name == "" || strings.HasSuffix(name, "/") {
		return nil, &stage.UsageError{
			Msg: "DEST is a directory, not a file: " + name, Hint: "name a file in it",
		}
	}
	if err := d.choose(); err != nil {
		return nil, err
	}
	if strings.ContainsRune(name, '%') {
		t, err := encode.ParseTemplate(name, env.Location())
		if err != nil {
			return nil, &stage.UsageError{Msg: err.Error()}
		}
		d.template, d.root = t, literalDir(name)
	}
	var err error
	if d.header, err = newEncoder(env, d.format, true); err == nil {
		d.more, err = newEncoder(env, d.format, false)
	}
	return d, err
}

// literalDir returns the directory that the text of a template names before its
// first part that a message fills in: with a slash behind it, or empty.
func literalDir(name string) string {
	head := name[:strings.IndexAny(name, `%\`)]
	return head[:strings.LastIndexByte(head, '/')+1]
}

// choose finds the format and the packing: what -o says, or the name's ending.
func (d *dest) choose() error {
	base := d.name
	for _, p := range []string{packGzip, packZstd} {
		if s, ok := strings.CutSuffix(base, p); ok {
			base, d.pack = s, p
			break
		}
	}
	known := endings[filepath.Ext(base)]
	if d.format = d.env.Format; d.format == "" {
		d.format = known
	}
	switch {
	case d.format == "" && d.pack != packNone:
		return &stage.UsageError{
			Msg:  "which format is " + d.name + "? its name does not say",
			Hint: "give -o FORMAT, or a name like out.json" + d.pack,
		}
	case d.format == "":
		d.format = formatHeka
	case d.format == "protobuf":
		return &stage.UsageError{
			Msg: "-o protobuf goes to stdout", Hint: "heka-out -o protobuf > " + d.name,
		}
	case d.format == "table":
		return &stage.UsageError{
			Msg: "-o table is for a terminal", Hint: "to a file, write text or csv",
		}
	}
	if d.format == formatHeka && d.pack != packNone {
		return &stage.UsageError{
			Msg:  "a capture is compressed by itself: " + d.name,
			Hint: "give a name in .heka, and --compress",
		}
	}
	if d.pack != packNone && d.opt.compress == "none" {
		return &stage.UsageError{
			Msg:  "--compress none, but the name ends in " + d.pack,
			Hint: "leave one of the two out",
		}
	}
	if d.format == formatHeka {
		d.pack = packBlocks
	}
	return nil
}

// packer returns a new packer; nil if bytes are written as they are.
func (d *dest) packer() target.Packer {
	switch d.pack {
	case packBlocks:
		return target.NewBlocks(d.opt.level)
	case packGzip:
		return target.NewGzip(d.opt.level)
	case packZstd:
		return target.NewZstd(d.opt.level)
	}
	return nil
}

// fileOptions returns the options of the files of d.
func (d *dest) fileOptions() target.FileOptions {
	o := target.FileOptions{
		Perm: d.opt.perm, Truncate: d.opt.truncate, Mkdir: d.opt.mkdir || d.template != nil,
	}
	if d.pack == packNone && d.format != formatPayload {
		o.Lines = true
		if d.format == "json" || d.format == "logfmt" { // no newline but at a line's end
			o.Whole = target.Lines
		}
	}
	return o
}

// stage returns the stages: for one file, lanes that render and pack full batches,
// and the sink behind them; for many files the sink alone.
func (d *dest) stage() stage.Stage {
	s := newSink(d)
	if d.template != nil || encode.Ordered(d.format) {
		return s
	}
	lanes := stage.NewParallel(func() stage.Lane { return newLane(d) })
	return stage.Chain{ticking{lanes, s}, s}
}

// ticking is lanes in front of a sink that wants ticks: those of the messages'
// timestamps must come in before there are messages no more.
type ticking struct {
	stage.Parallel
	sink *sink
}

// Every implements stage.Ticking.
func (t ticking) Every() int64 { return t.sink.Every() }

// Package flood is heka-flood: messages in bulk, good ones and, if asked for, bad
// ones.
//
// Messages are made once, in pages; a batch is a copy of a page in which each
// record gets a uuid and a timestamp of its own.
package flood

import (
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/delivery"
	"heka/lib/frame"
	"heka/lib/near"
	"heka/lib/stage"
	"heka/lib/target"
	"heka/lib/when"
)

//go:embed README.md
var doc string

// Kind is heka-flood.
var Kind = stage.Kind{Name: "flood", Doc: doc, New: declare}

type flags struct {
	count           int64
	rate, size      string
	variable, ascii bool
	fields          int
	types           []string
	corrupt, over   float64
	framing         string
	signer          string
	hash            string
	keyFile         string
	seed            uint64
	start           string
	to              string
	perSecond       float64
	bytes           int
	startAt         int64
	signerName      string
	signerVersion   uint32
	signerHash      frame.Hash
}

const (
	framingRecords  = "heka"
	framingProtobuf = "heka-protobuf"

	maxFields = 1000
	maxTypes  = 1000
)

func declare(fs *pflag.FlagSet) stage.Make {
	f := &flags{}
	fs.Int64Var(&f.count, "count", 0, "make `N` messages (0: go on until interrupted)")
	fs.StringVar(&f.rate, "rate", "", "so many: `N`, or N/s, N/m, N/h; otherwise as fast as can be")
	fs.StringVar(&f.size, "size", "1000", "payload of `BYTES`, as in 1000, 4KiB, 1MB")
	fs.BoolVar(&f.variable, "variable-size", false, "payloads of 1 byte to twice --size")
	fs.BoolVar(&f.ascii, "ascii", false, "payloads of printable characters, not of any bytes")
	fs.IntVar(&f.fields, "fields", 0, "`N` fields in each: text, int, float, bool in turn")
	fs.StringSliceVar(&f.types, "types", []string{"hekabench"}, "`TYPES` of the messages, in turn")
	fs.Float64Var(&f.corrupt, "corrupt", 0, "damage `PERCENT` of the records")
	fs.Float64Var(&f.over, "oversize", 0, "make `PERCENT` of the messages longer than --max-record")
	fs.StringVar(&f.framing, "framing", framingRecords,
		"`FRAMING` of the output: heka (records), or heka-protobuf (Mozilla's Heka)")
	fs.StringVar(&f.signer, "signer", "",
		"heka-protobuf: sign as `NAME_VERSION`, the key is in HEKA_SIGNER_KEY or --key-file")
	fs.StringVar(&f.hash, "signer-hash", "md5", "with --signer: `HASH` is md5, sha1 or sha256")
	fs.StringVar(&f.keyFile, "key-file", "", "with --signer: the key is what is in `FILE`")
	fs.Uint64Var(&f.seed, "seed", 0, "the same messages for the same `N` (0: others each time)")
	fs.StringVar(&f.start, "start", "",
		"timestamps from `TIME` on, 1 ms or what --rate says apart; otherwise the time of day")
	fs.StringVar(&f.to, "to", "",
		"to `TARGET`, not stdout: unix:PATH, tcp:HOST:PORT, '|COMMAND', a file or capture")
	return f.make
}

// raw reports whether what is made are bytes, not all of which are messages of
// ours.
func (f *flags) raw() bool {
	return f.framing != framingRecords || f.corrupt > 0 || f.over > 0
}

func (f *flags) make(env *stage.Env, args []string) (stage.Stage, error) {
	errs := append(f.check(env, args), f.parse(env)...)
	var to target.Target
	if f.to != "" {
		var err error
		opt := target.Options{Stdout: func() *os.File { return env.Stdout }}
		if to, err = target.Parse(f.to, opt); err != nil {
			errs = append(errs, &stage.UsageError{Msg: "--to: " + err.Error()})
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	seed := f.seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	all := stage.Chain{&source{
		flags: f, env: env, clock: when.Machine(), rng: rand.New(rand.NewPCG(seed, 0)),
		toStdout: to == nil,
	}}
	if to != nil {
		all = append(all, delivery.New(env, to))
	}
	return all, nil
}

// check finds mistakes that need no reading of texts.
func (f *flags) check(env *stage.Env, args []string) (errs []error) {
	mistake := func(bad bool, hint, format string, args ...any) {
		if bad {
			errs = append(errs, &stage.UsageError{Msg: fmt.Sprintf(format, args...), Hint: hint})
		}
	}
	if len(args) > 0 {
		mistake(true, "what to make is said by flags", "%q: no words are wanted", args[0])
	}
	mistake(f.count < 0, "", "--count %d: want 1 or more, or 0 for no end", f.count)
	mistake(f.fields < 0 || f.fields > maxFields, "", "--fields %d: want 0 to %d", f.fields, maxFields)
	mistake(!(f.corrupt >= 0 && f.corrupt <= 100), "", "--corrupt %g: want 0 to 100", f.corrupt)
	mistake(!(f.over >= 0 && f.over <= 100), "", "--oversize %g: want 0 to 100", f.over)
	mistake(len(f.types) == 0 || len(f.types) > maxTypes || slices.Contains(f.types, ""), "",
		"--types: want 1 to %d names with commas between", maxTypes)
	framings := []string{framingRecords, framingProtobuf}
	mistake(!slices.Contains(framings, f.framing), didYouMean(f.framing, framings),
		"--framing %s: want %s", f.framing, strings.Join(framings, " or "))
	mistake(f.signer != "" && f.framing == framingRecords, "add --framing heka-protobuf",
		"--signer is of Mozilla's framing")
	mistake(f.signer == "" && f.keyFile != "", "add --signer NAME_VERSION",
		"--key-file is the key of a signer")
	mistake(f.signer != "" && f.keyFile == "" && os.Getenv(keyVariable) == "",
		"put it into "+keyVariable+" or a --key-file", "there is no key to sign with")
	formatted := env.Format != "" && env.Format != "heka"
	mistake(formatted && f.to != "", "leave one of them out",
		"-o %s is of stdout, and --to takes records", env.Format)
	mistake(formatted && f.raw(), "leave one of them out",
		"-o %s shows messages, and --corrupt, --oversize and --framing make bytes that are none",
		env.Format)
	return errs
}

// parse reads the texts of the flags.
func (f *flags) parse(env *stage.Env) (errs []error) {
	add := func(err error) {
		if err != nil {
			errs = append(errs, &stage.UsageError{Msg: err.Error()})
		}
	}
	var err error
	f.perSecond, err = parseRate(f.rate)
	add(err)
	f.bytes, err = parseSize(f.size)
	add(err)
	most := maxRecord(env) - 1024 - f.fields*fieldRoom
	if f.variable {
		most /= 2
	}
	if err == nil && f.bytes > most {
		add(fmt.Errorf("--size %s: with --max-record as it is, %d bytes fit", f.size, max(0, most)))
	}
	if f.start != "" {
		f.startAt, err = when.Parse(f.start, time.Now(), env.Location())
		if err != nil {
			add(fmt.Errorf("--start %w", err))
		}
	}
	if f.signer != "" {
		f.signerName, f.signerVersion, err = parseSigner(f.signer)
		add(err)
	}
	if f.signerHash, err = frame.ParseHash(f.hash); err != nil {
		add(fmt.Errorf("--signer-hash: %w", err))
	}
	return errs
}

func didYouMean(word string, names []string) string {
	if n := near.Word(word, names); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}

// maxRecord returns the longest message that is not oversize.
func maxRecord(env *stage.Env) int {
	if env.MaxRecord > 0 {
		return env.MaxRecord
	}
	return frame.DefaultMaxRecord
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"heka/lib/oracle"
)

// writing is what the flags of write say.
type writing struct {
	dir, name, ledger string
	files             int
	seed              uint64
	rotate            []string
	every, rate       string
	plan              oracle.Plan
	rotation          oracle.Rotation
}

func writeCommand() *cobra.Command {
	o := &writing{}
	c := &cobra.Command{
		Use:                   "write --ledger FILE [FLAGS]",
		Short:                 "write lines to files and rotate them",
		DisableFlagsInUseLine: true,
		Example:               "  heka-oracle write --dir logs --rotate create,copy --every 100ms --for 10s --ledger led --seed 7",
		Args:                  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c.Flags().Changed("seed")); err != nil {
				return usageError{err}
			}
			return o.run(c.Context())
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.ledger, "ledger", "", "append what is written to `FILE`, behind what it has already")
	fs.StringVar(&o.dir, "dir", ".", "write to files in `DIR`, which is made if need be")
	fs.StringVar(&o.name, "name", "app.log", "`NAME` of the file")
	fs.IntVar(&o.files, "files", 1, "write `N` files at once, NAME with a number before its ending")
	fs.Uint64Var(&o.seed, "seed", 0, "the same lines for the same `N` (0: others each time; stderr says which)")
	fs.Int64Var(&o.plan.Lines, "lines", 0, "stop after `N` lines in each file")
	fs.DurationVar(&o.plan.For, "for", 0, "stop after `DURATION`")
	fs.StringVar(&o.rate, "rate", "",
		"write so much to each file: `N` lines a second, or 10MB; otherwise as fast as it goes")
	fs.StringSliceVar(&o.rotate, "rotate", nil, "rotate in these `WAYS` in turn: "+strings.Join(oracle.Hows(), ", "))
	fs.StringVar(&o.every, "every", "1s",
		"rotate each `TIME`, as in 100ms; so often a second, as in 10/s; or behind so many lines, as in 500")
	fs.IntVar(&o.rotation.Keep, "keep", 0, "let `N` rotated files stay (0: all)")
	fs.StringVar(&o.rotation.Pack, "compress", "", "compress rotated files to `FORMAT`: gz, zst, xz")
	fs.BoolVar(&o.rotation.Delay, "delay", false, "with --compress: leave one until the next rotation")
	return c
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%q is too much", args[0])}
	}
	return nil
}

// check makes sense of the flags, and finds all mistakes in them.
func (o *writing) check(seeded bool) error {
	var errs []error
	if o.ledger == "" {
		errs = append(errs, errors.New("--ledger is missing"))
	}
	if o.files < 1 || o.plan.Lines < 0 || o.plan.For < 0 {
		errs = append(errs, errors.New("--files, --lines and --for must not be negative"))
	}
	if strings.ContainsRune(o.name, '/') || o.name == "" {
		errs = append(errs, fmt.Errorf("--name %q is no name of a file", o.name))
	}
	if err := oracle.CheckPack(o.rotation.Pack); err != nil {
		errs = append(errs, fmt.Errorf("--compress: %w", err))
	}
	for _, name := range o.rotate {
		how, err := oracle.ParseHow(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("--rotate: %w", err))
		}
		o.rotation.Hows = append(o.rotation.Hows, how)
	}
	if err := o.parseEvery(); err != nil {
		errs = append(errs, err)
	}
	if err := o.parseRate(); err != nil {
		errs = append(errs, err)
	}
	if !seeded || o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	return errors.Join(errs...)
}

func (o *writing) parseEvery() error {
	if n, err := strconv.ParseInt(o.every, 10, 64); err == nil && n > 0 {
		o.plan.EveryLines = n
		return nil
	}
	var err error
	if per, ok := strings.CutSuffix(o.every, "/s"); ok {
		n, perr := strconv.ParseFloat(per, 64)
		o.plan.Every, err = time.Duration(float64(time.Second)/n), perr
	} else {
		o.plan.Every, err = time.ParseDuration(o.every)
	}
	if err != nil || o.plan.Every <= 0 {
		return fmt.Errorf("--every %q is neither a time, as in 100ms, nor a number", o.every)
	}
	return nil
}

func (o *writing) parseRate() error {
	if o.rate == "" {
		return nil
	}
	unit := 0.0
	num := o.rate
	for suffix, n := range map[string]float64{"kB": 1e3, "MB": 1e6, "GB": 1e9} {
		if s, ok := strings.CutSuffix(o.rate, suffix); ok {
			num, unit = s, n
		}
	}
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || !(n > 0) {
		return fmt.Errorf("--rate %q is neither lines a second, as in 1000, nor bytes, as in 10MB", o.rate)
	}
	if unit > 0 {
		o.plan.Bytes = n * unit
	} else {
		o.plan.Rate = n
	}
	return nil
}

// paths returns the names of the files.
func (o *writing) paths() []string {
	if o.files == 1 {
		return []string{filepath.Join(o.dir, o.name)}
	}
	var all []string
	ext := filepath.Ext(o.name)
	for n := range o.files {
		name := fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(o.name, ext), n+1, ext)
		all = append(all, filepath.Join(o.dir, name))
	}
	return all
}

// run writes, until the plan is done or a signal comes: then lines are ended.
func (o *writing) run(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	l, err := oracle.OpenLedger(o.ledger)
	if err != nil {
		return err
	}
	errs := make(chan error)
	for _, path := range o.paths() {
		go func() { errs <- o.runFile(ctx, l, path) }()
	}
	for range o.paths() {
		if e := <-errs; e != nil {
			stop()
			err = errors.Join(err, e)
		}
	}
	fmt.Fprintf(os.Stderr, "heka-oracle: seed %d, %d lines in the ledger\n", o.seed, l.Wrote())
	return errors.Join(err, l.Close())
}

// runFile writes one file.
func (o *writing) runFile(ctx context.Context, l *oracle.Ledger, path string) error {
	w, err := oracle.NewWriter(l, path, o.seed)
	if err != nil {
		return err
	}
	var r *oracle.Rotator
	if len(o.rotation.Hows) > 0 {
		if r, err = oracle.NewRotator(w, o.rotation); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return errors.Join(o.plan.Run(ctx, w, r), w.Close())
}

// Package sample lets some messages through, chosen by their uuids: a message that
// is chosen once is always chosen.
package sample

import (
	_ "embed"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"heka/heka-filter/internal/words"
	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// maxRows bounds a sample of so many messages.
const maxRows = 1_000_000

// Kind is the verb sample.
var Kind = stage.Kind{
	Name: "sample",
	Doc:  doc,
	Args: "1/N | P% | N [every DURATION]",
	New: func(*pflag.FlagSet) stage.Make {
		return func(env *stage.Env, args []string) (stage.Stage, error) {
			w, err := words.Parse("sample", args, words.Every)
			if err != nil {
				return nil, err
			}
			if len(w.Args) == 0 {
				return nil, w.Missing("how much", "such as 1/100, 10% or 100")
			}
			if err := w.AtMost(1); err != nil {
				return nil, err
			}
			word := w.Args[0]
			if !strings.ContainsAny(word, "/%") {
				n, err := w.Count(word, maxRows)
				if err != nil {
					return nil, err
				}
				return newReservoir(env, n, w.Every), nil
			}
			share, err := parseShare(w, word)
			if err != nil {
				return nil, err
			}
			if w.Every > 0 {
				return nil, w.Mistake("every", "a share has no windows", "name a number, such as 100")
			}
			return stage.Select(func() func(*msg.View) bool { return share.has }), nil
		}
	},
}

// share is the largest hash of the messages that are chosen.
type share uint64

func (s share) has(m *msg.View) bool { return hash(m) <= uint64(s) }

// parseShare reads 1/N or P%.
func parseShare(w *words.Words, word string) (share, error) {
	if p, ok := strings.CutSuffix(word, "%"); ok {
		f, err := strconv.ParseFloat(p, 64)
		switch {
		case err != nil || f != f:
			return 0, w.Mistake(word, "this is no percentage", "such as 10%")
		case f <= 0 || f > 100:
			return 0, w.Mistake(word, "the percentage is out of range", "above 0%, up to 100%")
		case f == 100:
			return math.MaxUint64, nil
		}
		return share(f / 100 * (1 << 64)), nil
	}
	one, n, _ := strings.Cut(word, "/")
	if one != "1" {
		return 0, w.Mistake(word, "a share is one in so many", "such as 1/100, or 10%")
	}
	of, err := strconv.ParseUint(n, 10, 63)
	if err != nil || of == 0 {
		return 0, w.Mistake(word, "this is no share", "such as 1/100, or 10%")
	}
	return share(math.MaxUint64 / of), nil
}

// hash spreads the uuid of m evenly over 64 bits, after the finalizer of
// MurmurHash3.
func hash(m *msg.View) uint64 {
	u := m.Uuid()
	h := binary.BigEndian.Uint64(u)*0x9e3779b97f4a7c15 ^ binary.BigEndian.Uint64(u[8:])
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Package rotation knows the names that log files are given when they are rotated.
//
// [Of] tells which file a name may be a rotation of: access.log for access.log.1,
// access.log-20261122.gz and access-2026-11-22.log, as logrotate, savelog, and the
// loggers that rotate their files themselves write them. [Compare] orders the files of
// one such family from the oldest to the newest.
package rotation

import (
	"cmp"
	"slices"
	"strings"
)

// Name is a name taken apart. What it says of the age of its file stands in at
// most one of Number and Date.
type Name struct {
	Base   string // the name of the file in use; the name itself if it is no rotation
	Number int    // of access.log.2: the higher, the older; -1 if there is none
	Date   string // of access.log-20261122: digits alone; empty if there is none
	Packed bool   // it ends as names of compressed files do
}

// packings are the endings of compressed files.
var packings = []string{".gz", ".zst", ".xz"}

// words are what else stands behind the name of a file that was put aside.
var words = []string{"old", "bak", "prev", "save", "orig"}

// Of takes apart name, which has no directory.
func Of(name string) Name {
	n := Name{Base: name, Number: -1}
	rest := name
	for _, p := range packings {
		if s, ok := strings.CutSuffix(rest, p); ok && s != "" {
			rest, n.Packed = s, true
			break
		}
	}
	if n.suffix(rest) || n.middle(rest) {
		return n
	}
	if n.Packed { // access.log.gz, beside access.log
		n.Base = rest
	}
	return n
}

// suffix takes apart a name whose age stands at its end.
func (n *Name) suffix(s string) bool {
	for _, w := range words {
		if base, ok := strings.CutSuffix(s, w); ok && len(base) > 1 && base[len(base)-1] == '.' {
			n.Base = base[:len(base)-1]
			return true
		}
	}
	if base, ok := strings.CutSuffix(s, "~"); ok && base != "" {
		n.Base = base
		return true
	}
	return n.dated(s, "")
}

// dated takes apart a name that ends with a number or a date, behind which ext
// stood: the longest that makes sense.
func (n *Name) dated(s, ext string) bool {
	at := len(s)
	for at > 0 && isDateByte(s[at-1]) {
		at--
	}
	for at = max(at, 2); at < len(s); at++ {
		if isDigit(s[at]) && isSep(s[at-1]) && n.age(s[at:], s[:at-1], ext) {
			return true
		}
	}
	return false
}

// middle takes apart a name whose date stands before its extension, as in
// access-2026-11-22.log. A number there is part of the name: worker-2.log is no
// rotation of worker.log.
func (n *Name) middle(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return dot > 2 && n.dated(s[:dot], s[dot:])
}

// minDate is how many digits make a date: 20261122, or seconds since 1970.
const minDate = 6

// age takes text as what tells the age of a rotation of base+ext.
func (n *Name) age(text, base, ext string) bool {
	d := digits(text)
	if len(d) >= minDate {
		n.Base, n.Date = base+ext, d
		return true
	}
	if len(d) != len(text) || ext != "" {
		return false
	}
	n.Base, n.Number = base, 0
	for _, c := range []byte(d) {
		n.Number = 10*n.Number + int(c-'0')
	}
	return true
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSep(c byte) bool { return c == '.' || c == '-' || c == '_' }

// isDateByte reports whether c stands in dates and times.
func isDateByte(c byte) bool {
	return isDigit(c) || isSep(c) || c == 'T' || c == ':' || c == '+'
}

// Age is what there is to order a family by.
type Age struct {
	Name        Name
	Base        bool  // it is the file in use
	Born, Mtime int64 // nanoseconds since 1970 UTC; Born is 0 if unknown
	Unpacked    bool  // its bytes are as they were written, so that Born counts
	FirstSeen   int   // the look that found it while we watched; 0: it was there before
	Aside       int   // the first look that found it put aside; 0: none
	InUse       int   // the last look that found it in use; 0: none
}

// before reports whether a was put aside already when b was in use.
func (a *Age) before(b *Age) bool { return a.Aside > 0 && a.Aside <= b.InUse }

// bornApart reports whether the times of birth tell which of a and b is older.
func (a *Age) bornApart(b *Age) bool {
	return a.Unpacked && b.Unpacked && a.Born != b.Born && a.Born != 0 && b.Born != 0
}

// Compare orders the files of one family, the oldest first. The file in use is the
// newest. What was seen to appear came in that order, or else in that of birth. Names tell for others; and if
// they do not, which was put aside when the other was in use; the time of birth of files
// that were written where they are; or else that of the last write. A family has one way to count, which Rising finds out.
func Compare(a, b Age, rising bool) int {
	switch {
	case a.Base != b.Base:
		if b.Base {
			return -1
		}
		return 1
	case a.FirstSeen != b.FirstSeen && a.FirstSeen > 0 && b.FirstSeen > 0 && a.Unpacked && b.Unpacked:
		return cmp.Compare(a.FirstSeen, b.FirstSeen)
	case a.FirstSeen > 0 && b.FirstSeen > 0 && a.bornApart(&b):
		return cmp.Compare(a.Born, b.Born)
	case a.Name.Date != b.Name.Date && a.Name.Date != "" && b.Name.Date != "":
		return cmp.Compare(a.Name.Date, b.Name.Date)
	case a.Name.Number != b.Name.Number && a.Name.Number >= 0 && b.Name.Number >= 0:
		if rising {
			return cmp.Compare(a.Name.Number, b.Name.Number)
		}
		return cmp.Compare(b.Name.Number, a.Name.Number)
	case a.before(&b) != b.before(&a):
		if a.before(&b) {
			return -1
		}
		return 1
	case a.bornApart(&b):
		return cmp.Compare(a.Born, b.Born)
	}
	return cmp.Compare(a.Mtime, b.Mtime)
}

// Rising reports whether the numbers in the names of a family grow with time, which
// is not how logrotate counts: of three files or more that are as they were written,
// three in four of those next to each other were written last in that order.
func Rising(ages []Age) bool {
	var numbered []Age
	for _, a := range ages {
		if a.Name.Number >= 0 && !a.Base && a.Unpacked {
			numbered = append(numbered, a)
		}
	}
	if len(numbered) < 3 {
		return false
	}
	slices.SortFunc(numbered, func(a, b Age) int { return cmp.Compare(a.Name.Number, b.Name.Number) })
	up := 0
	for i := 1; i < len(numbered); i++ {
		if numbered[i].Mtime > numbered[i-1].Mtime {
			up++
		}
	}
	return 4*up >= 3*(len(numbered)-1)
}

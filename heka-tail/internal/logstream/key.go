package logstream

import (
	"fmt"
	"strconv"
	"strings"
)

// The groups whose texts have numbers without a translation. Monday is the first
// day, as it was in Heka.
const (
	monthName = "MonthName"
	dayName   = "DayName"
)

var months = [...]string{"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"}

var days = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

const (
	// missing is the text of a translation for a group that matched nothing.
	missing = "missing"
	// ifMissing is its number where there is no translation.
	ifMissing = -1
	// maxDigits bounds numbers, so that all of them fit, also when turned about.
	maxDigits = 18
)

// key is a group to order by, or several of one name.
type key struct {
	group      string
	groups     []int // their indexes in the expression
	descending bool
	numbers    map[string]int // the translation
}

// number gives the one to order by for what the group matched.
func (k *key) number(text string) (int, error) {
	low := strings.ToLower(text)
	if low == "" {
		low, text = missing, missing
	}
	if n, ok := k.numbers[low]; ok {
		return n, nil
	}
	// A translation of nothing but "missing" leaves other texts to what is below.
	if len(k.numbers) > 1 {
		//lint:ignore ST1005 the text of Heka
		return 0, fmt.Errorf("Value '%s' not found in translation map '%s'.", text, k.group)
	}
	switch k.group {
	case monthName:
		if n := named(low, months[:]); n >= 0 {
			return n + 1, nil
		}
		//lint:ignore ST1005 the text of Heka
		return 0, fmt.Errorf("Unable to locate month name: %s", text)
	case dayName:
		if n := named(low, days[:]); n >= 0 {
			return n, nil
		}
		//lint:ignore ST1005 the text of Heka
		return 0, fmt.Errorf("Unable to locate day name: %s", text)
	}
	if low == missing {
		return ifMissing, nil
	}
	return k.decimal(text)
}

// named is the index of the name that low is, or its first three letters; or -1.
func named(low string, names []string) int {
	for i, n := range names {
		if low == n || low == n[:3] {
			return i
		}
	}
	return -1
}

func (k *key) decimal(text string) (int, error) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("'%s' of group '%s' is no whole number; "+
				"give its number with --translate", text, k.group)
		}
	}
	digits := strings.TrimLeft(text, "0")
	if len(digits) > maxDigits {
		return 0, fmt.Errorf("'%s' of group '%s' has more than %d digits", text, k.group, maxDigits)
	}
	n, _ := strconv.Atoi("0" + digits)
	return n, nil
}

package anomaly

import (
	"errors"
	"strconv"
	"strings"
)

// Names of the algorithms.
const (
	roc           = "roc"
	mww           = "mww"
	nonparametric = "mww_nonparametric"
)

// spec is one test of Heka's anomaly_config:
//
//	roc("name", col, win, hwin, sd, loss_of_data, start_of_data)
//	mww("name", col, win, nwin, pvalue, decreasing|increasing|any)
//	mww_nonparametric("name", col, win, nwin, pstat)
type spec struct {
	algorithm string
	name      string // of the series
	col       int    // from 1
	win       int    // rows of a window
	hwin      int    // roc: rows of the history; 0: all
	nwin      int    // windows
	limit     float64
	loss      bool
	start     bool
	trend     string
}

var errConfig = errors.New("could not parse the anomaly_config")

// parseConfig reads specs that stand one behind the other. On an error, at is how far the
// text was read.
func parseConfig(text string) (all []*spec, at int, err error) {
	p := &parser{s: text}
	for p.space(); p.at < len(text); p.space() {
		s := p.spec()
		if p.failed {
			return nil, p.at, errConfig
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, 0, errConfig
	}
	return all, p.at, nil
}

// parser reads a text from left to right. Once failed it reads no further.
type parser struct {
	s      string
	at     int
	failed bool
}

func (p *parser) space() {
	for p.at < len(p.s) && strings.IndexByte(" \t\n\v\f\r", p.s[p.at]) >= 0 {
		p.at++
	}
}

// word reads text if it is next.
func (p *parser) word(text string) bool {
	if p.failed || !strings.HasPrefix(p.s[p.at:], text) {
		return false
	}
	p.at += len(text)
	return true
}

func (p *parser) want(text string) {
	if !p.word(text) {
		p.failed = true
	}
}

// oneOf reads one of words.
func (p *parser) oneOf(words ...string) string {
	for _, w := range words {
		if p.word(w) {
			return w
		}
	}
	p.failed = true
	return ""
}

func (p *parser) spec() *spec {
	s := &spec{algorithm: strings.TrimSuffix(p.oneOf(roc+"(", nonparametric+"(", mww+"("), "(")}
	s.name = p.name()
	s.col, s.win = p.whole(), p.whole()
	switch s.algorithm {
	case roc:
		s.hwin, s.limit = p.whole(), p.decimal(false)
		s.loss, s.start = p.truth(), p.truth()
	case mww:
		s.nwin, s.limit = p.whole(), p.decimal(false)
		p.comma()
		s.trend = p.oneOf("decreasing", "increasing", "any")
	case nonparametric:
		s.nwin, s.limit = p.whole(), p.decimal(true)
	}
	p.want(")")
	return s
}

// name reads a text in double quotes, in which two stand for one.
func (p *parser) name() string {
	p.want(`"`)
	var b strings.Builder
	for !p.failed {
		switch {
		case p.word(`""`):
			b.WriteByte('"')
		case p.word(`"`):
			p.failed = b.Len() == 0
			return b.String()
		case p.at == len(p.s):
			p.failed = true
		default:
			b.WriteByte(p.s[p.at])
			p.at++
		}
	}
	return ""
}

func (p *parser) comma() {
	p.want(",")
	p.space()
}

// digits reads at least one digit, and no more than a number can have here.
func (p *parser) digits() string {
	from := p.at
	for p.at < len(p.s) && p.s[p.at] >= '0' && p.s[p.at] <= '9' {
		p.at++
	}
	if p.at == from || p.at-from > 15 {
		p.failed = true
	}
	return p.s[from:p.at]
}

// whole reads a comma and a whole number.
func (p *parser) whole() int {
	p.comma()
	n, err := strconv.ParseInt(p.digits(), 10, 32)
	if err != nil {
		p.failed = true
	}
	return int(n)
}

// decimal reads a comma and digits, perhaps with a point and more of them; from 0 to 1 if
// it is a share.
func (p *parser) decimal(share bool) float64 {
	p.comma()
	from := p.at
	if d := p.digits(); share && d != "0" {
		p.failed = true
	}
	if p.word(".") {
		p.digits()
	}
	if p.failed {
		return 0
	}
	f, _ := strconv.ParseFloat(p.s[from:p.at], 64)
	return f
}

func (p *parser) truth() bool {
	p.comma()
	return p.oneOf("true", "false") == "true"
}

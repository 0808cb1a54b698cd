// Package syslog is the kind of heka-decode for syslog: RFC 5424, RFC 3164, and what
// programs and devices send in place of the latter.
package syslog

import (
	_ "embed"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"heka/lib/msg"
	"heka/lib/stage"
)

//go:embed README.md
var doc string

// Kind decodes syslog.
var Kind = stage.Kind{Name: "syslog", Doc: doc, NArgs: stage.NoArgs, New: declare}

// options are the flags of the kind.
type options struct {
	typ     string
	payload bool
}

func declare(fs *pflag.FlagSet) stage.Make {
	var o options
	fs.StringVar(&o.typ, "type", "syslog", "the messages' Type is `NAME`")
	fs.BoolVar(&o.payload, "keep-payload", false,
		"keep the whole line as the payload; the message is a field then")
	return func(env *stage.Env, args []string) (stage.Stage, error) {
		if len(args) > 0 {
			return nil, &stage.UsageError{Msg: "syslog takes no words, only flags"}
		}
		return stage.Map(env, "syslog", func() stage.Func {
			d := &decoder{options: o, typ: []byte(o.typ), loc: env.Location()}
			return d.decode
		}), nil
	}
}

// Why a line is not syslog.
var (
	errPriority  = errors.New("a bad priority: it is <0> to <191>")
	errNoSyslog  = errors.New("neither a priority nor a time of syslog at the start")
	errTimestamp = errors.New("RFC 5424: a bad timestamp")
	errHeader    = errors.New("RFC 5424: the header ends too soon")
	errData      = errors.New("RFC 5424: bad structured data")
)

// Fields of what the envelope has no place for.
var (
	keyFacility = msg.NewKey("facility")
	keyAppname  = msg.NewKey("appname")
	keyProcid   = msg.NewKey("procid")
	keyMsgid    = msg.NewKey("msgid")
	keyMessage  = msg.NewKey("message")
)

// facilities are the names of the facilities, as of syslog.conf and RFC 5424.
var facilities = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// decoder decodes one line after another. It is for one goroutine.
type decoder struct {
	options
	typ     []byte
	loc     *time.Location
	name    []byte // of a parameter's field
	scratch []byte // a parameter's value without escapes
}

// decode is a stage.Func, and the hot path.
func (d *decoder) decode(_ *msg.View, b *msg.Builder) error {
	s := trim(b.Payload)
	line := b.Payload
	pri, n := priority(s)
	if n < 0 {
		return errPriority
	}
	var text []byte
	var err error
	if n > 0 && len(s) > n+1 && s[n] == '1' && s[n+1] == ' ' {
		text, err = d.rfc5424(b, s[n+2:])
	} else {
		text, err = d.rfc3164(b, s[n:], n > 0)
	}
	if err != nil {
		return err
	}
	if n > 0 {
		b.Severity = int64(pri & 7)
		b.Key(keyFacility)
		b.String(facilities[pri>>3])
	}
	b.Type, b.Payload = d.typ, text
	if d.payload {
		b.Payload = line
		b.Key(keyMessage)
		b.Str(text)
	}
	return nil
}

// trim takes away the count of octets that RFC 6587 puts before a message on a
// stream, and what ends it there.
func trim(s []byte) []byte {
	i := 0
	for i < len(s) && i < 10 && s[i]-'0' <= 9 {
		i++
	}
	if i > 0 && i+1 < len(s) && s[i] == ' ' && s[i+1] == '<' {
		s = s[i+1:]
	}
	for n := len(s); n > 0 && (s[n-1] == '\r' || s[n-1] == '\n' || s[n-1] == 0); n-- {
		s = s[:n-1]
	}
	return s
}

// priority reads <PRI> at the start of s and returns the number of bytes it takes;
// 0 if there is none, a negative number if there is a bad one.
func priority(s []byte) (pri, n int) {
	if len(s) == 0 || s[0] != '<' {
		return 0, 0
	}
	i := 1
	for ; i < len(s) && i < 4 && s[i]-'0' <= 9; i++ {
		pri = pri*10 + int(s[i]-'0')
	}
	if i == 1 || i == len(s) || s[i] != '>' || pri > 191 {
		return 0, -1
	}
	return pri, i + 1
}

// program sets the logger and the field appname, if there is a name.
func program(b *msg.Builder, name []byte) {
	if len(name) == 0 {
		return
	}
	b.Logger = name
	b.Key(keyAppname)
	b.Str(name)
}

// process sets the pid, or the field procid to what is no number.
func process(b *msg.Builder, id []byte) {
	var n int64
	for _, c := range id {
		if c-'0' > 9 || len(id) > 18 {
			b.Key(keyProcid)
			b.Str(id)
			return
		}
		n = n*10 + int64(c-'0')
	}
	if len(id) > 0 {
		b.Pid = n
	}
}

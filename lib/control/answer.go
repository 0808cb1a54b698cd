package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Result is what came of a command.
type Result string

// The results.
const (
	Done       Result = "done"
	Refused    Result = "refused"    // by what the sender can mend: Text says why
	Failed     Result = "failed"     // by what the daemon's keepers can mend
	Unverified Result = "unverified" // the signature was not accepted: the answer has none either
)

// Answer is what a daemon says to a command.
type Answer struct {
	Result   Result
	Text     string // for a person; of a list, a line of JSON for each filter
	Hostname string // of the daemon
	Time     int64

	// Signed says that the daemon knows the key: the answer is its own, and to this
	// command.
	Signed bool
}

// ErrAnswer is returned for an answer that is not the daemon's: to another command, or
// with a signature that is wrong or missing.
var ErrAnswer = errors.New("the answer is not signed with the key")

// sum returns the signature of an answer to c.
func (a *Answer) sum(c *Command, secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	part(h, "heka control answer 1")
	part(h, c.Signer)
	number(h, int64(c.Version))
	part(h, c.Nonce[:])
	part(h, a.Result)
	part(h, a.Text)
	part(h, a.Hostname)
	number(h, a.Time)
	return h.Sum(nil)
}

// record returns the answer to c as a record of heka-frame(5), signed if the key of c
// is known.
func (a *Answer) record(c *Command) []byte {
	m := msg.Message{
		Timestamp: a.Time, Type: AnswerType, Logger: "hekad", Severity: msg.DefaultSeverity,
		Payload: a.Text, Hostname: a.Hostname,
		Fields: []msg.Field{
			{Name: "control.nonce", Value: hex.EncodeToString(c.Nonce[:])},
			{Name: "control.result", Value: string(a.Result)},
		},
	}
	rand.Read(m.Uuid[:])
	m.Uuid[6], m.Uuid[8] = m.Uuid[6]&0x0f|0x40, m.Uuid[8]&0x3f|0x80
	if c.key != nil {
		m.Fields = append(m.Fields, msg.Field{
			Name: "control.mac", Value: hex.EncodeToString(a.sum(c, c.key)),
		})
	}
	return m.Append(nil)
}

// framed returns a record in Heka's framing.
func framed(record []byte) []byte {
	v, err := msg.Parse(record[msg.HeaderSize:])
	if err != nil {
		panic("control: malformed record: " + err.Error())
	}
	return frame.AppendHeka(nil, &v, nil)
}

// open reads the answer to c that v is, and checks it with the key that signed c.
func open(v *msg.View, c *Command, secret []byte) (Answer, error) {
	a := Answer{
		Text: string(v.Payload()), Hostname: string(v.Hostname()), Time: v.Timestamp(),
	}
	if string(v.Type()) != AnswerType {
		return a, ErrAnswer
	}
	if r, ok := v.Field("control.result", 0); ok {
		a.Result = Result(r.Text())
	}
	mac, ok := v.Field("control.mac", 0)
	if !ok {
		if a.Result != Unverified {
			return a, ErrAnswer
		}
		return a, nil
	}
	got, err := unhex(mac)
	if err != nil || !hmac.Equal(got, a.sum(c, secret)) {
		return a, ErrAnswer
	}
	a.Signed = true
	return a, nil
}

package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"strings"

	"heka/lib/frame"
	"heka/lib/msg"
)

// Types of messages.
const (
	Type       = "heka.control.sandbox" // a command
	AnswerType = "heka.control.answer"  // what came of it, to the sender
	EventType  = "heka.control.event"   // the same, for everybody
)

// Actions of a command.
const (
	Load    = "load"
	Replace = "replace" // load in the place of the filter of that name, if there is one
	Unload  = "unload"
	List    = "list"
)

// Limits of a command, in bytes.
const (
	MaxScript = 1 << 20
	MaxConfig = 64 << 10
	maxName   = 256 // of names of all sorts
)

// Command is what somebody wants of a daemon.
type Command struct {
	Action string
	Name   string // of a filter, to unload it
	Config string // TOML of one filter, to load it
	Script string // its Lua source
	Target string // name of the daemon

	Signer  string
	Version uint32 // of the signer's key
	Nonce   [16]byte
	Time    int64 // when it was made, nanoseconds since 1970 UTC
	Expires int64 // when it ends to hold

	// Old says that it came from a client of Heka: without Target and Expires, and with
	// the uuid of the message as its Nonce, by which its answer is known.
	Old bool

	// From is the address that it came from, for logs. Nobody has signed it.
	From string

	mac   []byte
	key   []byte // that it was signed with, once that is known
	inner bool   // it has fields of a signature
}

// Key is a signer's key, with what is made of it.
type Key struct {
	Signer  string
	Version uint32
	Secret  []byte
	Hash    frame.Hash // SHA-256; the others are for daemons of Heka
}

// fields of a command, with where their texts go.
func (c *Command) text(name string) (to *string, max int) {
	switch name {
	case "action":
		return &c.Action, maxName
	case "name":
		return &c.Name, maxName
	case "config":
		return &c.Config, MaxConfig
	case "control.signer":
		return &c.Signer, maxName
	case "control.target":
		return &c.Target, maxName
	}
	return nil, 0
}

// parse reads a command. The error says what is wrong with it as a message; whether it
// may be carried out is another question.
func parse(v *msg.View) (*Command, error) {
	c := &Command{Time: v.Timestamp()}
	if t := string(v.Type()); t != Type {
		return c, fmt.Errorf("the message is of Type %.64q, not %s", t, Type)
	}
	if n := len(v.Payload()); n > MaxScript {
		return c, fmt.Errorf("the script is of %d bytes: %d are taken", n, MaxScript)
	}
	c.Script = string(v.Payload())
	seen := map[string]bool{}
	foreign := ""
	for it := v.Fields(); it.Next(); {
		name := string(it.Name)
		if seen[name] {
			return c, fmt.Errorf("field %.64q stands there twice", name)
		}
		if len(seen) >= 64 {
			return c, fmt.Errorf("more than 64 fields")
		}
		seen[name] = true
		known, err := c.field(name, it.Value)
		if err != nil {
			return c, err
		}
		if !known {
			foreign = name
		}
	}
	if !c.inner {
		copy(c.Nonce[:], v.Uuid())
		c.Old = true
		return c, nil
	}
	for _, name := range signature {
		if !seen[name] {
			return c, fmt.Errorf("field %s is missing", name)
		}
	}
	if foreign != "" {
		return c, fmt.Errorf("field %.64q is not among those that are signed", foreign)
	}
	return c, nil
}

// signature has the fields without which a command is not signed.
var signature = []string{
	"control.signer", "control.key_version", "control.target", "control.nonce",
	"control.expires", "control.mac",
}

// field takes over one field; known is false if a command has none of that name.
func (c *Command) field(name string, v msg.Value) (known bool, err error) {
	c.inner = c.inner || strings.HasPrefix(name, "control.")
	if to, most := c.text(name); to != nil {
		text := v.Text()
		if k := v.Kind(); k != msg.String && k != msg.Bytes || len(text) > most {
			return true, fmt.Errorf("field %s is no text of at most %d bytes", name, most)
		}
		*to = string(text)
		return true, nil
	}
	switch name {
	case "control.key_version", "control.expires":
		n := v.Int()
		if v.Kind() != msg.Int || n < 0 || name == "control.key_version" && n > math.MaxUint32 {
			return true, fmt.Errorf("field %s is no such number", name)
		}
		if name == "control.expires" {
			c.Expires = n
		} else {
			c.Version = uint32(n)
		}
	case "control.nonce", "control.mac":
		b, err := unhex(v)
		switch {
		case err == nil && name == "control.nonce" && len(b) == len(c.Nonce):
			copy(c.Nonce[:], b)
		case err == nil && name == "control.mac" && len(b) == sha256.Size:
			c.mac = b
		default:
			return true, fmt.Errorf("field %s is not of the right number of hex digits", name)
		}
	default:
		return false, nil
	}
	return true, nil
}

// unhex returns the bytes of a text of hex digits, which is not longer than a sum.
func unhex(v msg.Value) ([]byte, error) {
	text := v.Text()
	if v.Kind() != msg.String || len(text) > 2*sha256.Size {
		return nil, hex.ErrLength
	}
	return hex.AppendDecode(nil, text)
}

// part writes one part of what is signed: each has its length in front, so that no two
// rows of parts are one text.
func part[S ~string | []byte](h hash.Hash, s S) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

// number writes a number that is signed.
func number(h hash.Hash, n int64) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// sum returns the signature of c by a key.
func (c *Command) sum(secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	part(h, "heka control command 1")
	part(h, Type)
	part(h, c.Signer)
	number(h, int64(c.Version))
	part(h, c.Target)
	part(h, c.Action)
	part(h, c.Name)
	part(h, c.Config)
	part(h, c.Script)
	part(h, c.Nonce[:])
	number(h, c.Time)
	number(h, c.Expires)
	return h.Sum(nil)
}

// Seal signs c with k and returns it as a record of Heka's framing, to be sent. It sets
// what c has of the signature: Signer, Version, and a new Nonce. hostname is the
// sender's, for logs. With another hash than SHA-256 it makes what Heka's own client
// made, for daemons of Heka: for nobody in particular, and to be had again.
func (c *Command) Seal(k Key, hostname string) ([]byte, error) {
	s, err := frame.NewSigner(k.Signer, k.Version, k.Hash, k.Secret)
	if err != nil {
		return nil, err
	}
	c.Signer, c.Version, c.Old = k.Signer, k.Version, k.Hash != frame.HashSHA256
	var id [16]byte
	rand.Read(id[:])
	rand.Read(c.Nonce[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	if c.Old {
		c.Nonce = id
	}
	m := msg.Message{
		Uuid: id, Timestamp: c.Time, Type: Type, Logger: "hekad", Severity: msg.DefaultSeverity,
		Payload: c.Script, Hostname: hostname,
	}
	m.Fields = c.fields()
	if !c.Old {
		m.Fields = append(m.Fields, c.signed(k.Secret)...)
	}
	rec := m.Append(nil)
	v, err := msg.Parse(rec[msg.HeaderSize:])
	if err != nil {
		return nil, err
	}
	return frame.AppendHeka(nil, &v, s), nil
}

// fields returns what is asked, as Heka's client has it.
func (c *Command) fields() []msg.Field {
	all := []msg.Field{{Name: "action", Value: c.Action}}
	if c.Name != "" {
		all = append(all, msg.Field{Name: "name", Value: c.Name})
	}
	if c.Config != "" {
		all = append(all, msg.Field{Name: "config", Value: c.Config, Rep: "toml"})
	}
	return all
}

// signed returns the fields of the signature.
func (c *Command) signed(secret []byte) []msg.Field {
	return []msg.Field{
		{Name: "control.signer", Value: c.Signer},
		{Name: "control.key_version", Value: int64(c.Version)},
		{Name: "control.target", Value: c.Target},
		{Name: "control.nonce", Value: hex.EncodeToString(c.Nonce[:])},
		{Name: "control.expires", Value: c.Expires},
		{Name: "control.mac", Value: hex.EncodeToString(c.sum(secret))},
	}
}

package control

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"heka/lib/frame"
	"heka/lib/msg"
)

// DefaultWindow is how far the clock of a sender may be off, or a command be under way.
const DefaultWindow = time.Minute

// oldSkew is Heka's own.
const oldSkew = 5 * time.Second

// Gate admits commands. Its members are set before it is used, and not changed; then
// any number of goroutines may use it.
type Gate struct {
	Keys    func() (frame.Keys, error) // of all signers, as they are now
	Signers []string                   // whose commands are admitted
	Targets []string                   // names of this daemon, the first its own; case does not matter
	Window  time.Duration              // 0: DefaultWindow
	Old     []frame.Hash               // of Heka's clients that are admitted; nil: none are
	Nonces  *Nonces
	Now     func() time.Time // nil: time.Now
}

// Framing is what was seen of a signature in Heka's framing, and found right.
type Framing struct {
	Signer  string // empty: there was none
	Version uint32
	Hash    frame.Hash
}

// Refusal is why a command is not admitted.
type Refusal struct {
	// Verified says that the signature is right, so that the sender may hear Why. All
	// others are told no more than that it is not.
	Verified bool
	// Failed says that it is the daemon's keepers who can mend it.
	Failed bool
	Why    string
}

func (r *Refusal) Error() string { return r.Why }

// Result returns what an answer has of it.
func (r *Refusal) Result() Result {
	switch {
	case !r.Verified:
		return Unverified
	case r.Failed:
		return Failed
	}
	return Refused
}

// refusedSignature is what senders hear whose signature is not right.
const refusedSignature = "the signature was not accepted: the daemon's log says why"

func unverified(format string, args ...any) *Refusal {
	return &Refusal{Why: fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) *Refusal {
	return &Refusal{Verified: true, Why: fmt.Sprintf(format, args...)}
}

// Admit reads the command that v is, with what was seen of it in Heka's framing. When it
// returns nil the command is to be carried out, now or never: it will not be admitted
// again. The Command is there also with a Refusal, as far as it was understood.
func (g *Gate) Admit(v *msg.View, f Framing) (*Command, *Refusal) {
	c, err := parse(v)
	if err != nil {
		return c, unverified("%v", err)
	}
	if c.Old {
		return c, g.old(c, v, f)
	}
	if why := g.verify(c); why != nil {
		return c, why
	}
	now, window := g.now(), g.window()
	made, ends := time.Unix(0, c.Time), time.Unix(0, c.Expires)
	end := made.Add(window)
	if ends.Before(end) {
		end = ends
	}
	switch {
	case !slices.Contains(g.Signers, c.Signer):
		return c, refused("signer %q may not control this daemon", c.Signer)
	case !g.isTarget(c.Target):
		return c, refused("it is for %q, and this daemon is %q", c.Target, g.hostname())
	case made.After(now.Add(window)) || now.After(made.Add(window)):
		return c, refused("its time is %v away from the daemon's clock: %v is allowed",
			now.Sub(made).Abs().Round(time.Second), window)
	case now.After(ends):
		return c, refused("it ended to hold %v ago", now.Sub(ends).Round(time.Millisecond))
	}
	h := sha256.New()
	part(h, "heka control nonce 1")
	part(h, c.Signer)
	part(h, c.Nonce[:])
	return c, g.take(ID(h.Sum(nil)), end, now)
}

// verify checks the signature.
func (g *Gate) verify(c *Command) *Refusal {
	keys, err := g.Keys()
	if err != nil {
		return unverified("the keys can't be read: %v", err)
	}
	key, known := keys[fmt.Sprintf("%s_%d", c.Signer, c.Version)]
	// The time that it takes does not tell whether there is such a signer.
	right := hmac.Equal(c.sum(key), c.mac)
	switch {
	case !known || len(key) == 0:
		return unverified("there is no key %.64q of version %d", c.Signer, c.Version)
	case !right:
		return unverified("it is not signed with the key %.64q of version %d", c.Signer, c.Version)
	}
	c.key = key
	return nil
}

// old admits a command of a client of Heka, by Heka's rules, once.
func (g *Gate) old(c *Command, v *msg.View, f Framing) *Refusal {
	if f.Signer == "" {
		return unverified("it is not signed")
	}
	c.Signer, c.Version = f.Signer, f.Version
	switch {
	case len(g.Old) == 0:
		return unverified("it is signed as Heka did, and that is not allowed here: old_hmac")
	case !slices.Contains(g.Old, f.Hash):
		return unverified("it is signed as Heka did with %v, and that is not allowed here: old_hmac",
			f.Hash)
	}
	if keys, err := g.Keys(); err == nil {
		c.key = keys[fmt.Sprintf("%s_%d", c.Signer, c.Version)]
	}
	if !slices.Contains(g.Signers, c.Signer) {
		return refused("signer %q may not control this daemon", c.Signer)
	}
	now := g.now()
	made := time.Unix(0, c.Time)
	if skew := now.Sub(made).Abs(); skew >= oldSkew {
		return refused("Discarded control message: %d seconds skew", int64(skew/time.Second))
	}
	h := sha256.New()
	part(h, "heka control message 1")
	h.Write(v.Body())
	return g.take(ID(h.Sum(nil)), made.Add(oldSkew), now)
}

// take notes that a command is taken.
func (g *Gate) take(id ID, end, now time.Time) *Refusal {
	switch err := g.Nonces.Take(id, end.UnixNano(), now.UnixNano()); err {
	case nil:
		return nil
	case ErrReplay, ErrTooOld, ErrTooMany:
		return refused("%v", err)
	default:
		return &Refusal{Verified: true, Failed: true, Why: err.Error()}
	}
}

func (g *Gate) isTarget(name string) bool {
	return slices.ContainsFunc(g.Targets, func(t string) bool {
		return t != "" && strings.EqualFold(t, name)
	})
}

func (g *Gate) hostname() string {
	if len(g.Targets) == 0 {
		return ""
	}
	return g.Targets[0]
}

func (g *Gate) window() time.Duration {
	if g.Window <= 0 {
		return DefaultWindow
	}
	return g.Window
}

func (g *Gate) now() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}

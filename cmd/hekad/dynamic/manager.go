package dynamic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/control"
	"heka/lib/frame"
	"heka/lib/msg"
	"heka/lib/stage"
)

// Daemon is what a Manager needs of the daemon; api.Daemon has it. An error that is the
// sender's is a *stage.UsageError, or several of them, joined.
type Daemon interface {
	Load(ctx context.Context, f api.Filter) error
	Unload(ctx context.Context, name string) error
}

// Manager carries out commands that come from elsewhere. It is a control.Handler. Any
// number of goroutines may use it.
type Manager struct {
	daemon Daemon
	store  *Store
	log    *slog.Logger
	gate   *control.Gate
	events events

	mu sync.Mutex // one command at a time
}

// noncesFile is the name of the file of control.Nonces, in the folder of the Store.
const noncesFile = "nonces"

// NewManager returns a Manager for the daemon that g configures: g.Control is the signer
// whose commands are taken, g.Keys the file with the keys, g.Hostname the name by which
// senders call the daemon, g.OldHmac which signatures of old clients are taken. log may
// be nil. Close must be called.
func NewManager(g *config.Global, s *Store, d Daemon, log *slog.Logger) (*Manager, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	switch {
	case g.Control == "":
		return nil, mistake("control = SIGNER", "no signer may control this daemon")
	case g.Keys == "":
		return nil, mistake("keys = FILE, with lines SIGNER_VERSION KEY",
			"control = %q needs the keys of signers", g.Control)
	}
	host, err := hostname(g)
	if err != nil {
		return nil, err
	}
	keys, err := control.OpenKeys(g.Keys)
	if err != nil {
		return nil, stage.Permanent{Err: err}
	}
	warnShort(keys, g.Control, log)
	old, err := hashes(g.OldHmac)
	if err != nil {
		return nil, err
	}
	nonces, err := control.OpenNonces(filepath.Join(s.path, noncesFile), time.Now(),
		2*control.DefaultWindow, log)
	if err != nil {
		return nil, err
	}
	return &Manager{daemon: d, store: s, log: log, gate: &control.Gate{
		Keys: keys.Keys, Signers: []string{g.Control}, Targets: []string{host},
		Old: old, Nonces: nonces,
	}}, nil
}

// hostname returns what senders call the daemon.
func hostname(g *config.Global) (string, error) {
	if g.Hostname != "" {
		return g.Hostname, nil
	}
	name, err := os.Hostname()
	if err == nil && name == "" {
		err = errors.New("the machine has no name: set hostname in [hekad]")
	}
	if err != nil {
		return "", fmt.Errorf("control: %w", err)
	}
	return name, nil
}

// shortKey is the length from which on nobody guesses a key.
const shortKey = 16

// warnShort says which keys of a signer can be guessed by who has seen what they signed.
func warnShort(f *control.KeyFile, signer string, log *slog.Logger) {
	keys, _ := f.Keys()
	for id, k := range keys {
		if at := strings.LastIndexByte(id, '_'); id[:at] == signer && len(k) < shortKey {
			log.Warn("control: this key can be guessed: head -c 32 /dev/urandom | base64 makes a better one",
				"key", id, "bytes", len(k))
		}
	}
}

// hashes returns those of these names, which are Heka's.
func hashes(names []string) ([]frame.Hash, error) {
	var all []frame.Hash
	for _, name := range names {
		h, err := frame.ParseHash(name)
		if err != nil || h == frame.HashSHA256 {
			return nil, mistake("", "old_hmac: %.40q is none of sha1 and md5", name)
		}
		all = append(all, h)
	}
	return all, nil
}

// Server returns a server of this Manager, for connections from outside.
func (m *Manager) Server() *control.Server {
	return &control.Server{Gate: m.gate, Handler: m, Log: m.log}
}

// Close gives up what the Manager has open. Nothing is taken any more.
func (m *Manager) Close() error { return m.gate.Nonces.Close() }

// Message has the command that v is carried out. It came over the bus; signer is who
// signed it in Heka's framing, as the listener found, and empty if nobody did. The
// answer is a message on the bus: see Stage.
//
// Only a signature that the command itself has counts. That of the framing is no more
// than a field of a message by now, and what decodes a log may have made that: commands
// of old clients are taken where they come in, by Server.
func (m *Manager) Message(ctx context.Context, v *msg.View, signer string) {
	answer, why := m.gate.Exchange(ctx, m, v, control.Framing{}, from(signer))
	if why == nil || why.Verified { // nobody waits for the others
		m.events.add(answer)
	}
}

// from says where a command came from that came over the bus.
func from(signer string) string {
	if signer == "" {
		return "bus"
	}
	return "bus, heka.signer " + strconv.Quote(clip(signer))
}

// Do implements control.Handler.
func (m *Manager) Do(ctx context.Context, c *control.Command) control.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, err := m.carryOut(ctx, c)
	a := control.Answer{Result: control.Done, Text: text}
	if err != nil {
		a.Result, a.Text = control.Failed, err.Error()
		if theirs(err) {
			a.Result = control.Refused
		}
	}
	m.tell(c, a.Result, a.Text)
	return a
}

// theirs reports whether an error is the sender's to mend.
func theirs(err error) bool {
	var usage *stage.UsageError
	var answer *api.Error
	return errors.As(err, &usage) || errors.As(err, &answer) && answer.Status < 500
}

// carryOut does what c says, and returns what there is to say.
func (m *Manager) carryOut(ctx context.Context, c *control.Command) (string, error) {
	switch c.Action {
	case control.Load, control.Replace:
		f, err := Submission(c.Config, c.Script)
		if err != nil {
			return "", err
		}
		c.Name = Name(f.Name) // for what is told of it
		f.Signer, f.Replace = c.Signer, c.Action == control.Replace
		if err := Check(f); err != nil {
			return "", err
		}
		if err := m.owns(f.Name, c.Signer); err != nil {
			return "", err
		}
		return "loaded " + Name(f.Name), m.daemon.Load(ctx, f)
	case control.Unload:
		if c.Name == "" {
			return "", mistake("", "unload: no name says which")
		}
		if _, ok := m.store.Get(c.Name); !ok {
			return "", m.store.Unknown(c.Name)
		}
		if err := m.owns(c.Name, c.Signer); err != nil {
			return "", err
		}
		return "unloaded " + Name(c.Name), m.daemon.Unload(ctx, Name(c.Name))
	case control.List:
		return m.list()
	}
	return "", mistake("load, replace, unload, list", "action %.40q is not known", c.Action)
}

// owns refuses to let a signer have what somebody else has loaded.
func (m *Manager) owns(name, signer string) error {
	if l, ok := m.store.Get(name); ok && l.Filter.Signer != signer {
		return mistake("", "%s was not loaded by %s", Name(name), signer)
	}
	return nil
}

// listed is what a list has of a filter.
type listedFilter struct {
	Name    string    `json:"name"`
	Match   string    `json:"match"`
	Every   string    `json:"every,omitempty"`
	Signer  string    `json:"signer,omitempty"`
	Since   time.Time `json:"since"`
	Problem string    `json:"problem,omitempty"`
}

// list returns a line of JSON for each filter.
func (m *Manager) list() (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range m.store.All() {
		f := l.Filter
		if err := enc.Encode(listedFilter{
			f.Name, f.Match, f.Every, f.Signer, l.Since.Truncate(time.Second), l.Problem,
		}); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// Refused implements control.Handler.
func (m *Manager) Refused(c *control.Command, why *control.Refusal) {
	m.tell(c, why.Result(), why.Why)
}

// tell says in the log and on the bus what came of a command. Neither has its script or
// its configuration in it.
func (m *Manager) tell(c *control.Command, result control.Result, text string) {
	if result == control.Done && c.Action == control.List {
		text = "listed"
	}
	missed := m.events.event(c, result, text, m.gate.Targets[0])
	level := slog.LevelInfo
	if result != control.Done {
		level = slog.LevelWarn
	}
	if missed < 0 {
		return // more than a person reads: it is counted
	}
	attrs := []any{
		"action", clip(c.Action), "signer", clip(c.Signer), "from", c.From, "result", result,
	}
	if name := clip(c.Name); name != "" {
		attrs = append(attrs, "filter", name)
	}
	if missed > 0 {
		attrs = append(attrs, "not_logged_before", missed)
	}
	m.log.Log(context.Background(), level, fmt.Sprintf("control: %s", text), attrs...)
}

// clip bounds a text that somebody else wrote.
func clip(text string) string {
	const most = 100
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

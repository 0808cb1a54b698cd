// Package transform makes stages of scripts that make messages of messages: decoders
// and encoders.
package transform

import (
	"context"
	"errors"
	"os"
	"time"

	"heka/lib/msg"
	"heka/lib/sandbox"
	"heka/lib/sandbox/asked"
	"heka/lib/stage"
	"heka/lib/wall"
)

// Transform is the stage of a decoder or an encoder.
//
// A decoder gives the message as write_message has left it, or else what was injected:
// the first injected message keeps the uuid, further ones have uuids that follow from
// it, and all have those headers of the message that the script does not set.
//
// An encoder gives the message with what it makes as the payload, for a sink that writes
// payloads; nothing where it injects nothing.
type Transform struct {
	env    *stage.Env
	script *sandbox.Script
	config sandbox.Config
	flags  *asked.Flags
	box    *sandbox.Sandbox
	kept   *sandbox.Kept // nil: the state is not kept
}

// saveEvery is how often the state is saved.
const saveEvery = int64(10 * time.Second)

// New returns the stage that runs s with c: one sandbox, for all messages in their
// order.
func New(env *stage.Env, s *sandbox.Script, c sandbox.Config, f *asked.Flags) *Transform {
	return &Transform{env: env, script: s, config: c, flags: f}
}

// Lanes returns the stage that runs s in lanes, each with a sandbox of its own: for
// scripts that remember nothing.
func Lanes(env *stage.Env, s *sandbox.Script, c sandbox.Config) stage.Parallel {
	return stage.Expand(env, c.Name, func() stage.Expander {
		box, run, err := newRun(s, c)
		if err != nil {
			return func(*msg.View, func(*msg.Builder)) error { return err }
		}
		_ = box
		return run
	})
}

// Wall implements wall.Walled for decoders; an encoder runs where the output is, with
// its files and its network.
func (t *Transform) Wall() wall.Wall {
	w := wall.Wall{Memory: wall.Room(t.config.Limits.Memory), Read: t.config.Dirs}
	if t.script.Path != "" {
		w.Read = append(w.Read, t.script.Path)
	}
	if t.flags.State != "" {
		w.Write = append(w.Write, t.flags.State)
	}
	return w
}

// Every implements stage.Ticking.
func (t *Transform) Every() int64 {
	if t.flags.State == "" {
		return 0
	}
	return saveEvery
}

// Run implements stage.Stage.
func (t *Transform) Run(ctx context.Context, in stage.Reader, out stage.Writer) error {
	c := t.config
	if name := t.flags.State; name != "" {
		kept, err := sandbox.OpenKept(name)
		if err != nil {
			return err
		}
		defer kept.Close()
		t.kept, c.State = kept, kept.State()
	}
	box, run, err := newRun(t.script, c)
	if err != nil {
		return err
	}
	defer box.Close()
	t.box = box
	lane := stage.Expand(t.env, c.Name, func() stage.Expander { return run })
	err = lane.Run(ctx, saver{in, t}, out)
	if t.flags.Explain {
		box.WriteProfile(os.Stderr)
	}
	if err == nil && t.kept != nil {
		err = t.kept.Save(box)
	}
	return err
}

// saver is the input of a Transform: it saves the state when a tick goes by.
type saver struct {
	stage.Reader
	t *Transform
}

func (s saver) Read() (*stage.Batch, error) {
	b, err := s.Reader.Read()
	if err == nil && b.Tick != 0 && !b.Live && s.t.kept != nil {
		err = s.t.kept.Save(s.t.box)
	}
	return b, err
}

// run is one sandbox and the message it is at.
type run struct {
	box  *sandbox.Sandbox
	emit func(*msg.Builder)
	m    *msg.View
	made int
	b    msg.Builder
	text []byte
}

// newRun makes a sandbox, and the function of one message that it is.
func newRun(s *sandbox.Script, c sandbox.Config) (*sandbox.Sandbox, stage.Expander, error) {
	r := &run{}
	decoder := c.Use == sandbox.Decoder
	if decoder {
		c.Inject = r.injected
	} else {
		c.Output = r.output
	}
	box, err := s.New(c)
	if err != nil {
		return nil, nil, stage.Permanent{Err: err}
	}
	r.box = box
	if decoder {
		return box, r.decode, nil
	}
	return box, r.encode, nil
}

func (r *run) process(m *msg.View, emit func(*msg.Builder)) (sandbox.Result, error) {
	r.m, r.emit, r.made, r.text = m, emit, 0, r.text[:0]
	res, err := r.box.Process(m)
	var broken *sandbox.Error
	if errors.As(err, &broken) {
		return res, stage.Permanent{Err: broken}
	}
	return res, err
}

func (r *run) decode(m *msg.View, emit func(*msg.Builder)) error {
	res, err := r.process(m, emit)
	switch {
	case err != nil:
		return err
	case res.Code < 0:
		return errors.New(res.String())
	case r.made == 0:
		r.b.Copy(r.box.Message(m))
		emit(&r.b)
	}
	return nil
}

// childStep sets the uuids of further messages of one apart; any odd number does.
const childStep = 0x9e3779b97f4a7c15

// injected takes a message that a decoder makes.
func (r *run) injected(b *msg.Builder) error {
	if r.made > 0 && b.Uuid == [16]byte(r.m.Uuid()) {
		var hi, lo uint64
		for i := range 8 {
			hi, lo = hi<<8|uint64(b.Uuid[i]), lo<<8|uint64(b.Uuid[8+i])
		}
		const version = 0xf000
		hi = hi&version | (hi+uint64(r.made)*childStep)&^version
		msg.PutUuid(&b.Uuid, hi, lo)
	}
	r.made++
	r.emit(b)
	return nil
}

// output takes a text that an encoder makes.
func (r *run) output(text []byte) error {
	r.text = append(r.text, text...)
	r.made++
	return nil
}

func (r *run) encode(m *msg.View, emit func(*msg.Builder)) error {
	res, err := r.process(m, emit)
	switch {
	case err != nil:
		return err
	case res.Code == sandbox.Skip, res.Code >= 0 && r.made == 0:
		return stage.ErrDrop
	case res.Code < 0:
		return stage.GiveUp{Err: errors.New(res.String())}
	}
	r.b.Copy(m)
	r.b.Payload = r.text
	emit(&r.b)
	return nil
}

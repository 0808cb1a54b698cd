// Package sandbox runs Lua scripts with Heka's API, within limits, as inputs,
// decoders, filters, encoders and outputs.
//
// Load compiles a script, Script.New makes a sandbox of it, in which the script's
// top level has run. Then a filter is
//
//	for each message: s.Process(&view)
//	for each tick:    s.Timer(ns)
//
// and what the script injects goes to Config.Inject. One sandbox is for one
// goroutine.
//
// What a script can do to its host is bounded from two sides. Within the virtual
// machine a meter counts instructions and memory (package host), library functions
// charge it too, and what names files or processes is not there. Around the
// process stand walls (package wall), for what the first side can't know.
//
// Errors are Heka's, word for word, since people search for them:
//
//	process_message() http_status.lua:22: attempt to perform arithmetic on global 'x' (a nil value)
package sandbox

import (
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/msg"
	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/stdlib"
)

// Use is what a script is used as. It decides which functions it has.
type Use uint8

// The five uses.
const (
	Input Use = iota
	Decoder
	Filter
	Encoder
	Output
)

// String returns the name of the use.
func (u Use) String() string {
	return [...]string{"input", "decoder", "filter", "encoder", "output"}[u]
}

// walled reports whether scripts of this use have limits, and no io.
func (u Use) walled() bool { return u == Decoder || u == Filter || u == Encoder }

// Heka's limits, of scripts that are given no others.
var DefaultLimits = host.Limits{Instructions: 1_000_000, Memory: 8 << 20, Output: 63 << 10}

// Most messages that one call may inject unless Config says otherwise.
const (
	DefaultProcessInject = 1
	DefaultTimerInject   = 10
)

// Config is what a sandbox is given.
type Config struct {
	Use      Use
	Name     string         // the plugin's: Logger of what a filter injects
	Hostname string         // of what a filter injects
	Values   map[string]any // what read_config finds: string, float64, bool
	Dirs     []string       // where require looks before the modules that are built in
	Limits   host.Limits    // zero members are no limits
	Location *time.Location // of a decoder's dates without a zone; nil: UTC

	// Shift is the zone of what a decoder's script takes for UTC: numeric timestamps are
	// moved accordingly. nil: they are UTC.
	Shift *time.Location

	// LineFeed gives read_message("Payload") the line feed at its end that Heka's splitter
	// left there, for grammars that want it.
	LineFeed bool

	// MaxProcessInject and MaxTimerInject bound what one call injects; 0: no bound.
	MaxProcessInject, MaxTimerInject int

	// Inject takes what the script injects, one message after another. b belongs to the
	// sandbox and is valid until Inject returns. An error of it ends the call: a
	// Refusal with Heka's text, any other as it is. nil: the script can inject nothing.
	Inject func(b *msg.Builder) error

	// Explain has the sandbox note which lines its time goes to: see Profile.
	Explain bool

	// Output takes what an encoder makes of a message: text, valid until Output returns.
	Output func(text []byte) error

	// State is what is restored once the top level has run; nil: nothing. See Save.
	State []byte
}

// Refusal is an error of Config.Inject: why a message is not taken. Its text stands
// behind the name of the function that was called, and the script ends.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// Refusals of Heka's.
const (
	RefuseCount Refusal = "exceeded InjectMessage count"
	RefuseLoops Refusal = "exceeded MaxMsgLoops"
	RefuseSelf  Refusal = "creates a circular reference (matches this plugin's message_matcher)"
)

// Error is why a script ended: nothing can be done with its sandbox any more.
type Error struct {
	Text  string // Heka's, as in "process_message() instruction_limit exceeded"
	Where string // "http_status.lua:22" where the text has no place and one is known
	Limit bool   // a limit was passed
}

func (e *Error) Error() string {
	if e.Where == "" {
		return e.Text
	}
	return e.Text + " (" + e.Where + ")"
}

// Sandbox is one script that runs. It is for one goroutine.
type Sandbox struct {
	script *Script
	config Config
	meter  *host.Meter
	state  *lua.LState
	libs   map[string]lua.LValue // what require has returned, by name

	shelves []*lua.LTable // tables that module() has made

	process, timer *lua.LFunction
	explain        lua.LValue // handler of errors: adds what Lua says of them

	message  *msg.View // what read_message reads; nil outside process_message
	edited   edit      // what write_message has made of it
	iter     msg.FieldIter
	reading  bool // iter has started
	reps     reps // of the message that iter goes over
	readings readings

	restored bool
	payload  []byte // what add_to_payload has gathered
	builder  msg.Builder
	injected int      // in this call
	most     int      // that may be injected in this call
	now      int64    // of messages that the script gives no time
	spent    int      // instructions since the last collection
	due      int      // when the next is
	profile  *profile // nil: nobody wants to know
	broken   error    // of Config.Inject or Config.Output, if not a Refusal
	record   []byte
	made     msg.View
}

// maxCalls is how deep calls may nest.
const maxCalls = 2000

// New makes a sandbox and runs the script's top level in it. A filter must have
// timer_event if it is to be called with Timer.
func (s *Script) New(c Config) (*Sandbox, error) {
	L := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: maxCalls,
		RegistrySize: 1 << 10, RegistryMaxSize: 1 << 18, RegistryGrowStep: 1 << 13,
	})
	b := &Sandbox{script: s, config: c, state: L, libs: map[string]lua.LValue{}}
	b.readings.init()

	b.meter = host.NewMeter(L, c.Limits)
	b.due = minDue
	if c.Explain {
		b.profile = newProfile(b)
	}
	b.openBase()
	b.openAPI()
	b.explain = L.NewFunction(b.explainError)
	if err := b.run(s.proto); err != nil {
		L.Close()
		return nil, err
	}
	if err := b.restore(c.State); err != nil {
		L.Close()
		return nil, err
	}
	b.process, _ = L.GetGlobal("process_message").(*lua.LFunction)
	b.timer, _ = L.GetGlobal("timer_event").(*lua.LFunction)
	if b.process == nil {
		L.Close()
		return nil, &Error{Text: "process_message() function was not found", Where: s.Name}
	}
	return b, nil
}

// HasTimer reports whether the script has timer_event.
func (s *Sandbox) HasTimer() bool { return s.timer != nil }

// Meter returns the meter of the sandbox.
func (s *Sandbox) Meter() *host.Meter { return s.meter }

// Close gives up what the sandbox holds.
func (s *Sandbox) Close() { s.state.Close() }

// run runs the top level of a compiled script. The limits are those of a call.
func (s *Sandbox) run(proto *lua.FunctionProto) error {
	L := s.state
	s.most = 0
	s.meter.Constants(proto)
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(L.NewFunction(stdlib.Concat))
	if err := s.call(1, 1); err != nil {
		return s.failure("", err)
	}
	f := L.Get(-1)
	L.Pop(1)
	L.Push(f)
	if err := s.call(0, 0); err != nil {
		return s.failure("", err)
	}
	return nil
}

// Result is what process_message returned.
type Result struct {
	Code int    // 0: fine; below: the message could not be processed
	Text string // why
}

// String returns why a message could not be processed.
func (r Result) String() string {
	if r.Text == "" {
		return fmt.Sprintf("process_message() returned %d", r.Code)
	}
	return r.Text
}

// Skip is the Code of an encoder that wants no output for a message.
const Skip = -2

// Texts of returns that are none.
var (
	errNoStatus = errors.New("process_message() must return a numeric status code")
	errNoText   = errors.New("process_message() must return a nil or string error message")
)

// maxText is how much of a script's error text is kept.
const maxText = 255

// Process calls process_message for m, which may be nil for an input. An error is
// an *Error, or one of Config.Inject: the sandbox is at its end then.
func (s *Sandbox) Process(m *msg.View) (r Result, err error) {
	L := s.state
	s.message, s.reading, s.edited.live = m, false, false
	s.injected, s.most = 0, s.config.MaxProcessInject
	if m != nil {
		s.now = m.Timestamp()
	}
	s.begin()
	L.Push(s.process)
	err = s.call(0, 2)
	s.end(m)
	s.message = nil
	if err != nil || s.meter.Over() != "" {
		return Result{}, s.failure("process_message() ", err)
	}
	code, text := L.Get(-2), L.Get(-1)
	L.Pop(2)
	return s.result(code, text)
}

func (s *Sandbox) begin() {
	s.meter.Begin()
	if s.profile != nil {
		s.profile.begin()
	}
}

// end ends a call, of process_message for m or of timer_event.
func (s *Sandbox) end(m *msg.View) {
	n := s.meter.End()
	if s.spent += n; s.spent >= s.due {
		s.collect()
	}
	if s.profile != nil {
		s.profile.end(m, n)
	}
}

// minDue is how many instructions there are at least between two collections.
const minDue = 1 << 20

// collect gives back what the machine keeps of keys that were deleted. It costs a few
// instructions an object, so that it is due after many times as many.
func (s *Sandbox) collect() {
	s.due = max(minDue, 64*stdlib.Collect(s.state))
	s.spent = 0
}

func (s *Sandbox) result(code, text lua.LValue) (r Result, err error) {
	n, ok := code.(lua.LNumber)
	if !ok {
		return r, &Error{Text: errNoStatus.Error()}
	}
	r.Code = host.ToInt(float64(n))
	if t, ok := text.(lua.LString); ok {
		r.Text = string(t)[:min(len(t), maxText)]
	} else if text != lua.LNil {
		return r, &Error{Text: errNoText.Error()}
	}
	if r.Code > 0 {
		t := fmt.Sprintf("process_message() returned %d", r.Code)
		if r.Text != "" {
			t = "process_message() " + r.Text
		}
		return r, &Error{Text: t}
	}
	return r, nil
}

// Timer calls timer_event with ns, nanoseconds since 1970 UTC; shutdown says that
// it is the last call. Any error ends the sandbox.
func (s *Sandbox) Timer(ns int64, shutdown bool) error {
	L := s.state
	if s.timer == nil {
		return &Error{Text: "timer_event() function was not found", Where: s.script.Name}
	}
	s.injected, s.most, s.now = 0, s.config.MaxTimerInject, ns
	s.begin()
	L.Push(s.timer)
	L.Push(lua.LNumber(ns))
	L.Push(lua.LBool(shutdown))
	err := s.call(2, 0)
	s.end(nil)
	if err != nil || s.meter.Over() != "" {
		return s.failure("timer_event() ", err)
	}
	return nil
}

package prog

import (
	"heka/lib/console"
	"heka/lib/stage"
)

// console reports whether what comes out is for a person: a terminal, and no
// format named.
func (s *session) console() bool {
	f := s.last.opt.format
	return f == "table" || f == "" && isTerminal(s.stdout)
}

// output returns the stages that write what comes out to stdout.
func (s *session) output() ([]stage.Stage, error) {
	env := s.last.Env
	switch format := s.last.opt.format; {
	case s.console():
		return []stage.Stage{console.New(env, s.stdout, useColor(s.last.opt.color, s.stdout))}, nil
	case format == "" || format == "heka":
		return []stage.Stage{stage.Output(env, s.stdout)}, nil
	default:
		enc, err := stage.Encode(env, format)
		if err != nil {
			return nil, err
		}
		return []stage.Stage{enc, stage.OutputText(env, s.stdout)}, nil
	}
}

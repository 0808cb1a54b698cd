package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"syscall"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/lib/near"
	"heka/lib/stage"
)

// Exit statuses; heka(7) lists them.
const (
	exitNo          = 1
	exitUsage       = 2
	exitData        = 65
	exitUnavailable = 69
	exitBug         = 70
	exitIO          = 74
	exitUnfinished  = 75
	exitConfig      = 78
)

// Exit is an error with a status of its own. An Err of nil has been said already.
type Exit struct {
	Code int
	Err  error
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the error that e wraps.
func (e *Exit) Unwrap() error { return e.Err }

// Status is the exit status that an error of a command stands for.
func Status(err error) int {
	var exit *Exit
	var usage *stage.UsageError
	var gone *api.NoDaemon
	var answer *api.Error
	var conf *config.Errors
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled):
		return 0
	case errors.As(err, &exit):
		return exit.Code
	case errors.As(err, &conf):
		return exitConfig
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &gone):
		return exitUnavailable
	case errors.As(err, &answer):
		return answerStatus(answer.Status)
	case errors.Is(err, fs.ErrNotExist):
		return exitUsage
	}
	return exitIO
}

// answerStatus makes an exit status of one of HTTP.
func answerStatus(status int) int {
	switch {
	case status == http.StatusConflict:
		return exitNo
	case status == http.StatusUnprocessableEntity:
		return exitConfig
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return exitUnavailable
	case status >= 500:
		return exitBug
	}
	return exitUsage
}

// Report says on w how the command called name ended, if there is anything to say, and
// returns its exit status.
func Report(w io.Writer, name string, err error) int {
	code := Status(err)
	var exit *Exit
	if code == 0 || errors.As(err, &exit) && exit.Err == nil {
		return code
	}
	fmt.Fprintf(w, "%s: %s\n", name, visibleLines(err.Error()))
	var usage *stage.UsageError
	if errors.As(err, &usage) {
		fmt.Fprintf(w, "%s --help tells what it takes\n", name)
	}
	return code
}

// meant asks for the name that word was meant to be; empty if none is near.
func meant(prefix, word string, names []string) string {
	if n := near.Word(word, names); n != "" {
		return "did you mean " + prefix + n + "?"
	}
	return ""
}

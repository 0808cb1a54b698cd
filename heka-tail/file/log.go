package file

import (
	"log/slog"
	"sync"
)

// logOnce reports errors, each when it is new.
type logOnce struct {
	log  *slog.Logger
	mu   sync.Mutex
	said map[string]string
}

// say reports err, unless it was the last that was reported of this subject.
func (l *logOnce) say(subject string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said == nil {
		l.said = map[string]string{}
	}
	if s := err.Error(); l.said[subject] != s {
		l.said[subject] = s
		l.log.Error(s)
	}
}

// well forgets what was reported of subject.
func (l *logOnce) well(subject string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.said, subject)
}

// has reports whether an error was reported of subject.
func (l *logOnce) has(subject string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said[subject] != ""
}

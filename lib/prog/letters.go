package prog

import (
	"os"
	"sync"
)

// deadLetters are the files of --fail: captures of the messages that could not be
// processed, marked with heka.error. A file is made when the first one comes.
type deadLetters struct {
	mu    sync.Mutex
	files map[string]*os.File
}

func newDeadLetters() *deadLetters { return &deadLetters{files: map[string]*os.File{}} }

// to returns the function that appends a record to the file of this name; nil if
// the name is empty.
func (d *deadLetters) to(name string) func(record []byte) error {
	if name == "" {
		return nil
	}
	return func(record []byte) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		f := d.files[name]
		if f == nil {
			var err error
			if f, err = os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
				return err
			}
			d.files[name] = f
		}
		_, err := f.Write(record)
		return err
	}
}

func (d *deadLetters) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first error
	for _, f := range d.files {
		if err := f.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

package control

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"heka/lib/frame"
)

// maxKeys is the longest file of keys that is read, in bytes.
const maxKeys = 1 << 20

// ReadKeys reads a file of keys: lines of a signer and the version of its key, as in
// ops_1, a blank, and the key. Lines that start with # and empty ones are passed over.
// Nobody but the owner, who is root or who runs this process, may have access to the
// file. Errors never have a key in them.
func ReadKeys(path string) (frame.Keys, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, fmt.Errorf("keys %s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeys+1))
	if err == nil && len(text) > maxKeys {
		err = fmt.Errorf("longer than %d bytes", maxKeys)
	}
	if err != nil {
		return nil, fmt.Errorf("keys %s: %w", path, err)
	}
	keys, err := ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("keys %s: %w", path, err)
	}
	return keys, nil
}

// private wants f to be a file that its owner alone can read.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("no regular file")
	}
	if m := info.Mode().Perm(); m&0o077 != 0 {
		return fmt.Errorf("others have access to it (%v): chmod 600", m)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d, who could change it", st.Uid)
	}
	return nil
}

// ParseKeys reads the text of a file of keys.
func ParseKeys(text string) (frame.Keys, error) {
	keys := frame.Keys{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		id, key, ok := strings.Cut(line, " ")
		key = strings.TrimSpace(key)
		signer, _, has := splitID(id)
		if !ok || key == "" || !has || signer == "" {
			return nil, fmt.Errorf("line %d is no SIGNER_VERSION and KEY", i+1)
		}
		if _, twice := keys[id]; twice {
			return nil, fmt.Errorf("line %d: %s stands there twice", i+1, id)
		}
		keys[id] = []byte(key)
	}
	return keys, nil
}

// splitID splits ops_1 into its signer and version.
func splitID(id string) (signer string, version uint32, ok bool) {
	at := strings.LastIndexByte(id, '_')
	if at < 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(id[at+1:], 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != id[at+1:] {
		return "", 0, false
	}
	return id[:at], uint32(n), true
}

// FindKey returns the key of a signer: of the given version, or of the latest one if
// version is below 0.
func FindKey(keys frame.Keys, signer string, version int64) (Key, error) {
	k := Key{Signer: signer, Hash: frame.HashSHA256}
	found := false
	for id, secret := range keys {
		s, v, ok := splitID(id)
		if !ok || s != signer || version >= 0 && int64(v) != version || found && v < k.Version {
			continue
		}
		k.Version, k.Secret, found = v, secret, true
	}
	switch {
	case found:
		return k, nil
	case version < 0:
		return k, fmt.Errorf("no key of %s", signer)
	}
	return k, fmt.Errorf("no key %s_%d", signer, version)
}

// KeyFile is a file of keys that is read again when it has changed, so that a key that
// was taken out of it is refused from then on. Any number of goroutines may use it.
type KeyFile struct {
	path string

	mu   sync.Mutex
	keys frame.Keys
	err  error
	seen stamp
}

// stamp tells one content of a file from another.
type stamp struct {
	size    int64
	changed time.Time
	inode   uint64
	mode    os.FileMode
}

// OpenKeys reads the file at path for the first time.
func OpenKeys(path string) (*KeyFile, error) {
	k := &KeyFile{path: path}
	if _, err := k.Keys(); err != nil {
		return nil, err
	}
	return k, nil
}

// Keys returns the keys as they are now, which must not be changed. While the file
// can't be read there are none, and the error says why.
func (k *KeyFile) Keys() (frame.Keys, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, err := stampOf(k.path)
	if err != nil {
		k.seen, k.keys, k.err = stamp{}, nil, err
		return nil, err
	}
	if now != k.seen || time.Since(now.changed) < settled {
		k.keys, k.err = ReadKeys(k.path)
		k.seen = now
	}
	return k.keys, k.err
}

// settled is how old a change must be for the next one to have another time.
const settled = 2 * time.Second

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, fmt.Errorf("keys: %w", err)
	}
	s := stamp{size: info.Size(), changed: info.ModTime(), mode: info.Mode()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = st.Ino
	}
	return s, nil
}

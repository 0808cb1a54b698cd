package api

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// Bounds of a token, in bytes. 16 of base64 are 96 bits.
const (
	minToken = 16
	maxToken = 4096
)

// makeToken is the hint of those who have none that serves.
const makeToken = "make one: (umask 077; head -c 32 /dev/urandom | base64 > %s)"

// ReadToken reads the token in the file at path, which nobody but its owner, who is
// root or this user, may read or change.
func ReadToken(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", fmt.Errorf("read the token: %w; "+makeToken, err, path)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	switch st, ok := info.Sys().(*syscall.Stat_t); {
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("token file %s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("token file %s has mode %04o: others can get at it; chmod 600 %s",
			path, info.Mode().Perm(), path)
	case ok && st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return "", fmt.Errorf("token file %s belongs to user %d, who is not this one", path, st.Uid)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	unfit := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(text) > maxToken || strings.ContainsFunc(token, unfit) {
		return "", fmt.Errorf("token file %s: want one line of printable ASCII without blanks; "+
			makeToken, path, path)
	}
	if len(token) < minToken {
		return "", fmt.Errorf("token file %s: %d characters can be guessed; "+makeToken,
			path, len(token), path)
	}
	return token, nil
}

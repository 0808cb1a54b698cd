package peer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"heka/lib/stage"
)

// Key returns the key with which name signs. The file has lines "NAME_VERSION KEY", as
// --keys takes them: the key is that of name if it has a version, as in ops_2, else the
// one of the highest version. Or it has one word, the key itself; the version is 0
// then if name has none.
func Key(file, name string) (signer string, version uint32, key []byte, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", 0, nil, fmt.Errorf("--key-file: %w", err)
	}
	if words := bytes.Fields(text); len(words) == 1 {
		if who, v, ok := cutLast(name); ok {
			return who, v, words[0], nil
		}
		return name, 0, words[0], nil
	}
	for line := range strings.Lines(string(text)) {
		id, k, _ := strings.Cut(strings.TrimSpace(line), " ")
		who, v, ok := cutLast(id)
		if k = strings.TrimSpace(k); !ok || k == "" || id[0] == '#' {
			continue
		}
		if id == name {
			return who, v, []byte(k), nil
		}
		if who == name && (key == nil || v > version) {
			signer, version, key = who, v, []byte(k)
		}
	}
	if key == nil {
		return "", 0, nil, &stage.UsageError{
			Msg: "--key-file " + file + " has no key of " + name, Hint: "write a line " + name + "_0 KEY",
		}
	}
	return signer, version, key, nil
}

// cutLast parts a signer from the version behind the last _.
func cutLast(id string) (who string, version uint32, ok bool) {
	i := strings.LastIndexByte(id, '_')
	if i <= 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(id[i+1:], 10, 32)
	return id[:i], uint32(n), err == nil
}

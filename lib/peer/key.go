package peer

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"heka/lib/stage"
)

// Key returns the key with which name signs, from a file of lines "NAME_VERSION KEY" as
// --keys takes them: that of name if it has a version, as in ops_2, else the one of the
// highest version.
func Key(file, name string) (signer string, version uint32, key []byte, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", 0, nil, fmt.Errorf("--key-file: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "#") {
			continue
		}
		id, k, ok := strings.Cut(line, " ")
		who, v, has := cutLast(id)
		if k = strings.TrimSpace(k); !ok || !has || k == "" || id != name && who != name {
			continue
		}
		if id == name || key == nil || v >= version {
			signer, version, key = who, v, []byte(k)
		}
		if id == name {
			break
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

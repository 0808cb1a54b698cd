package dynamic

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"heka/cmd/hekad/api"
)

// The files of a filter:
//
//	NAME.json        what it is: a line with a checksum, and JSON. This is the filter: with
//	                 it the filter comes, and goes
//	NAME.ID.lua      its script; ID is new for each
//	NAME.ID.state/   what it keeps; the process of the filter may write there, and
//	                 nowhere else
//	NAME.json.new    a NAME.json that is not whole yet
const (
	jsonSuffix  = ".json"
	newSuffix   = ".json.new"
	luaSuffix   = ".lua"
	stateSuffix = ".state"
	stateFile   = "data"
)

// ours are the names of such files.
var ours = regexp.MustCompile(`^(\w{1,64})(?:(\.json(?:\.new)?)|\.([0-9a-f]{16})(\.lua|\.state))$`)

// entryVersion is the version of the format.
const entryVersion = 1

// maxEntryFile is the longest description, in bytes: JSON may write six for one.
const maxEntryFile = 8 * (MaxMatch + MaxConfig + 64<<10)

// entry is a description.
type entry struct {
	Version int        `json:"version"`
	ID      string     `json:"id"`
	Sum     string     `json:"script_sha256"`
	State   string     `json:"state_id,omitempty"` // whose state it goes on with; empty: it keeps none
	Signer  string     `json:"signer,omitempty"`
	Since   time.Time  `json:"since"`
	Filter  api.Filter `json:"filter"` // without the script
}

const entryHead = "heka-loaded %d %x\n"

// encode returns the file of e.
func (e *entry) encode() ([]byte, error) {
	body, err := json.MarshalIndent(e, "", "\t")
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	return append(fmt.Appendf(nil, entryHead, entryVersion, sha256.Sum256(body)), body...), nil
}

// decode reads the file of the filter called name.
func decode(name string, text []byte) (*entry, error) {
	head, body, _ := bytes.Cut(text, []byte("\n"))
	if !bytes.HasPrefix(head, fmt.Appendf(nil, "heka-loaded %d ", entryVersion)) {
		return nil, errors.New("it does not begin as a description does, or is of a later version")
	}
	if want := fmt.Sprintf(entryHead, entryVersion, sha256.Sum256(body)); string(head)+"\n" != want {
		return nil, errors.New("its checksum is wrong")
	}
	e := &entry{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, err
	}
	switch {
	case e.Filter.Name != name || Name(name) != name:
		return nil, fmt.Errorf("it is of another filter: %.64q", e.Filter.Name)
	case !isID(e.ID) || e.State != "" && !isID(e.State):
		return nil, errors.New("it names no file of ours")
	}
	return e, nil
}

func isID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 8 && strings.ToLower(s) == s
}

// sumOf returns what an entry has of a script.
func sumOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return hex.EncodeToString(sum[:])
}

package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// valid reports whether v, as encoding/json has it, is of schema s, which uses what
// Schema uses.
func valid(t *testing.T, s, v any) bool {
	t.Helper()
	m, ok := s.(map[string]any)
	if !ok {
		return s.(bool)
	}
	for word, want := range m {
		if !validWord(t, m, word, want, v) {
			return false
		}
	}
	return true
}

func validWord(t *testing.T, m map[string]any, word string, want, v any) bool {
	text, isText := v.(string)
	number, isNumber := v.(float64)
	items, isArray := v.([]any)
	object, isObject := v.(map[string]any)
	switch word {
	case "$schema", "title", "description", "examples":
	case "type":
		_, isBool := v.(bool)
		return map[any]bool{"string": isText, "number": isNumber, "boolean": isBool, "array": isArray,
			"integer": isNumber && number == float64(int64(number)), "object": isObject}[want]
	case "anyOf":
		return slices.ContainsFunc(want.([]any), func(s any) bool { return valid(t, s, v) })
	case "enum":
		return slices.Contains(want.([]any), v)
	case "pattern":
		return !isText || regexp.MustCompile(want.(string)).MatchString(text)
	case "minLength":
		return !isText || float64(len(text)) >= want.(float64)
	case "maxLength":
		return !isText || float64(len(text)) <= want.(float64)
	case "minimum":
		return !isNumber || number >= want.(float64)
	case "maximum":
		return !isNumber || number <= want.(float64)
	case "minItems":
		return !isArray || float64(len(items)) >= want.(float64)
	case "uniqueItems":
	case "items":
		return !slices.ContainsFunc(items, func(v any) bool { return !valid(t, want, v) })
	case "required":
		return !slices.ContainsFunc(want.([]any), func(k any) bool { return object[k.(string)] == nil })
	case "properties":
		for name, s := range want.(map[string]any) {
			if v, ok := object[name]; ok && !valid(t, s, v) {
				return false
			}
		}
	case "propertyNames":
		for name := range object {
			if !valid(t, want, name) {
				return false
			}
		}
	case "additionalProperties":
		known, _ := m["properties"].(map[string]any)
		for name, v := range object {
			if _, ok := known[name]; !ok && !valid(t, want, v) {
				return false
			}
		}
	default:
		t.Fatalf("the test knows no %s", word)
	}
	return true
}

func TestSchema(t *testing.T) {
	var schema any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	f := func(text string, want bool) {
		t.Helper()
		var all map[string]any
		if err := toml.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		if got := valid(t, schema, v); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	f(example, true)
	f(tricky, true)
	for _, name := range []string{"key-typo", "key-old", "hekad-key", "types", "policy", "limits", "no-run", "names", "durations"} {
		b, err := os.ReadFile(filepath.Join("testdata/mistakes", name+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		f(string(b), false)
	}
	files, err := filepath.Glob("testdata/from/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f(string(b), true)
	}
	f("[a]\nrun = 'x'\nspool = '1 gig'\n", false)
	f("[a]\nrun = 'x'\nspool = '${SPOOL}'\n", true)
	f("[a]\nrun = 'x'\ncpu = 2000\n", false)
	f("[hekad]\nold_hmac = ['sha3']\n", false)
	compare(t, "testdata/schema.json", string(Schema()))
}

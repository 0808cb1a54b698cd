package config

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"heka/lib/size"
)

const (
	sizePattern     = `^[0-9]+ *(B|K|KiB|kB|M|MiB|MB|G|GiB|GB)?$`
	durationPattern = `^(0|([0-9.]+(ns|us|ms|s|m|h|d|w))+)$`
	reference       = `^.*\$\{.*$` // a value that is known only when it is expanded
)

// Schema returns a JSON schema of hekad.toml, of draft 2020-12, for editors. It is laxer
// than Load: it knows nothing of what stands in command lines and expressions.
func Schema() []byte {
	root := object("hekad.toml(5): the nodes of a hekad, and what is common to them.")
	root.Version = jsonschema.Version
	root.Title = "hekad.toml"
	root.Properties.Set("hekad", sectionSchema("What is common to all nodes.", hekadKeys))
	node := sectionSchema("A node: a pipeline, and where it gets its messages from.", nodeKeys)
	node.Required = []string{"run"}
	most := uint64(maxName)
	root.PropertyNames = &jsonschema.Schema{Pattern: nameForm.String(), MaxLength: &most}
	root.AdditionalProperties = node
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("config: schema: " + err.Error()) // it is made of constants
	}
	return append(b, '\n')
}

func object(doc string) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", Description: doc, Properties: jsonschema.NewProperties(),
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

func sectionSchema[T any](doc string, keys []key[T]) *jsonschema.Schema {
	s := object(doc)
	for _, k := range keys {
		var of T
		v := k.schema(k.field(&of))
		v.Description = k.doc
		s.Properties.Set(k.name, v)
	}
	return s
}

// schema returns that of the values of a key which sets what field points to.
func (k key[T]) schema(field any) *jsonschema.Schema {
	str := &jsonschema.Schema{Type: "string"}
	min, max := k.min, k.max
	if k.zero {
		min = 0
	}
	bounded := func(kind string) *jsonschema.Schema {
		return &jsonschema.Schema{
			Type: kind, Minimum: json.Number(strconv.FormatInt(min, 10)), Maximum: json.Number(strconv.FormatInt(max, 10)),
		}
	}
	switch field.(type) {
	case *bool:
		if len(k.choices) == 0 {
			return &jsonschema.Schema{Type: "boolean"}
		}
		return oneOf(k.choices)
	case *int64:
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			pattern(sizePattern), bounded("integer")}, Examples: []any{exampleSize(min)}}
	case *time.Duration:
		forms := []*jsonschema.Schema{pattern(durationPattern)}
		if k.zero {
			min, max = 0, 0
			forms = append(forms, bounded("integer"))
		}
		return &jsonschema.Schema{AnyOf: forms, Examples: []any{"10s"}}
	case *int:
		return bounded("integer")
	case *float64:
		return bounded("number")
	case *[]string:
		items := str
		if len(k.choices) > 0 {
			items = oneOf(k.choices)
		}
		one := uint64(1)
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			items, {Type: "array", Items: items, MinItems: &one, UniqueItems: true}}}
	case *map[string]string:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{
			AnyOf: []*jsonschema.Schema{str, {Type: "number"}, {Type: "boolean"}}}}
	}
	if len(k.choices) > 0 {
		return oneOf(k.choices)
	}
	one := uint64(1)
	return &jsonschema.Schema{Type: "string", MinLength: &one}
}

// exampleSize returns a size that is not below min.
func exampleSize(min int64) string {
	if min > gib {
		return size.Format(min)
	}
	return "1GiB"
}

// pattern is the schema of strings of a form, or with a reference in them.
func pattern(form string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: strings.Join([]string{form, reference}, "|")}
}

func oneOf(choices []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, c := range choices {
		s.Enum = append(s.Enum, c)
	}
	return s
}
